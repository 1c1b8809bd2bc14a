/**
 * Keys as text, in the spelling of NATS nkeys: base32 (RFC 4648, no padding) of prefix, key and a
 * CRC-16/XMODEM, least significant byte first. `U...` is a public key (56 characters), `SU...` a
 * seed (58). Strict: one key has exactly one spelling.
 */
import { LedgerError } from './errors.ts';
import { PUBLIC_KEY_BYTES, SEED_BYTES } from './limits.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PREFIX_USER = 20 << 3;
const PREFIX_SEED = 18 << 3;

/** The `U...` text of a 32-byte Ed25519 public key. */
export function encodeKey(publicKey: Uint8Array): string {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new LedgerError('BAD_KEY', 'a key has 32 bytes');
  return encodeBase32(withChecksum([PREFIX_USER], publicKey));
}

/** The 32 bytes of a `U...` text, or `BAD_KEY`. Spelling only: see `checkPublicKey`. */
export function decodeKey(text: string): Uint8Array | LedgerError {
  const body = decodeChecked(text, 1 + PUBLIC_KEY_BYTES);
  if (body !== null && body[0] === PREFIX_USER) return body.subarray(1);
  return new LedgerError('BAD_KEY', 'not a user nkey: expected U and 55 base32 characters');
}

/** The `SU...` text of a 32-byte seed. Secret. */
export function encodeSeed(seed: Uint8Array): string {
  if (seed.length !== SEED_BYTES) throw new LedgerError('BAD_SEED', 'a seed has 32 bytes');
  return encodeBase32(withChecksum(seedPrefix(), seed));
}

/** The 32 bytes of an `SU...` text, or `BAD_SEED`. The message never repeats the text. */
export function decodeSeed(text: string): Uint8Array | LedgerError {
  const body = decodeChecked(text, 2 + SEED_BYTES);
  const [first, second] = seedPrefix();
  if (body !== null && body[0] === first && body[1] === second) return body.subarray(2);
  return new LedgerError('BAD_SEED', 'not a user nkey seed: expected SU and 56 base32 characters');
}

/** A seed carries two prefixes in five bits each: "seed" and the kind of its public key. */
function seedPrefix(): [number, number] {
  return [PREFIX_SEED | (PREFIX_USER >>> 5), (PREFIX_USER & 31) << 3];
}

function withChecksum(prefix: readonly number[], key: Uint8Array): Uint8Array {
  const bodyLength = prefix.length + key.length;
  const bytes = new Uint8Array(bodyLength + 2);
  bytes.set(prefix);
  bytes.set(key, prefix.length);
  const checksum = crc16(bytes.subarray(0, bodyLength));
  bytes[bodyLength] = checksum & 0xff;
  bytes[bodyLength + 1] = checksum >>> 8;
  return bytes;
}

function decodeChecked(text: string, bodyLength: number): Uint8Array | null {
  const bytes = decodeBase32(text, bodyLength + 2);
  if (bytes === null) return null;
  const body = bytes.subarray(0, bodyLength);
  return crc16(body) === (bytes[bodyLength]! | (bytes[bodyLength + 1]! << 8)) ? body : null;
}

function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let buffered = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffered = ((buffered << 8) | byte) & 0xffff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(buffered >>> (bits - 5)) & 31]!;
  }
  return bits > 0 ? text + ALPHABET[(buffered << (5 - bits)) & 31]! : text;
}

/** Null unless `text` is the one spelling of `length` bytes: unused bits must be zero. */
function decodeBase32(text: string, length: number): Uint8Array | null {
  if (text.length !== Math.ceil((length * 8) / 5)) return null;
  const bytes = new Uint8Array(length);
  let buffered = 0;
  let bits = 0;
  let offset = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    buffered = ((buffered << 5) | value) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[offset++] = buffered >>> bits;
  }
  return (buffered & ((1 << bits) - 1)) === 0 ? bytes : null;
}

/** CRC-16/XMODEM: polynomial 0x1021, initial value 0. */
function crc16(bytes: Uint8Array): number {
  let checksum = 0;
  for (const byte of bytes) {
    checksum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      checksum = checksum & 0x8000 ? ((checksum << 1) ^ 0x1021) & 0xffff : checksum << 1;
    }
  }
  return checksum;
}
