/** Both implementations give the same, fixed verdict on every edge case of Ed25519. */
import { readFileSync } from 'node:fs';
import {
  type Crypto,
  checkPublicKey,
  fromHex,
  LedgerError,
  nobleCrypto,
  toHex,
} from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import { describe, expect, test } from 'vitest';

interface Ed25519Vectors {
  readonly seed: string;
  readonly keys: readonly { name: string; publicKey: string; accepted: boolean }[];
  readonly signatures: readonly {
    name: string;
    message: string;
    signature: string;
    accepted: boolean;
  }[];
}

const path = new URL('./ed25519.json', import.meta.url);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Ed25519Vectors;
const signerKey = fromHex(vectors.keys[0]!.publicKey);

const implementations: [string, Crypto][] = [
  ['noble', nobleCrypto],
  ['node:crypto', nodeCrypto],
];

describe.each(implementations)('%s', (_, crypto) => {
  const verifier = crypto.createVerifier(signerKey);

  test('derives the key of the seed', () => {
    const signer = crypto.createSigner(fromHex(vectors.seed));
    expect(toHex(signer.publicKey)).toBe(vectors.keys[0]!.publicKey);
  });

  test.each(vectors.keys)('key: $name', ({ publicKey, accepted }) => {
    const key = fromHex(publicKey);
    expect(checkPublicKey(key) === null).toBe(accepted);
    if (accepted) expect(crypto.createVerifier(key).publicKey).toEqual(key);
    else expect(() => crypto.createVerifier(key)).toThrow(LedgerError);
  });

  test.each(vectors.signatures)('signature: $name', ({ message, signature, accepted }) => {
    expect(verifier.verify(fromHex(message), fromHex(signature))).toBe(accepted);
  });
});
