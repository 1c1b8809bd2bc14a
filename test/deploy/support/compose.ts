/**
 * What deploy/compose says, read as YAML: the parts of it that tests start as processes of this machine.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkout } from '../../docs/checkout.ts';

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
});

const composeSchema = z.object({ services: z.record(z.string(), serviceSchema) });

export type ComposeService = z.output<typeof serviceSchema>;

export const composeFile = join(checkout, 'deploy', 'compose', 'compose.yaml');

/** The services with their anchors put in. */
export function composeServices(): Readonly<Record<string, ComposeService>> {
  const text = readFileSync(composeFile, 'utf8');
  return composeSchema.parse(parse(text, { merge: true })).services;
}
