/**
 * The body of a block or batch frame: a run of { length u32 | 0x00 | transaction }.
 *
 * Scanned once, without a copy, into offsets; everything later reads slices of the same buffer.
 * Invariant of a `BodyIndex`: its ranges tile [offset, end) exactly, in order, and every
 * transaction in it has passed `checkTransaction`.
 */
import { compareSlices, readAscii, readU32, utf8 } from './bytes.ts';
import { assert, LedgerError } from './errors.ts';
import { type IdOrder, type IdsInPlace, orderIds } from './id-order.ts';
import {
  TRANSACTION_BYTES_MAX,
  TRANSACTION_BYTES_MIN,
  TRANSACTION_PREFIX_BYTES,
  TRANSACTIONS_MAX,
} from './limits.ts';
import { CONFIG_ID_PREFIX, type TxId } from './names.ts';
import {
  checkTransaction,
  LEAF_PREFIX,
  readTransaction,
  TRANSACTION_FIXED_BYTES,
  type Transaction,
} from './transaction.ts';

const RESERVED_START = utf8(CONFIG_ID_PREFIX);

export interface BodyLimits {
  readonly maxTransactions: number;
  /** Of one encoded transaction, without length and 0x00. */
  readonly maxTransactionBytes: number;
}

/** What the format itself allows; a channel's `batch` configuration is narrower. */
export const formatLimits: BodyLimits = {
  maxTransactions: TRANSACTIONS_MAX,
  maxTransactionBytes: TRANSACTION_BYTES_MAX,
};

/** Offsets into the scanned buffer. The leaf slice of transaction i is [starts[i] - 1, ends[i]). */
export interface BodyIndex extends IdsInPlace {
  /** The scanned buffer itself. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** First byte of each transaction (its version byte). */
  readonly starts: Uint32Array;
  /** One past its last byte. */
  readonly ends: Uint32Array;
  /** All ids; filled by `idsOf` when first needed. */
  ids?: readonly TxId[] | undefined;
  /** Filled by `idOrderOf` when first needed. */
  idOrder?: IdOrder | undefined;
}

/** Scans exactly `count` transactions that must fill [offset, end) of `bytes`. */
export function scanBody(
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
  limits: BodyLimits = formatLimits,
): BodyIndex | LedgerError {
  assert(offset >= 0 && offset <= end && end <= bytes.length, 'a body lies within its buffer');
  const refusal = checkCount(count, end - offset, limits);
  if (refusal !== null) return refusal;
  const body = emptyIndex(bytes, count);
  let position = offset;
  for (let i = 0; i < count; i++) {
    const start = position + TRANSACTION_PREFIX_BYTES;
    if (start > end) return truncated();
    const transactionEnd = start + readU32(bytes, position);
    const problem = checkAt(bytes, start, transactionEnd, end, limits);
    if (problem !== null) return problem;
    body.starts[i] = start;
    body.ends[i] = transactionEnd;
    body.idStarts[i] = start + TRANSACTION_FIXED_BYTES;
    body.idLengths[i] = bytes[start + 2]!;
    position = transactionEnd;
  }
  if (position === end) return body;
  return new LedgerError('BODY_TRAILING_BYTES', 'bytes follow the last transaction');
}

function checkAt(
  bytes: Uint8Array,
  start: number,
  transactionEnd: number,
  end: number,
  limits: BodyLimits,
): LedgerError | null {
  if (transactionEnd > end) return truncated();
  if (bytes[start - 1] !== LEAF_PREFIX) {
    return new LedgerError('TX_PREFIX', 'a transaction in a body is preceded by 0x00');
  }
  return checkTransaction(bytes, start, transactionEnd, limits.maxTransactionBytes);
}

/** Before anything is allocated: the count is a stranger's number. */
function checkCount(count: number, bodyBytes: number, limits: BodyLimits): LedgerError | null {
  if (!Number.isInteger(count) || count < 1 || count > limits.maxTransactions) {
    const allowed = `1 to ${limits.maxTransactions}`;
    return new LedgerError('BODY_COUNT', `a body has ${allowed} transactions, not ${count}`);
  }
  const bytesMin = count * (TRANSACTION_PREFIX_BYTES + TRANSACTION_BYTES_MIN);
  return bodyBytes < bytesMin ? truncated() : null;
}

function emptyIndex(bytes: Uint8Array, count: number): BodyIndex {
  return {
    bytes,
    count,
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
    idStarts: new Uint32Array(count),
    idLengths: new Uint8Array(count),
    ids: undefined,
    idOrder: undefined,
  };
}

/** How many transactions the length fields claim, up to `countMax` + 1; checks nothing else. */
export function countTransactions(
  bytes: Uint8Array,
  offset: number,
  end: number,
  countMax: number,
): number {
  let count = 0;
  for (let position = offset; position < end && count <= countMax; count++) {
    position += TRANSACTION_PREFIX_BYTES;
    if (position <= end) position += readU32(bytes, position - TRANSACTION_PREFIX_BYTES);
  }
  return count;
}

export function idAt(body: BodyIndex, index: number): TxId {
  assert(index >= 0 && index < body.count, 'a transaction index lies within its body');
  return readAscii(body.bytes, body.idStarts[index]!, body.idLengths[index]!) as TxId;
}

/** The ids in order, read once and kept: an id is needed several times on a transaction's way. */
export function idsOf(body: BodyIndex): readonly TxId[] {
  body.ids ??= Array.from({ length: body.count }, (_, index) => idAt(body, index));
  return body.ids;
}

/** The positions by ascending id, found once and kept: who verifies a block needs it, and who indexes it. */
export function idOrderOf(body: BodyIndex): IdOrder {
  body.idOrder ??= orderIds(body);
  return body.idOrder;
}

/** Views, not copies. */
export function transactionAt(body: BodyIndex, index: number): Transaction {
  assert(index >= 0 && index < body.count, 'a transaction index lies within its body');
  return readTransaction(body.bytes, body.starts[index]!, body.ends[index]!);
}

/** Length, 0x00 and transaction: what may be copied as it is into another body. A view. */
export function bodySliceAt(body: BodyIndex, index: number): Uint8Array {
  assert(index >= 0 && index < body.count, 'a transaction index lies within its body');
  return body.bytes.subarray(body.starts[index]! - TRANSACTION_PREFIX_BYTES, body.ends[index]!);
}

/** Whether an id of the body begins as only those of config blocks may. */
export function hasReservedId(body: BodyIndex): boolean {
  for (let i = 0; i < body.count; i++) if (isReservedAt(body, i)) return true;
  return false;
}

function isReservedAt({ bytes, idStarts, idLengths }: BodyIndex, index: number): boolean {
  const { length } = RESERVED_START;
  if (idLengths[index]! < length) return false;
  return compareSlices(bytes, idStarts[index]!, length, RESERVED_START, 0, length) === 0;
}

/** The first id that stands in the body twice, or null. */
export function duplicateId(body: BodyIndex): TxId | null {
  if (idOrderOf(body).isDistinct) return null;
  const seen = new Set<TxId>();
  for (const id of idsOf(body)) {
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return null;
}

function truncated(): LedgerError {
  return new LedgerError('TX_TRUNCATED', 'the bytes end inside a transaction');
}
