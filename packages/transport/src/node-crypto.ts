/**
 * `Crypto` of the ledger on node:crypto, for the hot path: the same bytes and the same verdicts as
 * noble's, 14 to 16 times faster for Ed25519 and up to 10 for SHA-256.
 *
 * What OpenSSL accepts and noble does not, or the other way round, is refused by the ledger's own
 * rules before OpenSSL is asked: keys by `checkPublicKey`, signatures by `isCanonicalSignature`.
 */
import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  sign as signEd25519,
  verify as verifyEd25519,
} from 'node:crypto';
import {
  type Crypto,
  checkPublicKey,
  isCanonicalSignature,
  LedgerError,
  SEED_BYTES,
  type Signer,
  type Verifier,
} from '@cairn/ledger';

const HASH_BYTES = 32;

// RFC 8410: everything of a PKCS#8 seed and of an SPKI public key but the 32 bytes at the end.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export const nodeCrypto: Crypto = { sha256, sha256Into, createSigner, createVerifier };

function sha256(data: Uint8Array): Uint8Array {
  const target = new Uint8Array(HASH_BYTES);
  sha256Into(data, target, 0);
  return target;
}

/** A string result is twice as fast as a Buffer on Node 20; `binary` (latin1) beats hex by a fifth. */
function sha256Into(data: Uint8Array, target: Uint8Array, offset: number): void {
  const text = hash('sha256', data, 'binary');
  for (let i = 0; i < HASH_BYTES; i++) target[offset + i] = text.charCodeAt(i);
}

function createSigner(seed: Uint8Array): Signer {
  if (seed.length !== SEED_BYTES) throw new LedgerError('BAD_SEED', 'a seed has 32 bytes');
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return { publicKey: publicBytes(key), sign: (message) => plain(signEd25519(null, message, key)) };
}

function createVerifier(publicKey: Uint8Array): Verifier {
  const refusal = checkPublicKey(publicKey);
  if (refusal !== null) throw refusal;
  const der = Buffer.concat([SPKI_PREFIX, publicKey]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(publicKey),
    verify: (message, signature) =>
      isCanonicalSignature(signature) && verifyEd25519(null, message, key, signature),
  };
}

function publicBytes(key: KeyObject): Uint8Array {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return Uint8Array.from(der.subarray(SPKI_PREFIX.length));
}

/** The same bytes as a plain `Uint8Array`, so that callers never depend on Buffer. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
