import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DiskOperation } from '../src/disk.ts';
import {
  greatestOf,
  type IndexPage,
  operationsForIndex,
  PAGE_BYTES_MAX,
  readPage,
} from '../src/index-pages.ts';
import type { IndexRecord } from '../src/types.ts';

const id = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: 64 })
  .map((codes) => String.fromCharCode(...codes));

const batches = fc.uniqueArray(id, { maxLength: 300 }).chain((ids) =>
  fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 6 }).map((sizes) => {
    const parts: string[][] = [];
    let at = 0;
    for (const size of sizes) {
      parts.push(ids.slice(at, at + size + 1));
      at += size + 1;
    }
    return [...parts, ids.slice(at)].filter((part) => part.length > 0);
  }),
);

function recordOf(name: string): IndexRecord {
  return { id: name, block: name.length * 7, index: name.charCodeAt(0), leaf: leafOf(name) };
}

const leafOf = (name: string) => new Uint8Array(32).fill(name.charCodeAt(name.length - 1));

/** What the operations leave on a disk. */
class Pages {
  readonly #values = new Map<string, { key: Uint8Array; value: Uint8Array }>();

  apply(operations: readonly DiskOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'removeRange') throw new Error('no ranges are removed');
      const name = Buffer.from(operation.key).toString('latin1');
      if (operation.type === 'remove') expect(this.#values.delete(name)).toBe(true);
      else this.#values.set(name, operation);
    }
  }

  all(): IndexPage[] {
    const names = [...this.#values.keys()].sort();
    return names.map((name) => {
      const { key, value } = this.#values.get(name)!;
      expect(value.length).toBeLessThan(2 * PAGE_BYTES_MAX);
      return readPage(key, value)!;
    });
  }

  index(batch: readonly string[]): void {
    const pages = this.all();
    const last = pages.at(-1);
    const operations = operationsForIndex(3, batch.map(recordOf), {
      greatestId: last === undefined ? null : greatestOf(last),
      pageFor: (wanted) => pages.find((page) => greatestOf(page) >= wanted) ?? last ?? null,
    });
    this.apply(operations);
  }
}

describe('pages of the index', () => {
  test('hold every id of every batch once, in order, and tile the ids without a gap', () => {
    fc.assert(
      fc.property(batches, (parts) => {
        const disk = new Pages();
        for (const part of parts) disk.index(part);
        const pages = disk.all();
        const found = pages.flatMap((page) => page.records.map((record) => record.id));
        expect(found).toEqual(parts.flat().sort());
        expect(pages.map(({ lower }) => lower)).toEqual(
          ['', ...pages.map(greatestOf)].slice(0, pages.length),
        );
        for (const record of pages.flatMap((page) => page.records)) {
          const wanted = recordOf(record.id);
          expect(record).toEqual({ ...wanted, leaf: wanted.leaf.slice(0, 16) });
        }
      }),
    );
  });

  test('refuse an id that is there already', () => {
    const disk = new Pages();
    disk.index(['a', 'b', 'c']);
    expect(() => disk.index(['b'])).toThrow(/an id is in the index once/);
  });

  test('keep time-ordered ids in full pages', () => {
    const disk = new Pages();
    const name = (at: number) => `0199aaaa-0000-7000-8000-${String(at).padStart(12, '0')}`;
    for (let from = 0; from < 5_000; from += 500) {
      disk.index(Array.from({ length: 500 }, (_, at) => name(from + at)));
    }
    const sizes = disk.all().map(({ records }) => records.length);
    expect(sizes.length).toBeLessThan(220);
  });

  test('are refused when a bit has flipped anywhere in key or value', () => {
    const [put] = operationsForIndex(3, ['a', 'bb', 'ccc'].map(recordOf), {
      greatestId: null,
      pageFor: () => null,
    });
    if (put?.type !== 'put') throw new Error('one page is put');
    expect(readPage(put.key, put.value)).not.toBeNull();
    for (const part of ['key', 'value'] as const) {
      for (let bit = 0; bit < put[part].length * 8; bit += 1) {
        const flipped = Uint8Array.from(put[part]);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const damaged = { key: put.key, value: put.value, [part]: flipped };
        expect(readPage(damaged.key, damaged.value)).toBeNull();
      }
    }
  });
});
