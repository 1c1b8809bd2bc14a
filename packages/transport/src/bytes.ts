/**
 * Reading and writing the fixed layouts of frames: big-endian, bounds-checked.
 *
 * The reader never throws: the first rule that is broken is kept in `fault`, and everything read afterwards is zero or
 * empty, so a decoder reads straight through and looks at `fault` once. The writer is for our own values and asserts.
 */
import { Buffer } from 'node:buffer';
import { readU32, viewOf, writeU32 } from '@cairn/ledger';
import { type Pieces, whole } from './pieces.ts';

/** Why bytes were not taken for a frame. Stable: counted by name in metrics. */
export type FrameFault =
  | 'truncated'
  | 'trailingBytes'
  | 'unknownVersion'
  | 'unknownFlags'
  | 'unknownKind'
  | 'unsafeInteger'
  | 'badField';

const twoTo32 = 2 ** 32;
const empty = new Uint8Array(0);
/** For the integers that are no numbers: a view of each frame would cost more than all of its reading. */
const scratch = new DataView(new ArrayBuffer(8));

export class ByteReader {
  fault: FrameFault | null = null;
  private readonly bytes: Uint8Array;
  /** Asked once: some arrays are Node's buffers and some are not, and then the engine has to look each time. */
  private readonly length: number;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  get remaining(): number {
    return this.length - this.offset;
  }

  /** Keeps the first fault only: the later ones follow from it. */
  fail(fault: FrameFault): void {
    this.fault ??= fault;
  }

  expect(condition: boolean, fault: FrameFault): void {
    if (!condition) this.fail(fault);
  }

  u8(): number {
    return this.has(1) ? this.bytes[this.offset++]! : 0;
  }

  u16(): number {
    if (!this.has(2)) return 0;
    this.offset += 2;
    return (this.bytes[this.offset - 2]! << 8) | this.bytes[this.offset - 1]!;
  }

  u32(): number {
    if (!this.has(4)) return 0;
    this.offset += 4;
    return readU32(this.bytes, this.offset - 4);
  }

  /** A u64 that must be a safe integer. */
  u64(): number {
    if (!this.has(8)) return 0;
    const value = readU32(this.bytes, this.offset) * twoTo32 + readU32(this.bytes, this.offset + 4);
    this.offset += 8;
    if (Number.isSafeInteger(value)) return value;
    this.fail('unsafeInteger');
    return 0;
  }

  /** A u64 of any value. */
  bigU64(): bigint {
    if (!this.has(8)) return 0n;
    this.offset += 8;
    scratch.setUint32(0, readU32(this.bytes, this.offset - 8));
    scratch.setUint32(4, readU32(this.bytes, this.offset - 4));
    return scratch.getBigUint64(0);
  }

  /** A view of the next bytes, not a copy. */
  take(length: number): Uint8Array {
    if (!this.has(length)) return empty;
    this.offset += length;
    return viewOf(this.bytes, this.offset - length, this.offset);
  }

  /** Call last: what is left over makes the frame invalid. */
  end(): void {
    if (this.remaining > 0) this.fail('trailingBytes');
  }

  private has(length: number): boolean {
    if (this.fault !== null) return false;
    if (this.remaining >= length) return true;
    this.fail('truncated');
    return false;
  }
}

/** Fewer bytes are copied into a frame: a piece of its own would cost more. */
const lentBytesMin = 32 * 1024;

export class ByteWriter {
  readonly bytes: Uint8Array;
  private offset = 0;
  /** What stands before `offset` in the result, and is not in `bytes`. */
  private readonly lent: { readonly offset: number; readonly bytes: Uint8Array }[] = [];

  /** How many of `length` bytes are copied by `lend`. */
  static copiedBytes(length: number): number {
    return length < lentBytesMin ? length : 0;
  }

  /** `length` is the exact size of the result, without what is lent uncopied. */
  constructor(length: number) {
    this.bytes = Buffer.allocUnsafe(length);
  }

  u8(value: number): void {
    this.bytes[this.offset] = value;
    this.offset += 1;
  }

  u16(value: number): void {
    assertFits(value, 0xffff);
    this.bytes[this.offset] = value >>> 8;
    this.bytes[this.offset + 1] = value;
    this.offset += 2;
  }

  u32(value: number): void {
    assertFits(value, 0xffffffff);
    this.putU32(value);
  }

  u64(value: number): void {
    assertFits(value, Number.MAX_SAFE_INTEGER);
    this.putU32(Math.floor(value / twoTo32));
    this.putU32(value % twoTo32);
  }

  bigU64(value: bigint): void {
    scratch.setBigUint64(0, value);
    this.putU32(scratch.getUint32(0));
    this.putU32(scratch.getUint32(4));
  }

  private putU32(value: number): void {
    writeU32(this.bytes, this.offset, value);
    this.offset += 4;
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** As `put`, but many bytes are not copied: they are a piece of the result, and must not change any more. */
  lend(bytes: Uint8Array): void {
    if (bytes.length < lentBytesMin) this.put(bytes);
    else this.lent.push({ offset: this.offset, bytes });
  }

  /** What was written, in as few pieces as lending allows; the size announced must be the size written. */
  finishInPieces(): Pieces {
    if (this.offset !== this.bytes.length) {
      throw new RangeError(`wrote ${this.offset} of ${this.bytes.length} bytes of a frame`);
    }
    if (this.lent.length === 0) return [this.bytes];
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (const { offset, bytes } of this.lent) {
      pieces.push(this.bytes.subarray(from, offset), bytes);
      from = offset;
    }
    pieces.push(this.bytes.subarray(from));
    return pieces.filter(({ length }) => length > 0);
  }

  /** The same in one: what was lent is copied after all. */
  finish(): Uint8Array {
    return whole(this.finishInPieces());
  }
}

/** Writes a whole number at `at`; returns where it ends. */
export function putU64(bytes: Uint8Array, at: number, value: number): number {
  assertFits(value, Number.MAX_SAFE_INTEGER);
  writeU32(bytes, at, Math.floor(value / twoTo32));
  writeU32(bytes, at + 4, value % twoTo32);
  return at + 8;
}

function assertFits(value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${value} is not a whole number from 0 to ${max}`);
  }
}
