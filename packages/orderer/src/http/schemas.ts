/**
 * The JSON of the HTTP door as schemas: what /openapi.json shows, and what tests hold the answers to.
 */
import { errorCodes, raftStates } from '@cairn/transport';
import { z } from 'zod';

const hex = z.string().regex(/^[0-9a-f]+$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

const identity = { channel: z.string(), channelId: hash };

export const receiptSchema = z.strictObject({
  status: z.literal(200),
  ...identity,
  id: z.string(),
  block: count,
  index: count.describe("The transaction's position in its block."),
  blockHash: hash,
  duplicate: z.boolean().describe('True if the id was already known: this is its first receipt.'),
});

export const refusalSchema = z.strictObject({
  status: z.int().min(400).max(599),
  channel: z.string().optional(),
  channelId: hash.optional(),
  id: z.string().optional(),
  error: z.strictObject({
    code: z.enum(errorCodes as [string, ...string[]]),
    message: z.string(),
    retryable: z.boolean().describe('The same request under the same id may succeed later.'),
    retryAfterMs: count.optional(),
    leader: z.string().nullable().optional(),
    height: count.optional(),
    proposed: z.boolean().optional(),
  }),
});

const headerFields = {
  ...identity,
  number: count,
  kind: z.enum(['data', 'config']),
  hash,
  previousHash: hash,
  transactionsRoot: hash,
  transactionCount: count,
  bodyBytes: count,
  timestamp: z.iso.datetime(),
  timestampMs: count,
  term: count,
  proposer: z.string().nullable(),
  proposerId: count,
  configNumber: count,
  signature: hex,
};

const transactionSchema = z.strictObject({
  id: z.string(),
  payload: z.string().describe('Base64.'),
  author: z.string().optional(),
  signature: hex.optional(),
});

export const headerSchema = z.strictObject(headerFields);

export const blockSchema = z.strictObject({
  ...headerFields,
  transactions: z.array(transactionSchema),
});

export const blockReplySchema = z.strictObject({ status: z.literal(200), block: blockSchema });

export const eventSchema = z.strictObject({ status: z.literal(200), block: headerSchema });

export const pageSchema = z.strictObject({
  status: z.literal(200),
  blocks: z.array(blockSchema),
  next: count.nullable().describe('Where the next page begins; null: there is none now.'),
});

const memberSchema = z.strictObject({
  id: count,
  name: z.string(),
  role: z.enum(['voter', 'learner']),
  active: z.boolean(),
  height: count,
});

const raftState = z.enum(['follower', 'pre-candidate', 'candidate', 'leader']);

export const infoSchema = z.object({
  status: z.literal(200),
  ...identity,
  height: count,
  newestHash: hash,
  leader: z.string().nullable(),
  state: z.enum(raftStates),
  term: count,
  configNumber: count,
  members: z.array(memberSchema),
});

export const transactionReplySchema = z.strictObject({
  status: z.literal(200),
  ...identity,
  id: z.string(),
  state: z.enum(['committed', 'pending', 'unknown']),
  height: count,
  block: count.optional(),
  index: count.optional(),
  blockHash: hash.optional(),
});

export const channelsSchema = z.strictObject({
  status: z.literal(200),
  channels: z.array(
    z.strictObject({
      ...identity,
      height: count,
      leader: z.string().nullable(),
      term: count,
    }),
  ),
});

const memberStatusSchema = z.strictObject({
  name: z.string(),
  id: count,
  role: z.enum(['voter', 'learner']),
  state: z.enum([...raftState.options, 'down']),
  term: count.nullable(),
  height: count.nullable(),
  lag: count.nullable(),
});

export const clusterSchema = z.strictObject({
  nats: z.string(),
  orderers: z.array(z.strictObject({ name: z.string(), up: z.boolean() })),
  channels: z.array(
    z.strictObject({
      channel: z.string(),
      channelId: hash.nullable(),
      leader: z.string().nullable(),
      term: count,
      height: count,
      voters: count,
      up: count,
      quorum: count,
      members: z.array(memberStatusSchema),
      problems: z.array(z.strictObject({ code: z.string(), message: z.string() })),
    }),
  ),
});
