import { type Crypto, LedgerError, nobleCrypto } from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const bytes = fc.uint8Array({ maxLength: 300 });
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
const few = { numRuns: 30 };

function verdictOn(crypto: Crypto, key: Uint8Array, message: Uint8Array, signed: Uint8Array) {
  try {
    return crypto.createVerifier(key).verify(message, signed);
  } catch (error) {
    return error instanceof LedgerError ? error.code : error;
  }
}

function sameVerdict(key: Uint8Array, message: Uint8Array, signed: Uint8Array): unknown {
  const verdict = verdictOn(nodeCrypto, key, message, signed);
  expect(verdict).toEqual(verdictOn(nobleCrypto, key, message, signed));
  return verdict;
}

describe('node:crypto and noble', () => {
  test('hash to the same 32 bytes', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(nodeCrypto.sha256(data)).toEqual(nobleCrypto.sha256(data));
      }),
    );
  });

  test('hash a slice of a larger buffer, into a place in another', () => {
    const buffer = Uint8Array.from({ length: 100 }, (_, i) => i);
    for (const crypto of [nodeCrypto, nobleCrypto]) {
      const target = new Uint8Array(40).fill(7);
      crypto.sha256Into(buffer.subarray(10, 20), target, 5);
      expect(target.subarray(5, 37)).toEqual(nobleCrypto.sha256(buffer.slice(10, 20)));
      expect([...target.subarray(0, 5), ...target.subarray(37)]).toEqual(new Array(8).fill(7));
    }
  });

  test('derive the same key and make the same signature, which both accept', () => {
    fc.assert(
      fc.property(seed, bytes, (secret, message) => {
        const ours = nodeCrypto.createSigner(secret);
        const theirs = nobleCrypto.createSigner(secret);
        expect(ours.publicKey).toEqual(theirs.publicKey);
        expect(ours.sign(message)).toEqual(theirs.sign(message));
        expect(sameVerdict(ours.publicKey, message, ours.sign(message))).toBe(true);
      }),
      few,
    );
  });

  test('give the same verdict on damaged keys, messages and signatures', () => {
    const flip = fc.nat(8 * (32 + 64 + 5) - 1);
    fc.assert(
      fc.property(seed, flip, (secret, bit) => {
        const signer = nodeCrypto.createSigner(secret);
        const message = new TextEncoder().encode('cairn');
        const all = Uint8Array.from([...signer.publicKey, ...signer.sign(message), ...message]);
        all[bit >> 3]! ^= 1 << (bit & 7);
        const [key, signed] = [all.subarray(0, 32), all.subarray(32, 96)];
        expect(sameVerdict(key, all.subarray(96), signed)).not.toBe(true);
      }),
      few,
    );
  });

  test('give the same verdict on arbitrary keys and signatures of any length', () => {
    fc.assert(
      fc.property(seed, bytes, fc.oneof(signature, bytes), (key, message, signed) => {
        sameVerdict(key, message, signed);
      }),
      few,
    );
  });

  test('refuse a seed or key of another length', () => {
    for (const crypto of [nodeCrypto, nobleCrypto]) {
      expect(() => crypto.createSigner(new Uint8Array(31))).toThrow(LedgerError);
      expect(() => crypto.createVerifier(new Uint8Array(33))).toThrow(LedgerError);
    }
  });
});

test('results are plain Uint8Arrays', () => {
  const signer = nodeCrypto.createSigner(new Uint8Array(32));
  const results = [
    nodeCrypto.sha256(signer.publicKey),
    signer.publicKey,
    signer.sign(new Uint8Array(1)),
  ];
  for (const result of results) expect(result.constructor).toBe(Uint8Array);
});
