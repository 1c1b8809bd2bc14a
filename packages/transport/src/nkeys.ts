/**
 * NATS login keys: Ed25519 pairs in the spelling of `nk`, so that the server's configuration holds only public keys.
 */
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { decodeSeed, encodeKey, encodeSeed, orThrow } from '@cairn/ledger';

export interface Nkey {
  /** `SU...`. Secret. */
  readonly seed: string;
  /** `U...` */
  readonly publicKey: string;
}

export function createNkey(): Nkey {
  const seed = encodeSeed(randomBytes(32));
  return { seed, publicKey: publicKeyOfSeed(seed) };
}

/** The `U...` of an `SU...` as read from a seed file; throws `BAD_SEED`, never repeating the text. */
export function publicKeyOfSeed(seed: string): string {
  const bytes = orThrow(decodeSeed(seed.trim()));
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), bytes]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return encodeKey(new Uint8Array(spki.subarray(-32)));
}
