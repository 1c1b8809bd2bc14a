import { txIdUuidV7 } from '@cairn/ledger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectThrown } from './expect-code.ts';

test('the example of RFC 9562 comes out', () => {
  const random = Uint8Array.from(Buffer.from('0cc318c4dc0c0c07398f', 'hex'));
  expect(txIdUuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('every id has the form of a version 7 UUID and sorts by time', () => {
  const time = fc.nat(2 ** 48 - 1);
  const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(time, time, random, random, (earlier, later, left, right) => {
      const id = txIdUuidV7(earlier, left);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      if (earlier < later) expect(id < txIdUuidV7(later, right)).toBe(true);
    }),
  );
});

test('the random bytes stay as they were', () => {
  const random = new Uint8Array(10).fill(255);
  txIdUuidV7(0, random);
  expect(random).toEqual(new Uint8Array(10).fill(255));
});

test('the random bytes may lie anywhere in a larger draw', () => {
  const draw = fc.uint8Array({ minLength: 10, maxLength: 60 });
  fc.assert(
    fc.property(fc.nat(2 ** 48 - 1), draw, fc.nat(), (nowMs, drawn, place) => {
      const start = place % (drawn.length - 9);
      const alone = txIdUuidV7(nowMs, drawn.slice(start, start + 10));
      expect(txIdUuidV7(nowMs, drawn, start)).toBe(alone);
    }),
  );
});

test('an id stays what it was when the next one is made', () => {
  const first = txIdUuidV7(1, new Uint8Array(10).fill(1));
  txIdUuidV7(2, new Uint8Array(10).fill(2));
  expect(first).toBe('00000000-0001-7101-8101-010101010101');
});

test('a time or randomness of the wrong size is refused', () => {
  for (const nowMs of [-1, 0.5, 2 ** 48]) {
    expectThrown(() => txIdUuidV7(nowMs, new Uint8Array(10)), 'BAD_TIME');
  }
  expectThrown(() => txIdUuidV7(0, new Uint8Array(9)), 'BAD_TX_ID');
  expectThrown(() => txIdUuidV7(0, new Uint8Array(20), 11), 'BAD_TX_ID');
  expectThrown(() => txIdUuidV7(0, new Uint8Array(20), -1), 'BAD_TX_ID');
});
