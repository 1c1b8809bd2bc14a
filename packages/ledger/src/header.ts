/**
 * The 142 bytes that stand for a block: what is hashed, chained and signed.
 *
 *   0x01 | kind | channel id 32 | number u64 | previousHash 32 | transactionsRoot 32
 *   | transactionCount u32 | bodyBytes u32 | timestampMs u64 | term u64 | proposer u32 | configNumber u64
 *
 * Encoding and decoding are inverse to each other on everything `decodeHeader` accepts.
 */
import { readU32, readU64, utf8, viewOf, writeU32, writeU64 } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { assert, LedgerError } from './errors.ts';
import { HASH_BYTES, HEADER_BYTES, TIMESTAMP_MS_MAX } from './limits.ts';
import { asHash, type BlockNumber, type Hash } from './names.ts';

export const HEADER_VERSION = 0x01;
const BLOCK_HASH_PREFIX = 0x02;
const SIGNING_DOMAIN = utf8('cairn-block-v1\0');
/** Used by one hash at a time: an array of this size for each would cost as much as hashing it. */
const hashInput = new Uint8Array(1 + HEADER_BYTES);
hashInput[0] = BLOCK_HASH_PREFIX;

export type BlockKind = 'data' | 'config';

export interface BlockHeader {
  readonly kind: BlockKind;
  /** Hash of block 0; zeros in block 0 itself. */
  readonly channelId: Hash;
  readonly number: BlockNumber;
  /** Hash of the block before; zeros in block 0. */
  readonly previousHash: Hash;
  readonly transactionsRoot: Hash;
  /** At least 1; exactly 1 in a config block. */
  readonly transactionCount: number;
  /** All bytes after the signature. */
  readonly bodyBytes: number;
  /** Unix time; never decreases along the chain. */
  readonly timestampMs: number;
  /** Raft term of the entry that carries the block. */
  readonly term: number;
  /** Member id; 0 in block 0. */
  readonly proposer: number;
  /** Number of the newest config block at or before this block. */
  readonly configNumber: BlockNumber;
}

const OFFSET = {
  version: 0,
  kind: 1,
  channelId: 2,
  number: 34,
  previousHash: 42,
  transactionsRoot: 74,
  transactionCount: 106,
  bodyBytes: 110,
  timestampMs: 114,
  term: 122,
  proposer: 130,
  configNumber: 134,
} as const;

assert(OFFSET.configNumber + 8 === HEADER_BYTES, 'the header layout fills the header');

export function encodeHeader(header: BlockHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeHeader(header, bytes);
  return bytes;
}

/** Writes to the first 142 bytes of `target`. */
export function writeHeader(header: BlockHeader, target: Uint8Array): void {
  target[OFFSET.version] = HEADER_VERSION;
  target[OFFSET.kind] = header.kind === 'config' ? 1 : 0;
  writeHash(target, OFFSET.channelId, header.channelId);
  writeU64(target, OFFSET.number, header.number);
  writeHash(target, OFFSET.previousHash, header.previousHash);
  writeHash(target, OFFSET.transactionsRoot, header.transactionsRoot);
  writeU32(target, OFFSET.transactionCount, header.transactionCount);
  writeU32(target, OFFSET.bodyBytes, header.bodyBytes);
  writeU64(target, OFFSET.timestampMs, header.timestampMs);
  writeU64(target, OFFSET.term, header.term);
  writeU32(target, OFFSET.proposer, header.proposer);
  writeU64(target, OFFSET.configNumber, header.configNumber);
}

function writeHash(target: Uint8Array, offset: number, hash: Hash): void {
  assert(hash.length === HASH_BYTES, 'a hash in a header has 32 bytes');
  target.set(hash, offset);
}

/** Reads exactly 142 bytes. The hashes are views of `bytes`. */
export function decodeHeader(bytes: Uint8Array): BlockHeader | LedgerError {
  if (bytes.length !== HEADER_BYTES) {
    return new LedgerError('HEADER_LENGTH', `a header has ${HEADER_BYTES} bytes`);
  }
  if (bytes[OFFSET.version] !== HEADER_VERSION) {
    return new LedgerError('HEADER_VERSION', 'a header begins with version 0x01');
  }
  if (bytes[OFFSET.kind]! > 1) {
    return new LedgerError('HEADER_KIND', 'the kind of a block is 0 (data) or 1 (config)');
  }
  const header = readFields(bytes);
  return checkNumbers(header) ?? checkCount(header) ?? header;
}

function readFields(bytes: Uint8Array): BlockHeader {
  return {
    kind: bytes[OFFSET.kind] === 1 ? 'config' : 'data',
    channelId: readHash(bytes, OFFSET.channelId),
    number: readU64(bytes, OFFSET.number) as BlockNumber,
    previousHash: readHash(bytes, OFFSET.previousHash),
    transactionsRoot: readHash(bytes, OFFSET.transactionsRoot),
    transactionCount: readU32(bytes, OFFSET.transactionCount),
    bodyBytes: readU32(bytes, OFFSET.bodyBytes),
    timestampMs: readU64(bytes, OFFSET.timestampMs),
    term: readU64(bytes, OFFSET.term),
    proposer: readU32(bytes, OFFSET.proposer),
    configNumber: readU64(bytes, OFFSET.configNumber) as BlockNumber,
  };
}

function checkNumbers(header: BlockHeader): LedgerError | null {
  const { number, term, configNumber, timestampMs } = header;
  const isSafe =
    Number.isSafeInteger(number) &&
    Number.isSafeInteger(term) &&
    Number.isSafeInteger(configNumber);
  if (isSafe && timestampMs <= TIMESTAMP_MS_MAX) return null;
  return new LedgerError(
    'HEADER_NUMBER_RANGE',
    'number, term and configNumber lie below 2^53 and timestampMs before the year 10000',
  );
}

function checkCount({ kind, transactionCount }: BlockHeader): LedgerError | null {
  if (transactionCount < 1) return new LedgerError('HEADER_COUNT', 'there are no empty blocks');
  if (kind === 'data' || transactionCount === 1) return null;
  return new LedgerError('HEADER_CONFIG_COUNT', 'a config block holds exactly one transaction');
}

function readHash(bytes: Uint8Array, offset: number): Hash {
  return asHash(viewOf(bytes, offset, offset + HASH_BYTES));
}

/** hash(0x02 | header). */
export function blockHash(crypto: Crypto, headerBytes: Uint8Array): Hash {
  assert(headerBytes.length === HEADER_BYTES, 'a block hash is taken of exactly one header');
  hashInput.set(headerBytes, 1);
  return asHash(crypto.sha256(hashInput));
}

/** What the proposer signs: domain | blockHash. */
export function signingBytes(hash: Hash): Uint8Array {
  const bytes = new Uint8Array(SIGNING_DOMAIN.length + HASH_BYTES);
  bytes.set(SIGNING_DOMAIN);
  bytes.set(hash, SIGNING_DOMAIN.length);
  return bytes;
}
