/**
 * Fixed-layout bytes: a writer and a reader for the small records and keys of the store.
 *
 * Integers are big-endian, so that keys sort as numbers do. A u64 must be a safe integer: checked both ways.
 * Buffers come from Node's pool: thousands of small records in a commit share few allocations.
 */

import { assert } from './errors.ts';

const HIGH = 0x1_0000_0000;

export class ByteWriter {
  readonly #buffer: Buffer;
  #length: number;

  /** `sizeMax`: room for all that will be written. `start`: bytes left free at the front. */
  constructor(sizeMax: number, start = 0) {
    this.#buffer = Buffer.allocUnsafe(sizeMax);
    this.#length = start;
  }

  u8(value: number): this {
    this.#length = this.#buffer.writeUInt8(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
    return this;
  }

  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is not an unsigned safe integer`);
    this.#buffer.writeUInt32BE(Math.floor(value / HIGH), this.#length);
    this.#length = this.#buffer.writeUInt32BE(value % HIGH, this.#length + 4);
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

  take(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** Reads what `ByteWriter` wrote. Only ever given bytes whose checksum was verified. */
export class ByteReader {
  readonly #buffer: Buffer;
  #position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
  }

  u8(): number {
    this.#position += 1;
    return this.#buffer.readUInt8(this.#position - 1);
  }

  u32(): number {
    this.#position += 4;
    return this.#buffer.readUInt32BE(this.#position - 4);
  }

  u64(): number {
    const value = this.u32() * HIGH + this.u32();
    assert(Number.isSafeInteger(value), 'a stored integer is a safe integer');
    return value;
  }

  bytes(length: number): Uint8Array {
    this.#position += length;
    assert(this.#position <= this.#buffer.length, 'a stored record is as long as it says');
    return Uint8Array.from(this.#buffer.subarray(this.#position - length, this.#position));
  }

  text(length: number): string {
    return Buffer.from(this.bytes(length)).toString('latin1');
  }
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
