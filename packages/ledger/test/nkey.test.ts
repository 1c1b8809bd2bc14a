import { decodeKey, decodeSeed, encodeKey, encodeSeed, fromHex } from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

describe('keys as text', () => {
  test('every key and seed reads back, with the right beginning and length', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        expect(encodeKey(bytes)).toMatch(/^U[A-Z2-7]{55}$/);
        expect(encodeSeed(bytes)).toMatch(/^SU[A-Z2-7]{56}$/);
        expect(decodeKey(encodeKey(bytes))).toEqual(bytes);
        expect(decodeSeed(encodeSeed(bytes))).toEqual(bytes);
      }),
    );
  });

  test('one changed character is always noticed', () => {
    fc.assert(
      fc.property(bytes32, fc.nat(57), fc.nat(31), (bytes, position, letter) => {
        for (const [text, decode] of [
          [encodeKey(bytes), decodeKey],
          [encodeSeed(bytes), decodeSeed],
        ] as const) {
          const at = position % text.length;
          if (text[at] === ALPHABET[letter]) continue;
          const changed = text.slice(0, at) + ALPHABET[letter] + text.slice(at + 1);
          expect(decode(changed)).toBeInstanceOf(Error);
        }
      }),
    );
  });

  test('other spellings are refused', () => {
    const key = encodeKey(new Uint8Array(32));
    const seed = encodeSeed(new Uint8Array(32));
    for (const text of ['', key.toLowerCase(), `${key}=`, key.slice(0, -1), ` ${key}`, seed]) {
      expectReturned(decodeKey(text), 'BAD_KEY');
    }
    for (const text of ['', seed.toLowerCase(), `${seed}=`, `${seed}A`, key]) {
      expectReturned(decodeSeed(text), 'BAD_SEED');
    }
  });

  test('unused bits at the end of a seed are zero', () => {
    const seed = encodeSeed(new Uint8Array(32).fill(7));
    const last = ALPHABET.indexOf(seed.at(-1)!);
    for (const bits of [1, 2, 3]) {
      expectReturned(decodeSeed(seed.slice(0, -1) + ALPHABET[last | bits]), 'BAD_SEED');
    }
  });

  test('agrees with the nkeys library of NATS', () => {
    // Made with nkeys.js 1.1.0 from the seed 00 01 02 ... 1f.
    const seed = Uint8Array.from({ length: 32 }, (_, i) => i);
    const publicKey = fromHex('03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8');
    expect(encodeSeed(seed)).toBe('SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y');
    expect(encodeKey(publicKey)).toBe('UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK');
  });

  test('only 32 bytes are a key or a seed', () => {
    expectThrown(() => encodeKey(new Uint8Array(31)), 'BAD_KEY');
    expectThrown(() => encodeSeed(new Uint8Array(33)), 'BAD_SEED');
  });

  test('a refused seed is not repeated in the message', () => {
    const text = `SU${'A'.repeat(56)}`;
    expect(String(decodeSeed(text))).not.toContain(text.slice(2, 12));
  });
});
