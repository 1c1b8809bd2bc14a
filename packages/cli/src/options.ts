/**
 * The options that several commands share, each defined once.
 */
import { nameSchema } from '@cairn/orderer/settings';
import { z } from 'zod';
import type { OptionMeta } from './command.ts';
import { defaultPortBases } from './local/ports.ts';

/** Typed so that a misspelt key of the metadata does not compile. */
const meta = (value: OptionMeta): Record<string, unknown> => ({ ...value });

export const dirOption = z
  .string()
  .min(1)
  .default('./.cairn')
  .meta(meta({ description: 'State directory of the local cluster' }));

export const jsonOption = z
  .boolean()
  .default(false)
  .meta(meta({ description: 'Print JSON, and nothing else, on standard output', variables: [] }));

export const commonOptions = { dir: dirOption, json: jsonOption };

export const connectionOptions = {
  ...commonOptions,
  server: z
    .string()
    .regex(
      /^\s*(?:(?:nats|tls):\/\/)?[^\s,/]+\/?(?:\s*,\s*(?:(?:nats|tls):\/\/)?[^\s,/]+\/?)*\s*$/,
      'must be NATS addresses like nats://127.0.0.1:4222, with commas between',
    )
    .optional()
    .meta(
      meta({
        description: 'NATS server(s), with commas between; default: the local cluster',
        alias: 's',
        variables: ['CAIRN_NATS_URL', 'NATS_URL'],
      }),
    ),
  creds: z
    .string()
    .min(1)
    .optional()
    .meta(meta({ description: 'NATS .creds file', variables: ['CAIRN_CREDS', 'NATS_CREDS'] })),
  nkey: z
    .string()
    .min(1)
    .optional()
    .meta(
      meta({ description: 'File with a NATS user seed', variables: ['CAIRN_NKEY', 'NATS_NKEY'] }),
    ),
  context: z
    .string()
    .min(1)
    .optional()
    .meta(
      meta({
        description: 'Context of the nats tool (~/.config/nats/context)',
        variables: ['CAIRN_CONTEXT', 'NATS_CONTEXT'],
      }),
    ),
  inboxPrefix: z
    .string()
    .min(1)
    .optional()
    .meta(meta({ description: 'Inbox that the server lets this user read' })),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be one NATS subject token')
    .default('cairn')
    .meta(meta({ description: 'First token of every subject' })),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(600_000)
    .default(10_000)
    .meta(meta({ description: 'How long to try, in milliseconds' })),
};

export const channelOption = nameSchema.meta(
  meta({ description: 'Channel', alias: 'c', variables: ['CAIRN_CHANNEL'] }),
);

const port = (description: string) =>
  z.number().int().min(0).max(65_000).optional().meta(meta({ description }));

const countOfOrderers = z
  .number()
  .int()
  .min(1)
  .max(99)
  .optional()
  .meta(meta({ description: 'How many orderers; default 5' }));

/** What decides how a local cluster is laid out. */
export const clusterOptions = {
  ...commonOptions,
  orderers: countOfOrderers,
  natsPort: port(`Port of NATS; 0 = any free; default ${defaultPortBases.natsPort}`),
  httpPort: port(
    `Base: orderer i serves HTTP on base + i; 0 = any free; default ${defaultPortBases.httpPort}`,
  ),
  operationsPort: port(
    `Base of the operations listeners; 0 = any free; default ${defaultPortBases.operationsPort}`,
  ),
  channelsDir: z
    .string()
    .min(1)
    .optional()
    .meta(meta({ description: 'Channel definitions (*.yaml); default ./channels' })),
};

export const ordererPositional = nameSchema.meta(
  meta({ description: 'Name of the orderer', positional: true }),
);

export { meta };
