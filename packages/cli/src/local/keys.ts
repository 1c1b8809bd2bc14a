/**
 * Keys of a local cluster: two for each orderer and two for the client, a login key for NATS and a signing key.
 *
 * The broker may ask a login key to sign a nonce of its choosing, so that key signs nothing else. A seed that exists is
 * never replaced: it is the identity of its owner in every channel.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { decodeSeed, encodeKey, encodeSeed, nobleCrypto, orThrow } from '@cairn/ledger';
import { readSeedFile } from '@cairn/orderer/settings';
import { writeSecret } from './files.ts';
import type { Home } from './home.ts';

const SEED_BYTES = 32;

/** The public key (`U...`) of the seed in a file. */
export function publicKeyOf(seedFile: string): string {
  const seed = orThrow(decodeSeed(readSeedFile(seedFile)));
  return encodeKey(nobleCrypto.createSigner(seed).publicKey);
}

function makeSeed(path: string): boolean {
  if (existsSync(path)) return false;
  writeSecret(path, `${encodeSeed(randomBytes(SEED_BYTES))}\n`);
  return true;
}

/** Makes the seeds that are missing; returns how many that were. */
export function makeKeys(home: Home, names: readonly string[]): number {
  return names
    .flatMap((name) => [home.loginSeed(name), home.signingSeed(name)])
    .filter((path) => makeSeed(path)).length;
}
