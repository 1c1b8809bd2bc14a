/**
 * Contexts of the `nats` tool: `~/.config/nats/context/<name>.json`, read as they are, so that whoever has set up that
 * tool needs no flags here.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { CommandError } from './errors.ts';
import { readFileOrFail } from './local/files.ts';

/** Fields that are not for us are left alone; absent ones are often written as "". */
const text = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

const contextSchema = z.object({
  url: text,
  token: text,
  user: text,
  password: text,
  creds: text,
  nkey: text,
  cert: text,
  key: text,
  ca: text,
  inbox_prefix: text,
});

export type NatsContext = z.output<typeof contextSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

export function natsContextPath(name: string, environment: Environment): string {
  const configuration =
    environment.XDG_CONFIG_HOME ?? join(environment.HOME ?? homedir(), '.config');
  return join(configuration, 'nats', 'context', `${name}.json`);
}

export function readNatsContext(name: string, environment: Environment): NatsContext {
  const path = natsContextPath(name, environment);
  const content = readFileOrFail(path).toString('utf8');
  try {
    return contextSchema.parse(JSON.parse(content));
  } catch {
    throw new CommandError(
      'CREDENTIALS_INVALID',
      exitCodes.usage,
      `${path} is not a context of the nats tool.`,
    );
  }
}
