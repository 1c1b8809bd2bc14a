/**
 * Signatures as a keyed hash: what signing and verifying mean to the cluster, without the price of a curve.
 *
 * Public keys are real ones, because the ledger refuses any other; a signature is a hash over key and message, twice 32
 * bytes. Nobody in the simulator forges, so knowing the key is no breach. One seed in a hundred runs on real Ed25519.
 */
import { hash } from 'node:crypto';
import type { Crypto, Signer } from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';

const SIGNATURE_BYTES = 64;

function keyedHash(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const keyed = new Uint8Array(publicKey.length + message.length);
  keyed.set(publicKey);
  keyed.set(message, publicKey.length);
  const text = hash('sha256', keyed, 'binary');
  const signature = new Uint8Array(SIGNATURE_BYTES);
  for (let at = 0; at < 32; at++) signature[at] = signature[at + 32] = text.charCodeAt(at);
  return signature;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
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
  ...nodeCrypto,
  createSigner: (seed) => {
    const publicKey = publicKeyOf(seed);
    return { publicKey, sign: (message) => keyedHash(publicKey, message) };
  },
  createVerifier: (publicKey) => ({
    publicKey,
    verify: (message, signature) => isSame(signature, keyedHash(publicKey, message)),
  }),
};

/** The signer of the orderer with this number: the same in every run. */
export function signerOf(crypto: Crypto, number: number): Signer {
  return crypto.createSigner(new Uint8Array(32).fill(number));
}
