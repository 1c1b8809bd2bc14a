/**
 * Bytes without Node: integers, hex, base64 and text on plain `Uint8Array`, so that this package
 * runs in a browser. Integers are big-endian. A u64 is a safe integer here: readers return NaN for
 * a larger one and callers refuse it.
 */
import { assert, LedgerError } from './errors.ts';

// The compiler's library for this package has neither DOM nor Node; both hosts have these two.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Null if the bytes are not UTF-8. */
export function utf8Decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

type AsciiReader = (bytes: Uint8Array, start: number, length: number) => string;
type SliceOfBytes = (this: Uint8Array, start: number, end: number) => string;

/** For bytes known to be ASCII, such as a checked transaction id. Where the host is Node, its reader is 4x faster. */
export const readAscii: AsciiReader = asciiReader();

function asciiReader(): AsciiReader {
  const host = globalThis as { Buffer?: { prototype?: { latin1Slice?: SliceOfBytes } } };
  const slice = host.Buffer?.prototype?.latin1Slice;
  if (slice === undefined) {
    return (bytes, start, length) => decoder.decode(bytes.subarray(start, start + length));
  }
  return (bytes, start, length) => slice.call(bytes, start, start + length);
}

export function readU32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) |
      (bytes[offset + 1]! << 16) |
      (bytes[offset + 2]! << 8) |
      bytes[offset + 3]!) >>>
    0
  );
}

export function writeU32(target: Uint8Array, offset: number, value: number): void {
  assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, 'a u32 must fit 32 bits');
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}

const TWO_POW_32 = 0x1_0000_0000;

/**
 * The bytes from `start` up to `end`, which must lie within: not a copy, and a plain array whatever `bytes` is. `subarray`
 * of Node's buffers costs twice as much, and gives such a buffer again.
 */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  // Beyond them lie a stranger's bytes: Node's buffers share memory.
  assert(start >= 0 && start <= end && end <= bytes.length, 'a view lies within its bytes');
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** NaN if the value is over `Number.MAX_SAFE_INTEGER`. */
export function readU64(bytes: Uint8Array, offset: number): number {
  const value = readU32(bytes, offset) * TWO_POW_32 + readU32(bytes, offset + 4);
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

export function writeU64(target: Uint8Array, offset: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'a u64 must be a safe, non-negative integer');
  writeU32(target, offset, Math.floor(value / TWO_POW_32));
  writeU32(target, offset + 4, value % TWO_POW_32);
}

/** Not constant-time: for public values only. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/**
 * Bytewise order of two slices: below, equal to or above 0 as the left one comes before, is equal or comes after. A slice
 * comes before those that begin with it.
 */
export function compareSlices(
  left: Uint8Array,
  leftStart: number,
  leftLength: number,
  right: Uint8Array,
  rightStart: number,
  rightLength: number,
): number {
  const length = Math.min(leftLength, rightLength);
  for (let i = 0; i < length; i++) {
    const difference = left[leftStart + i]! - right[rightStart + i]!;
    if (difference !== 0) return difference;
  }
  return leftLength - rightLength;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const HEX_DIGITS = encoder.encode('0123456789abcdef');
/** For one text at a time; hashes and signatures fit. A text put together from its digits costs several times as much. */
const hexScratch = new Uint8Array(128);

export function toHex(bytes: Uint8Array): string {
  const { length } = bytes;
  const codes = 2 * length <= hexScratch.length ? hexScratch : new Uint8Array(2 * length);
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    codes[2 * i] = HEX_DIGITS[byte >>> 4]!;
    codes[2 * i + 1] = HEX_DIGITS[byte & 15]!;
  }
  return readAscii(codes, 0, 2 * length);
}

/** Lower case only: one value has one spelling. Throws `BAD_HEX`. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new LedgerError('BAD_HEX', 'hex must be an even number of the characters 0-9a-f');
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_CODE = encoder.encode(BASE64);
const BASE64_VALUE = new Map([...BASE64].map((character, value) => [character, value]));
const PADDING_CODE = 0x3d;

/** RFC 4648 section 4, with padding. Through bytes, not strings: payloads are large. */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PADDING_CODE);
  const whole = bytes.length - (bytes.length % 3);
  let offset = 0;
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    codes[offset++] = BASE64_CODE[group >>> 18]!;
    codes[offset++] = BASE64_CODE[(group >>> 12) & 63]!;
    codes[offset++] = BASE64_CODE[(group >>> 6) & 63]!;
    codes[offset++] = BASE64_CODE[group & 63]!;
  }
  if (whole < bytes.length) {
    const group = (bytes[whole]! << 16) | ((bytes[whole + 1] ?? 0) << 8);
    codes[offset++] = BASE64_CODE[group >>> 18]!;
    codes[offset++] = BASE64_CODE[(group >>> 12) & 63]!;
    if (whole + 1 < bytes.length) codes[offset] = BASE64_CODE[(group >>> 6) & 63]!;
  }
  return decoder.decode(codes);
}

/** Strict: padding required, unused bits zero, nothing else. Throws `BAD_BASE64`. */
export function fromBase64(text: string): Uint8Array {
  const refuse = () => new LedgerError('BAD_BASE64', 'not canonical base64 (RFC 4648 section 4)');
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw refuse();
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let buffered = 0;
  let bits = 0;
  let offset = 0;
  for (let i = 0; i < text.length - padding; i++) {
    buffered = ((buffered << 6) | BASE64_VALUE.get(text[i]!)!) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[offset++] = buffered >>> bits;
  }
  if ((buffered & ((1 << bits) - 1)) !== 0) throw refuse();
  return bytes;
}
