/**
 * A channel's configuration: the one document a config block holds.
 *
 * It is RFC 8785 JSON with integers only. `parseConfig` accepts exactly what `encodeConfig` writes:
 * an unknown field, another order or another spelling is refused, so equal configurations have
 * equal bytes. Rules within one document are here; rules between two are in `membership.ts`.
 */
import { equalBytes, utf8, utf8Decode } from './bytes.ts';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import { checkPublicKey } from './crypto.ts';
import { LedgerError, orThrow } from './errors.ts';
import {
  BLOCK_BYTES_MAX,
  BODY_OFFSET,
  CONFIG_BYTES_MAX,
  TIMESTAMP_MS_MAX,
  TRANSACTION_BYTES_MIN,
  TRANSACTION_PREFIX_BYTES,
  TRANSACTIONS_MAX,
  U32_MAX,
} from './limits.ts';
import { type ChannelName, isName, type OrdererName } from './names.ts';
import { decodeKey } from './nkey.ts';

export type MemberRole = 'voter' | 'learner';

export interface Member {
  /** Raft id and `proposer` of blocks; from 1, never reused in a channel. */
  readonly id: number;
  readonly name: OrdererName;
  /** The signing key, `U...`. */
  readonly key: string;
  readonly role: MemberRole;
}

export interface BatchConfig {
  /** 1 to 5000. */
  readonly maxTransactions: number;
  /** A block's body grows no larger, unless one transaction alone does. */
  readonly preferredBytes: number;
  /** Of one encoded transaction. */
  readonly maxTransactionBytes: number;
  readonly timeoutMs: number;
}

export interface RaftConfig {
  readonly tickMs: number;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
}

export interface ChannelConfig {
  readonly version: 1;
  readonly channel: ChannelName;
  readonly createdMs: number;
  /** Greater than every id ever given in this channel. */
  readonly nextMemberId: number;
  /** Sorted by id. */
  readonly members: readonly Member[];
  /** During a membership change the ids of the previous voters, sorted; otherwise empty. */
  readonly outgoing: readonly number[];
  readonly batch: BatchConfig;
  readonly raft: RaftConfig;
  /** Reserved; must be empty in version 1. */
  readonly policies: Readonly<Record<string, never>>;
}

export const defaultBatch: BatchConfig = {
  maxTransactions: 500,
  preferredBytes: 512 * 1024,
  maxTransactionBytes: 256 * 1024,
  timeoutMs: 100,
};

export const defaultRaft: RaftConfig = { tickMs: 100, electionTicks: 10, heartbeatTicks: 2 };

/** The largest time a Node or browser timer takes. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The largest body a block of this channel may have. */
export function bodyBytesMax(batch: BatchConfig): number {
  return Math.max(batch.preferredBytes, batch.maxTransactionBytes + TRANSACTION_PREFIX_BYTES);
}

/** The RFC 8785 bytes. Throws what `parseConfig` would return for them. */
export function encodeConfig(config: ChannelConfig): Uint8Array {
  const bytes = encodeConfigUnchecked(config);
  orThrow(parseConfig(bytes));
  return bytes;
}

/** For comparing configurations that have been checked already. */
export function encodeConfigUnchecked(config: ChannelConfig): Uint8Array {
  return utf8(canonicalJson(config as unknown as JsonValue));
}

export function parseConfig(bytes: Uint8Array): ChannelConfig | LedgerError {
  if (bytes.length > CONFIG_BYTES_MAX) {
    return new LedgerError(
      'CONFIG_NOT_JSON',
      `a configuration has at most ${CONFIG_BYTES_MAX} bytes`,
    );
  }
  const text = utf8Decode(bytes);
  const value = text === null ? undefined : parseJson(text);
  if (text === null || value === undefined) {
    return new LedgerError('CONFIG_NOT_JSON', 'a configuration is one JSON document in UTF-8');
  }
  try {
    const config = readConfig(value);
    if (equalBytes(encodeConfigUnchecked(config), bytes)) return config;
    return new LedgerError('CONFIG_NOT_CANONICAL', 'a configuration is written as RFC 8785 says');
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readConfig(value: unknown): ChannelConfig {
  const fields = object(value, 'configuration', [
    'version',
    'channel',
    'createdMs',
    'nextMemberId',
    'members',
    'outgoing',
    'batch',
    'raft',
    'policies',
  ]);
  object(fields.policies, 'policies', []);
  const config: ChannelConfig = {
    version: integer(fields.version, 'version', 1, 1) as 1,
    channel: name(fields.channel, 'channel') as ChannelName,
    createdMs: integer(fields.createdMs, 'createdMs', 0, TIMESTAMP_MS_MAX),
    nextMemberId: integer(fields.nextMemberId, 'nextMemberId', 2, U32_MAX),
    members: list(fields.members, 'members').map(readMember),
    outgoing: list(fields.outgoing, 'outgoing').map((id) => integer(id, 'outgoing id', 1, U32_MAX)),
    batch: readBatch(fields.batch),
    raft: readRaft(fields.raft),
    policies: {},
  };
  checkMembers(config);
  checkBatch(config.batch);
  return config;
}

function readMember(value: unknown): Member {
  const fields = object(value, 'member', ['id', 'name', 'key', 'role']);
  const { role } = fields;
  if (role !== 'voter' && role !== 'learner') {
    throw new LedgerError('CONFIG_FIELD', 'the role of a member is "voter" or "learner"');
  }
  return {
    id: integer(fields.id, 'member id', 1, U32_MAX),
    name: name(fields.name, 'member name') as OrdererName,
    key: signingKey(fields.key),
    role,
  };
}

function readBatch(value: unknown): BatchConfig {
  const keys = ['maxTransactions', 'preferredBytes', 'maxTransactionBytes', 'timeoutMs'];
  const fields = object(value, 'batch', keys);
  return {
    maxTransactions: integer(fields.maxTransactions, 'maxTransactions', 1, TRANSACTIONS_MAX),
    preferredBytes: integer(fields.preferredBytes, 'preferredBytes', 1, BLOCK_BYTES_MAX),
    maxTransactionBytes: integer(
      fields.maxTransactionBytes,
      'maxTransactionBytes',
      TRANSACTION_BYTES_MIN,
      BLOCK_BYTES_MAX,
    ),
    timeoutMs: integer(fields.timeoutMs, 'timeoutMs', 1, TIMER_MS_MAX),
  };
}

function readRaft(value: unknown): RaftConfig {
  const fields = object(value, 'raft', ['tickMs', 'electionTicks', 'heartbeatTicks']);
  const heartbeatTicks = integer(fields.heartbeatTicks, 'heartbeatTicks', 1, U32_MAX);
  return {
    tickMs: integer(fields.tickMs, 'tickMs', 1, TIMER_MS_MAX),
    // A follower that campaigns before the next heartbeat can arrive would never rest.
    electionTicks: integer(fields.electionTicks, 'electionTicks', heartbeatTicks + 1, U32_MAX),
    heartbeatTicks,
  };
}

function checkBatch(batch: BatchConfig): void {
  const largest = BODY_OFFSET + bodyBytesMax(batch);
  if (largest <= BLOCK_BYTES_MAX) return;
  throw new LedgerError(
    'CONFIG_LIMITS',
    `the largest block could have ${largest} bytes; at most ${BLOCK_BYTES_MAX} are allowed`,
  );
}

function checkMembers({ members, outgoing, nextMemberId }: ChannelConfig): void {
  const ids = members.map((member) => member.id);
  mustHold(isAscending(ids), 'members are sorted by id, each id once');
  mustHold(isAscending(outgoing), 'outgoing is sorted, each id once');
  mustHold(
    [...ids, ...outgoing].every((id) => id < nextMemberId),
    'ids lie below nextMemberId',
  );
  mustHold(
    members.some((member) => member.role === 'voter'),
    'at least one member is a voter',
  );
  mustHold(isUnique(members.map((member) => member.name)), 'names of members are unique');
  mustHold(isUnique(members.map((member) => member.key)), 'keys of members are unique');
}

function mustHold(condition: boolean, rule: string): void {
  if (!condition) throw new LedgerError('CONFIG_MEMBERS', rule);
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((value, i) => i === 0 || numbers[i - 1]! < value);
}

function isUnique(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

type Fields = Readonly<Record<string, unknown>>;

function object(value: unknown, what: string, keys: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LedgerError('CONFIG_FIELD', `${what} is an object`);
  }
  const found = Object.keys(value);
  const unknownKey = found.find((key) => !keys.includes(key));
  if (unknownKey !== undefined) {
    const shown = JSON.stringify(unknownKey.slice(0, 64));
    throw new LedgerError('CONFIG_FIELD', `${what} has an unknown field ${shown}`);
  }
  const missing = keys.find((key) => !found.includes(key));
  if (missing === undefined) return value as Fields;
  throw new LedgerError('CONFIG_FIELD', `${what} lacks the field ${missing}`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new LedgerError('CONFIG_FIELD', `${what} is a list`);
}

function integer(value: unknown, what: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new LedgerError('CONFIG_FIELD', `${what} is an integer from ${min} to ${max}`);
}

function name(value: unknown, what: string): string {
  if (typeof value === 'string' && isName(value)) return value;
  throw new LedgerError('CONFIG_FIELD', `${what} is not a valid name`);
}

function signingKey(value: unknown): string {
  if (typeof value !== 'string') throw new LedgerError('BAD_KEY', 'a key is a text');
  const refusal = checkPublicKey(orThrow(decodeKey(value)));
  if (refusal !== null) throw refusal;
  return value;
}
