import { LedgerError } from '@cairn/ledger';
import { nkeys } from 'nats';
import { expect, test } from 'vitest';
import { createNkey, publicKeyOfSeed } from '../src/index.ts';

test('a login key is one that the NATS library reads the same way', () => {
  const key = createNkey();
  const pair = nkeys.fromSeed(new TextEncoder().encode(key.seed));
  expect(pair.getPublicKey()).toBe(key.publicKey);
  expect(publicKeyOfSeed(`${key.seed}\n`)).toBe(key.publicKey);
  expect(createNkey().seed).not.toBe(key.seed);
});

test('a seed that is none is refused without being repeated', () => {
  const seed = createNkey().seed.slice(0, -1);
  expect(() => publicKeyOfSeed(seed)).toThrow(LedgerError);
  expect(() => publicKeyOfSeed(seed)).not.toThrow(seed);
});
