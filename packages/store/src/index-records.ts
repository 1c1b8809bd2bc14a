/**
 * Records of the transaction index, one after the other in a buffer: in a page on disk and in a batch on its way there.
 *
 *   record := length u8 | id | block u64 | position u32 | leaf 16
 *
 * Nothing here makes an object or a string of a record, but what says so: a batch has thousands of them.
 */

import { compareSlices, readAscii, readU32, readU64 } from '@cairn/ledger';
import { assert } from './errors.ts';
import { LEAF_BYTES } from './records.ts';
import type { IndexedTransaction, IndexSource } from './types.ts';

const PLACE_BYTES = 8 + 4;
const RECORD_FIXED_BYTES = 1 + PLACE_BYTES + LEAF_BYTES;
const ID_BYTES_MAX = 64;
/** A leaf as the caller has it, of which the first bytes are kept. */
export const LEAF_HASH_BYTES = 32;
/** Up to here a loop is done before the engine's own copy has begun. */
const LOOP_BYTES_MAX = 32;
const HIGH = 0x1_0000_0000;
const TOP_BITS = 0x80808080;

/** Whole records in [start, end) of `bytes`. */
export interface RecordRun {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** One past the record at `at`. */
export const recordEnd = (bytes: Uint8Array, at: number): number =>
  at + RECORD_FIXED_BYTES + bytes[at]!;

/** By the ids of the records at two places. */
export function compareRecords(
  bytes: Uint8Array,
  at: number,
  other: Uint8Array,
  otherAt: number,
): number {
  return compareSlices(bytes, at + 1, bytes[at]!, other, otherAt + 1, other[otherAt]!);
}

/** A string. */
export const idOfRecord = (bytes: Uint8Array, at: number): string =>
  readAscii(bytes, at + 1, bytes[at]!);

/** An object. */
export function placeOfRecord(bytes: Uint8Array, at: number): IndexedTransaction {
  const leaf = recordEnd(bytes, at) - LEAF_BYTES;
  const place = leaf - PLACE_BYTES;
  const block = readU64(bytes, place);
  assert(Number.isSafeInteger(block), 'a stored integer is a safe integer');
  const leaf16 = new Uint8Array(LEAF_BYTES);
  copyBytes(leaf16, 0, bytes, leaf, LEAF_BYTES);
  return { block, index: readU32(bytes, place + 8), leaf16 };
}

/** The bytes that the records of a source take. */
export function recordBytesOf({ ids: { count, idLengths } }: IndexSource): number {
  let bytes = count * RECORD_FIXED_BYTES;
  for (let position = 0; position < count; position += 1) bytes += idLengths[position]!;
  return bytes;
}

/** Four bytes at a time, which takes half as long as one by one. */
export class RecordWriter {
  readonly #target: DataView;
  #end = 0;

  /** `target`: has room for all that will be written. */
  constructor(target: Uint8Array) {
    this.#target = viewOf(target);
  }

  /** Where the last record ends. */
  get end(): number {
    return this.#end;
  }

  /** The records of a source, in its order. */
  write({ block, ids, order, leaves }: IndexSource): void {
    const idBytes = viewOf(ids.bytes);
    const leafBytes = viewOf(leaves);
    for (let i = 0; i < ids.count; i += 1) {
      const position = order[i]!;
      this.#writeId(idBytes, ids.idStarts[position]!, ids.idLengths[position]!);
      this.#writeU32(Math.floor(block / HIGH));
      this.#writeU32(block % HIGH);
      this.#writeU32(position);
      this.#copy(leafBytes, position * LEAF_HASH_BYTES, LEAF_BYTES);
    }
  }

  #writeId(source: DataView, start: number, length: number): void {
    const isValid = length >= 1 && length <= ID_BYTES_MAX && isPrintable(source, start, length);
    assert(isValid, 'an id has 1 to 64 bytes of printable ASCII');
    this.#target.setUint8(this.#end, length);
    this.#end += 1;
    this.#copy(source, start, length);
  }

  #writeU32(value: number): void {
    this.#target.setUint32(this.#end, value);
    this.#end += 4;
  }

  #copy(source: DataView, start: number, length: number): void {
    const target = this.#target;
    const at = this.#end;
    let i = 0;
    for (; i + 4 <= length; i += 4) target.setInt32(at + i, source.getInt32(start + i));
    for (; i < length; i += 1) target.setUint8(at + i, source.getUint8(start + i));
    this.#end = at + length;
  }
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);

/** Only such ids sort as strings the way their bytes do. */
function isPrintable(source: DataView, start: number, length: number): boolean {
  let outside = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) outside |= outsideOf(source.getInt32(start + i));
  for (; i < length; i += 1) outside |= outsideOf(0x41414100 | source.getUint8(start + i));
  return outside === 0;
}

/**
 * Top bits of those of four bytes that are not in 0x21 to 0x7e: they are set, or a step past 0x7e sets them, or a loan of
 * 0x21 takes away one lent. 0 for none.
 */
function outsideOf(word: number): number {
  return (word | (word + 0x01010101) | ~((word | TOP_BITS) - 0x21212121)) & TOP_BITS;
}

/** Returns where the copy ends. */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  length: number,
): number {
  if (length > LOOP_BYTES_MAX) target.set(source.subarray(start, start + length), at);
  else for (let i = 0; i < length; i += 1) target[at + i] = source[start + i]!;
  return at + length;
}
