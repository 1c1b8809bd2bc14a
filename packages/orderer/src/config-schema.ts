/**
 * What one orderer can be told: one schema for its YAML file, its `CAIRN_*` variables and its defaults.
 *
 * Every key of the file has a variable of the same name: `http.port` is CAIRN_HTTP_PORT, `limits.queueBytesMax` is
 * CAIRN_LIMITS_QUEUE_BYTES_MAX; a list is written with commas. A variable wins over the file, the file over the default.
 * Keys nobody knows are refused: a misspelt limit must not silently be no limit.
 */
import { RESERVED_NAMES } from '@cairn/ledger';
import { z } from 'zod';

/** A channel or orderer: one NATS token that can never be mistaken for a verb of ours. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,62}$/,
    'must be lower-case letters, digits and "-", beginning with a letter',
  )
  .refine((name) => !RESERVED_NAMES.includes(name), 'is a reserved word');

const subjectTokenSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be one NATS subject token (letters, digits, "_", "-")');

const count = (defaultValue: number, most: number) =>
  z.number().int().min(1).max(most).default(defaultValue);

const listener = (port: number) =>
  z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
      port: z.number().int().min(0).max(65535).default(port).describe('0 = any free port.'),
    })
    .prefault({});

const MEBIBYTE = 1024 * 1024;

const limitsSchema = z
  .strictObject({
    queueTransactionsMax: count(20_000, 1_000_000).describe(
      'Transactions of one channel admitted and not yet in a block; more are refused with OVERLOADED.',
    ),
    queueBytesMax: count(64 * MEBIBYTE, 1024 * MEBIBYTE).describe(
      'Bytes of one channel admitted and not yet in a block; more are refused with OVERLOADED.',
    ),
    blocksInFlightMax: count(3, 256).describe(
      'Blocks proposed and not yet committed, per channel.',
    ),
    bytesInFlightMax: count(4 * MEBIBYTE, 256 * MEBIBYTE).describe(
      'Bytes of blocks proposed and not yet committed, per channel; one block always may go.',
    ),
    deliverStreamsMax: count(1_000, 100_000).describe('Followers served at the same time.'),
  })
  .prefault({});

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const logSchema = z
  .strictObject({
    level: z.enum(logLevels).default('info').describe('The least severe lines that are written.'),
    file: z.string().min(1).optional().describe('Where lines go; standard output without it.'),
  })
  .prefault({});

export const ordererFileSchema = z.strictObject({
  name: nameSchema.describe('The name of this orderer in its channels.'),
  directory: z.string().min(1).describe('Its data. One process only; never share or copy it.'),
  prefix: subjectTokenSchema.default('cairn').describe('First token of every NATS subject.'),
  nats: z.strictObject({
    servers: z.array(z.string().min(1)).min(1).describe('Such as nats://127.0.0.1:4222.'),
    credentialsFile: z
      .string()
      .min(1)
      .optional()
      .describe('A NATS .creds file; used instead of the login seed.'),
  }),
  keys: z.strictObject({
    loginSeedFile: z
      .string()
      .min(1)
      .optional()
      .describe('Seed of the NATS login key. It signs nothing else.'),
    signingSeedFile: z.string().min(1).describe('Seed of the key that signs blocks.'),
  }),
  channels: z
    .array(
      z.strictObject({
        name: nameSchema.describe('Its name, as in block 0.'),
        genesis: z.string().min(1).describe('File with block 0 of the channel.'),
      }),
    )
    .refine(
      (channels) => new Set(channels.map(({ name }) => name)).size === channels.length,
      'names a channel twice',
    )
    .default([])
    .describe('The channels this orderer takes part in.'),
  http: listener(8080),
  operations: listener(9100),
  limits: limitsSchema,
  log: logSchema,
});

export type OrdererFile = z.output<typeof ordererFileSchema>;

type LeafKind = 'text' | 'number' | 'list';

/** One setting that a variable can give: where it stands in the file and how its text is read. */
export interface Setting {
  readonly path: readonly string[];
  readonly variable: string;
  readonly kind: LeafKind;
}

/** The schema behind defaults and `optional`. */
export function unwrapSchema(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrapSchema(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodOptional ? unwrapSchema(schema.unwrap() as z.ZodType) : schema;
}

function leafKind(schema: z.ZodType): LeafKind | null {
  if (schema instanceof z.ZodNumber) {
    return 'number';
  }
  if (schema instanceof z.ZodArray) {
    return schema.element instanceof z.ZodString ? 'list' : null;
  }
  return 'text';
}

export function variableName(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`));
  return `CAIRN_${words.join('_').toUpperCase()}`;
}

function settingsOf(schema: z.ZodType, path: readonly string[]): Setting[] {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodObject) {
    const shape = inner.shape as Record<string, z.ZodType>;
    return Object.entries(shape).flatMap(([key, value]) => settingsOf(value, [...path, key]));
  }
  const kind = leafKind(inner);
  return kind === null ? [] : [{ path, variable: variableName(path), kind }];
}

/** Every setting a variable can give, computed from the schema itself. The channels come from the file alone. */
export const ordererSettings: readonly Setting[] = settingsOf(ordererFileSchema, []);
