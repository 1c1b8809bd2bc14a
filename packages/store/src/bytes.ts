/**
 * Fixed-layout bytes: a writer and a reader for the small records and keys of the store.
 *
 * Integers are big-endian, so that keys sort as numbers do. A u64 must be a safe integer: checked both ways.
 * Buffers come from Node's pool: thousands of small records in a commit share few allocations.
 */

import { Buffer } from 'node:buffer';
import { writeU32, writeU64 } from '@cairn/ledger';
import { crc32 } from './checksum.ts';
import { assert } from './errors.ts';

const HIGH = 0x1_0000_0000;

export class ByteWriter {
  readonly #buffer: Buffer;
  /** Up to here it is written. */
  #length = 0;

  /** `sizeMax`: room for all that will be written. */
  constructor(sizeMax: number) {
    this.#buffer = Buffer.allocUnsafe(sizeMax);
  }

  u8(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff, 'a byte is from 0 to 255');
    this.#buffer[this.#length] = value;
    this.#length += 1;
    return this;
  }

  u32(value: number): this {
    writeU32(this.#buffer, this.#length, value);
    this.#length += 4;
    return this;
  }

  u64(value: number): this {
    writeU64(this.#buffer, this.#length, value);
    this.#length += 8;
    return this;
  }

  /** Of all before it, continued from `previous`. Little-endian, as a CRC has to stand for `CHECKED` to come out. */
  checksum(previous: number): this {
    const value = crc32(this.#buffer, previous, this.#length);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** Latin-1: ids and names are ASCII. */
  text(value: string): this {
    this.#length += this.#buffer.write(value, this.#length, 'latin1');
    return this;
  }

  /** What is written so far. */
  take(): Buffer {
    assert(this.#length <= this.#buffer.length, 'a record has the room that was asked for it');
    const isFull = this.#length === this.#buffer.length;
    return isFull ? this.#buffer : this.#buffer.subarray(0, this.#length);
  }
}

/**
 * Reads what `ByteWriter` wrote. Only ever given bytes whose checksum was verified.
 *
 * Byte by byte on purpose: asking a small array for its buffer makes the engine move it out of its heap, which costs more
 * than all the rest of a read.
 */
export class ByteReader {
  readonly #source: Uint8Array;
  #position = 0;

  constructor(source: Uint8Array) {
    this.#source = source;
  }

  u8(): number {
    assert(this.#position < this.#source.length, 'a stored record is as long as it says');
    this.#position += 1;
    return this.#source[this.#position - 1]!;
  }

  u32(): number {
    return ((this.u8() << 24) | (this.u8() << 16) | (this.u8() << 8) | this.u8()) >>> 0;
  }

  u64(): number {
    const value = this.u32() * HIGH + this.u32();
    assert(Number.isSafeInteger(value), 'a stored integer is a safe integer');
    return value;
  }

  /** A copy. */
  bytes(length: number): Uint8Array {
    const copy = new Uint8Array(length);
    for (let at = 0; at < length; at += 1) copy[at] = this.u8();
    return copy;
  }

  text(length: number): string {
    return String.fromCharCode(...this.bytes(length));
  }
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
