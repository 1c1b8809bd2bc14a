/**
 * The portable implementation of `Crypto`, on the noble libraries. Slower than Node's (Ed25519 by
 * 14 to 16 times, SHA-256 by up to 10), the same everywhere.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  type Crypto,
  checkPublicKey,
  isCanonicalSignature,
  isTorsionFreeR,
  type Signer,
  type Verifier,
} from './crypto.ts';
import { LedgerError } from './errors.ts';
import { SEED_BYTES } from './limits.ts';

export const nobleCrypto: Crypto = {
  sha256: (data) => sha256(data),
  sha256Into: (data, target, offset) => target.set(sha256(data), offset),
  createSigner,
  createVerifier,
};

function createSigner(seed: Uint8Array): Signer {
  if (seed.length !== SEED_BYTES) throw new LedgerError('BAD_SEED', 'a seed has 32 bytes');
  const secret = Uint8Array.from(seed);
  return {
    publicKey: ed25519.getPublicKey(secret),
    sign: (message) => ed25519.sign(message, secret),
  };
}

function createVerifier(publicKey: Uint8Array): Verifier {
  const refusal = checkPublicKey(publicKey);
  if (refusal !== null) throw refusal;
  const key = Uint8Array.from(publicKey);
  return {
    publicKey: key,
    verify: (message, signature) =>
      isCanonicalSignature(signature) &&
      ed25519.verify(signature, message, key, { zip215: false }) &&
      isTorsionFreeR(signature),
  };
}
