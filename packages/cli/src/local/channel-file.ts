/**
 * `channels/*.yaml`: the definition of one channel, from which its block 0 is made, once.
 *
 * The schema here is the only description of the format: defaults, the JSON Schema for editors and the sentences of
 * refusals come from it. What may be combined (limits of a block, members) is checked by the ledger itself.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { defaultBatch, defaultRaft } from '@cairn/ledger';
import { describeIssues, nameSchema } from '@cairn/orderer/settings';
import { exitCodes } from '@cairn/transport';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { CommandError } from '../errors.ts';
import { readFileOrFail } from './files.ts';

const positive = (defaultValue: number) => z.number().int().min(1).default(defaultValue);

const memberSchema = z.union([
  nameSchema,
  z.strictObject({
    name: nameSchema,
    role: z.enum(['voter', 'learner']).default('voter').describe('A learner only receives.'),
    key: z
      .string()
      .regex(/^U[A-Z2-7]{55}$/, 'must be a public signing key (U...)')
      .optional()
      .describe('Public signing key; of an orderer made by "cairn init" it is known.'),
  }),
]);

export const channelFileSchema = z.strictObject({
  channel: nameSchema.describe('Name of the channel; the file has the same name.'),
  description: z.string().optional().describe('For people; not part of block 0.'),
  members: z
    .union([z.literal('all'), z.array(memberSchema).min(1)])
    .default('all')
    .describe('"all" orderers of the cluster, or a list of names, or of {name, role, key}.'),
  batch: z
    .strictObject({
      maxTransactions: positive(defaultBatch.maxTransactions).describe(
        'A block is cut with this many transactions; at most 5000.',
      ),
      preferredBytes: positive(defaultBatch.preferredBytes).describe(
        'A block is cut before its transactions exceed this.',
      ),
      maxTransactionBytes: positive(defaultBatch.maxTransactionBytes).describe(
        'A larger encoded transaction is refused.',
      ),
      timeoutMs: positive(defaultBatch.timeoutMs).describe(
        'While other blocks are in flight a transaction waits at most this long.',
      ),
    })
    .prefault({})
    .describe('When a block is cut.'),
  raft: z
    .strictObject({
      tickMs: positive(defaultRaft.tickMs).describe('The unit of the two below.'),
      electionTicks: positive(defaultRaft.electionTicks).describe(
        'Silence of the leader after which another is elected.',
      ),
      heartbeatTicks: positive(defaultRaft.heartbeatTicks).describe(
        'How often the leader says that it is there.',
      ),
    })
    .prefault({})
    .describe('How members watch each other.'),
});

export type ChannelFile = z.output<typeof channelFileSchema>;

/** For editors: `# yaml-language-server: $schema=./channel.schema.json`. */
export function channelJsonSchema(): object {
  return z.toJSONSchema(channelFileSchema, { io: 'input' });
}

function invalid(message: string): CommandError {
  return new CommandError('CHANNEL_FILE_INVALID', exitCodes.usage, message);
}

export function parseChannelFile(path: string, text: string): ChannelFile {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(`${path} is not YAML: ${error.message}.`);
  const parsed = channelFileSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success) throw invalid(describeIssues(path, parsed.error.issues));
  const stem = basename(path, extname(path));
  if (parsed.data.channel !== stem) {
    throw invalid(
      `${path} defines the channel "${parsed.data.channel}"; its file must be named so.`,
    );
  }
  return parsed.data;
}

/** Every definition in a directory, sorted by name. */
export function readChannelFiles(directory: string): ChannelFile[] {
  if (!existsSync(directory))
    throw invalid(`The directory of channel definitions ${directory} does not exist.`);
  const paths = readdirSync(directory)
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .map((file) => join(directory, file));
  if (paths.length === 0) throw invalid(`${directory} holds no channel definition (*.yaml).`);
  return paths.map((path) => parseChannelFile(path, readFileOrFail(path).toString('utf8')));
}
