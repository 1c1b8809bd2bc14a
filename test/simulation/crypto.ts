/**
 * Hashes and signatures that mean to the cluster what real ones mean, without the price of a curve or of SHA-256.
 *
 * Public keys are real ones, because the ledger refuses any other; everything else is a mix of eight 32-bit lanes, in which
 * every bit of the input reaches every lane. Two inputs of one hash would look like a broken promise: with 256 bits that
 * happens in no run of ours. Nobody in the simulator forges, so knowing how it is made is no breach. One seed in a hundred
 * runs on real SHA-256 and Ed25519.
 */
import type { Crypto, Signer } from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const LANES = 8;

const primes = Int32Array.from([
  0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1, 0xd3a2646d, 0xfd7046c5, 0xb55a4f09,
]);
/** Used by one hash at a time. */
const lanes = new Int32Array(LANES);

function mixIn(bytes: Uint8Array): void {
  const { length } = bytes;
  const whole = length - (length % 4);
  let lane = 0;
  let carried = length;
  for (let at = 0; at < whole; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    carried = mixWord(lane, word, carried);
    lane = (lane + 1) & (LANES - 1);
  }
  if (whole < length) mixWord(lane, lastWord(bytes, whole), carried);
}

/** Beyond the end there is 0, and the length is part of the mix. */
function lastWord(bytes: Uint8Array, from: number): number {
  let word = 0;
  for (let at = from; at < bytes.length; at++) word |= bytes[at]! << (8 * (at - from));
  return word;
}

/** What is carried stays an integer of 32 bits: a sum that grows beyond them would be kept as a float. */
function mixWord(lane: number, word: number, carried: number): number {
  const mixed = (Math.imul(lanes[lane]! ^ word ^ (carried >>> 15), primes[lane]!) + carried) | 0;
  lanes[lane] = mixed ^ (mixed >>> 13);
  return mixed;
}

/** Twice around, so that the last word reaches the first lane and every other. */
function stir(): void {
  let carried = lanes[LANES - 1]!;
  for (let step = 0; step < 2 * LANES; step++) {
    const lane = step & (LANES - 1);
    carried = Math.imul(carried ^ lanes[lane]! ^ (carried >>> 16), primes[lane]!);
    lanes[lane] = lanes[lane]! + (carried ^ (carried >>> 14));
  }
}

function writeLanes(target: Uint8Array, offset: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    const word = lanes[lane]!;
    const at = offset + 4 * lane;
    target[at] = word;
    target[at + 1] = word >>> 8;
    target[at + 2] = word >>> 16;
    target[at + 3] = word >>> 24;
  }
}

function hashInto(data: Uint8Array, target: Uint8Array, offset: number): void {
  lanes.set(primes);
  mixIn(data);
  stir();
  writeLanes(target, offset);
}

function hash(data: Uint8Array): Uint8Array {
  const target = new Uint8Array(HASH_BYTES);
  hashInto(data, target, 0);
  return target;
}

function signInto(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Uint8Array {
  lanes.set(primes);
  mixIn(publicKey);
  mixIn(message);
  stir();
  writeLanes(signature, 0);
  stir();
  writeLanes(signature, HASH_BYTES);
  return signature;
}

/** What a signature is compared with: used by one check at a time. */
const expected = new Uint8Array(SIGNATURE_BYTES);

function isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  signInto(publicKey, message, expected);
  for (let at = 0; at < SIGNATURE_BYTES; at++) if (signature[at] !== expected[at]) return false;
  return true;
}

/** Keys are drawn once a process: making one costs more than a simulated second. */
const publicKeys = new Map<string, Uint8Array>();

function publicKeyOf(seed: Uint8Array): Uint8Array {
  const name = Buffer.from(seed).toString('hex');
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  const { publicKey } = nodeCrypto.createSigner(seed);
  publicKeys.set(name, publicKey);
  return publicKey;
}

export const keyedHashCrypto: Crypto = {
  sha256: hash,
  sha256Into: hashInto,
  createSigner: (seed) => {
    const publicKey = publicKeyOf(seed);
    return {
      publicKey,
      sign: (message) => signInto(publicKey, message, new Uint8Array(SIGNATURE_BYTES)),
    };
  },
  createVerifier: (publicKey) => ({
    publicKey,
    verify: (message, signature) => isSigned(publicKey, message, signature),
  }),
};

/** The signer of the orderer with this number: the same in every run. */
export function signerOf(crypto: Crypto, number: number): Signer {
  return crypto.createSigner(new Uint8Array(HASH_BYTES).fill(number));
}
