import fc from 'fast-check';
import { expect, test } from 'vitest';
import { putsForIndex } from '../src/index-batch.ts';
import { transactionKey } from '../src/keys.ts';
import { sealTransaction } from '../src/records.ts';

const record = fc.record({
  id: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 }),
  block: fc.maxSafeNat(),
  index: fc.nat({ max: 5_000 }),
  leaf: fc.uint8Array({ minLength: 16, maxLength: 32 }),
});

test('a batch has the bytes of single records, sorted by id', () => {
  const records = fc.uniqueArray(record, { selector: ({ id }) => id, maxLength: 20 });
  fc.assert(
    fc.property(records, fc.nat(), (batch, slot) => {
      const single = batch.map((one) => {
        const key = transactionKey(slot, one.id);
        return {
          type: 'put',
          key: Buffer.from(key),
          value: Buffer.from(sealTransaction(key, one)),
        };
      });
      single.sort((one, other) => Buffer.compare(one.key, other.key));
      const puts = putsForIndex(slot, batch).map((put) =>
        put.type === 'put'
          ? { ...put, key: Buffer.from(put.key), value: Buffer.from(put.value) }
          : put,
      );
      expect(puts).toEqual(single);
    }),
  );
});
