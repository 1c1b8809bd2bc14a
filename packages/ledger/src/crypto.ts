/**
 * What the ledger needs of cryptography, as an interface: SHA-256 and Ed25519.
 *
 * Two implementations exist, the portable one here (`nobleCrypto`) and Node's in `transport`. They
 * must give the same bytes and the same verdict for every input, hostile ones included. Libraries
 * differ in edge cases of Ed25519, so the rule is fixed here, in front of both:
 *   keys: canonical, not of small order, torsion-free (`checkPublicKey`, once per key);
 *   signatures: 64 bytes, S < L, R canonical (`isCanonicalSignature`) and torsion-free.
 * With a torsion-free key, a torsion-free R makes the cofactored equation (noble) and the
 * cofactorless one (OpenSSL) equivalent; OpenSSL's implies a torsion-free R by itself.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { toHex } from './bytes.ts';
import { LedgerError } from './errors.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './limits.ts';

export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes: R | S. */
  sign(message: Uint8Array): Uint8Array;
}

export interface Verifier {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** False for anything that is not a valid signature; never throws. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

export interface Crypto {
  sha256(data: Uint8Array): Uint8Array;
  /** Writes the 32 bytes of the hash to `target` at `offset`. */
  sha256Into(data: Uint8Array, target: Uint8Array, offset: number): void;
  /** Throws `BAD_SEED` unless the seed has 32 bytes. */
  createSigner(seed: Uint8Array): Signer;
  /** Throws `BAD_KEY` for a key `checkPublicKey` refuses. Costs about 1 ms: keep the result. */
  createVerifier(publicKey: Uint8Array): Verifier;
}

/** Keys found sound, in hexadecimal: a configuration is read again at every start, its keys need not be judged again. */
const soundKeys = new Set<string>();
const SOUND_KEYS_MAX = 10_000;

/** Null if the 32 bytes may stand for a signer; otherwise `BAD_KEY` with the reason. */
export function checkPublicKey(publicKey: Uint8Array): LedgerError | null {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return badKey(`has ${publicKey.length} bytes, not 32`);
  const text = toHex(publicKey);
  if (soundKeys.has(text)) return null;
  const problem = problemOfPoint(publicKey);
  if (problem !== null) return problem;
  if (soundKeys.size >= SOUND_KEYS_MAX) soundKeys.clear();
  soundKeys.add(text);
  return null;
}

function problemOfPoint(publicKey: Uint8Array): LedgerError | null {
  const point = decodePoint(publicKey);
  if (point === null) return badKey('is not the canonical encoding of a point');
  if (point.isSmallOrder()) return badKey('is of small order');
  if (!point.isTorsionFree()) return badKey('has a torsion component');
  return null;
}

/** R canonical and torsion-free: the part of the rule that needs curve arithmetic. */
export function isTorsionFreeR(signature: Uint8Array): boolean {
  return decodePoint(signature.subarray(0, 32))?.isTorsionFree() ?? false;
}

/** The cheap part of the rule on signatures: length, S < L, R a reduced encoding. */
export function isCanonicalSignature(signature: Uint8Array): boolean {
  return (
    signature.length === SIGNATURE_BYTES &&
    isBelow(signature, 32, ORDER_LITTLE_ENDIAN, 0xff) &&
    isBelow(signature, 0, PRIME_LITTLE_ENDIAN, 0x7f) &&
    !isNegativeZero(signature)
  );
}

// L = 2^252 + 27742317777372353535851937790883648493 and p = 2^255 - 19, least significant byte first.
const ORDER_LITTLE_ENDIAN = Uint8Array.from([
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
]);
const PRIME_LITTLE_ENDIAN = Uint8Array.from([0xed, ...new Array<number>(30).fill(0xff), 0x7f]);

function isBelow(
  bytes: Uint8Array,
  offset: number,
  bound: Uint8Array,
  topByteMask: number,
): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = bytes[offset + i]! & (i === 31 ? topByteMask : 0xff);
    if (byte !== bound[i]) return byte < bound[i]!;
  }
  return false;
}

/** x = 0 (that is y = 1 or y = p - 1) with the sign bit of x set: two more spellings to refuse. */
function isNegativeZero(encodedPoint: Uint8Array): boolean {
  if ((encodedPoint[31]! & 0x80) === 0) return false;
  return isY(encodedPoint, 0x01, 0x00, 0x00) || isY(encodedPoint, 0xec, 0xff, 0x7f);
}

function isY(encodedPoint: Uint8Array, first: number, middle: number, last: number): boolean {
  if (encodedPoint[0] !== first || (encodedPoint[31]! & 0x7f) !== last) return false;
  for (let i = 1; i < 31; i++) if (encodedPoint[i] !== middle) return false;
  return true;
}

function decodePoint(bytes: Uint8Array) {
  try {
    return ed25519.Point.fromBytes(bytes, false);
  } catch {
    return null;
  }
}

function badKey(why: string): LedgerError {
  return new LedgerError('BAD_KEY', `this Ed25519 public key ${why}`);
}
