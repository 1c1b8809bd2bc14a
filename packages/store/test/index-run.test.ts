import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idOfRecord, placeOfRecord, recordEnd } from '../src/index-records.ts';
import { type IndexRun, runOf } from '../src/index-run.ts';
import type { IndexSource } from '../src/types.ts';
import { indexedBy, sourceOf } from './support/index-batch.ts';

const id = fc.stringMatching(/^[!-~]{1,64}$/);
const leaf = (position: number) => new Uint8Array(32).map((_, at) => position + at);

/** Blocks of ids, each with an order of positions that may be any. */
const sources = fc
  .uniqueArray(id, { maxLength: 200 })
  .chain((ids) =>
    fc.tuple(
      fc.constant(ids),
      fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
    ),
  )
  .map(([ids, sizes, isSorted]) => {
    const rest = [...ids];
    return sizes.map((size, at) => {
      const part = rest.splice(0, size);
      const order = [...part.keys()];
      if (isSorted) order.sort((one, other) => (part[one]! < part[other]! ? -1 : 1));
      return sourceOf(2 ** 40 + at, part, leaf, order);
    });
  });

function recordsIn({ bytes, start, end }: IndexRun) {
  const records = [];
  for (let at = start; at < end; at = recordEnd(bytes, at)) {
    records.push({ id: idOfRecord(bytes, at), ...placeOfRecord(bytes, at) });
  }
  return records;
}

const run = (...all: IndexSource[]) => runOf({ mark: 7, sources: all });

describe('the run of a batch', () => {
  test('has every transaction once, ascending, whatever the order of its sources', () => {
    fc.assert(
      fc.property(sources, (all) => {
        const wanted = indexedBy({ mark: 7, sources: all })
          .map((record) => ({ ...record, leaf16: Uint8Array.from(record.leaf.subarray(0, 16)) }))
          .map(({ leaf: _, ...record }) => record)
          .sort((one, other) => (one.id < other.id ? -1 : 1));
        const found = run(...all);
        expect(recordsIn(found)).toEqual(wanted);
        expect(found.count).toBe(wanted.length);
        expect(found.greatestId).toBe(wanted.at(-1)?.id ?? null);
        expect(found.blocks).toEqual(all.map(({ block }) => block));
      }),
    );
  });

  test('keeps no byte of its sources', () => {
    const source = sourceOf(1, ['a', 'b'], leaf);
    const found = run(source);
    const before = recordsIn(found);
    source.ids.bytes.fill(0);
    source.leaves.fill(0);
    expect(recordsIn(found)).toEqual(before);
  });

  test('is refused with an id twice, in one block or in two', () => {
    const twice = /an id is in the index once/;
    expect(() => run(sourceOf(1, ['b', 'a', 'b'], leaf))).toThrow(twice);
    expect(() => run(sourceOf(1, ['a', 'b'], leaf), sourceOf(2, ['b', 'c'], leaf))).toThrow(twice);
    expect(() => run(sourceOf(1, ['a', 'b'], leaf, [1, 1]))).toThrow(twice);
  });

  test('is refused with an order that leaves a transaction out or names one that is not there', () => {
    expect(() => run(sourceOf(1, ['a', 'b'], leaf, [0]))).toThrow(/every transaction/);
    expect(() => run(sourceOf(1, ['a', 'b'], leaf, [0, 2]))).toThrow(/printable ASCII/);
  });

  test('is refused with leaves that are too few', () => {
    const source = sourceOf(1, ['a', 'b'], leaf);
    const leaves = source.leaves.subarray(0, 63);
    expect(() => run({ ...source, leaves })).toThrow(/16 bytes of the leaf/);
  });

  test('is refused with a block number that is none', () => {
    for (const block of [-1, 0.5, 2 ** 53]) {
      expect(() => run(sourceOf(block, ['a'], leaf))).toThrow(/unsigned safe integer/);
    }
  });

  test('is refused with any byte that is not printable, anywhere in an id of any length', () => {
    const length = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(length, fc.nat({ max: 63 }), fc.nat({ max: 255 }), (bytes, at, byte) => {
        const text = 'x'
          .repeat(bytes)
          .split('')
          .with(at % bytes, String.fromCharCode(byte));
        const attempt = () => run(sourceOf(1, [text.join('')], leaf));
        if (byte >= 0x21 && byte <= 0x7e) expect(attempt).not.toThrow();
        else expect(attempt).toThrow(/1 to 64 bytes of printable ASCII/);
      }),
      { numRuns: 1_000 },
    );
    expect(() => run(sourceOf(1, [''], leaf))).toThrow(/1 to 64 bytes/);
    expect(() => run(sourceOf(1, ['x'.repeat(65)], leaf))).toThrow(/1 to 64 bytes/);
  });
});
