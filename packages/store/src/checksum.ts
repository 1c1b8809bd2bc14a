/**
 * The checksum of stored records: CRC-32 (the polynomial of zlib and Ethernet).
 *
 * Against accidents of the medium, not against people: who can write the file can write the checksum too; blocks
 * have hashes and signatures for that. Node has it natively from 20.15 on; the table below serves other runtimes.
 */

import * as zlib from 'node:zlib';

type Crc32 = (bytes: Uint8Array, previous?: number, length?: number) => number;

/** What a byte becomes with 0, 1, 2 and 3 bytes of zeros behind it: so that four are taken at a time. */
function makeTables(): readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const alone = makeTable();
  const one = alone.map((remainder) => shifted(alone, remainder));
  const two = one.map((remainder) => shifted(alone, remainder));
  return [alone, one, two, two.map((remainder) => shifted(alone, remainder))];
}

const shifted = (table: Uint32Array, remainder: number): number =>
  (remainder >>> 8) ^ table[remainder & 0xff]!;

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
    }
    table[byte] = remainder >>> 0;
  }
  return table;
}

/** The same function in plain code. Exported so that a test can hold both to the same results. */
export function portableCrc32(): Crc32 {
  const [alone, one, two, three] = makeTables();
  return (bytes, previous = 0, length = bytes.length) => {
    let remainder = ~previous;
    let at = 0;
    for (const end = length - 3; at < end; at += 4) {
      remainder ^=
        bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      remainder =
        three[remainder & 0xff]! ^
        two[(remainder >>> 8) & 0xff]! ^
        one[(remainder >>> 16) & 0xff]! ^
        alone[remainder >>> 24]!;
    }
    for (; at < length; at += 1) remainder = shifted(alone, remainder ^ bytes[at]!);
    return ~remainder >>> 0;
  };
}

const portable = portableCrc32();
/** Up to here the table is done before a native call has begun. */
const PORTABLE_BYTES_MAX = 128;

/**
 * CRC-32 of the first `length` of `bytes`, all of them if it is not given, continued from `previous`: `crc32(b, crc32(a))`
 * is the checksum of a followed by b.
 */
export const crc32: Crc32 = typeof zlib.crc32 === 'function' ? quickest(zlib.crc32) : portable;

function quickest(native: (bytes: Uint8Array, previous: number) => number): Crc32 {
  return (bytes, previous = 0, length = bytes.length) => {
    if (length <= PORTABLE_BYTES_MAX) return portable(bytes, previous, length);
    return native(length === bytes.length ? bytes : bytes.subarray(0, length), previous);
  };
}

/**
 * What the checksum of anything followed by its own checksum, little-endian, always is: so a record is checked as a whole,
 * without taking it apart.
 */
export const CHECKED = 0x2144df1c;
