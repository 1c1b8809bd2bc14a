import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyOf } from '../src/small-copies.ts';

test('copies are the bytes, and nobody who writes into one touches another', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const originals = lengths.map((length, at) => new Uint8Array(length).fill(at + 1));
      const copies = originals.map(copyOf);
      expect(copies).toEqual(originals);
      for (const copy of copies) copy.fill(0xff);
      for (const [at, length] of lengths.entries()) {
        expect(originals[at]).toEqual(new Uint8Array(length).fill(at + 1));
        expect(copies[at]).toEqual(new Uint8Array(length).fill(0xff));
        copies[at]!.fill(0);
      }
    }),
    { numRuns: 30 },
  );
});
