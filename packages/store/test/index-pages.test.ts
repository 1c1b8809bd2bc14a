import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DiskOperation } from '../src/disk.ts';
import {
  findRecord,
  greatestOf,
  type IndexPage,
  lowerOf,
  operationsForIndex,
  PAGE_BYTES_MAX,
  readPage,
  recordsOf,
} from '../src/index-pages.ts';
import { runOf } from '../src/index-run.ts';
import { transactionKey } from '../src/keys.ts';
import type { IndexSource } from '../src/types.ts';
import { sourceOf } from './support/index-batch.ts';

const SLOT = 3;

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

const leafOf = (name: string) => new Uint8Array(32).fill(name.charCodeAt(name.length - 1));

/** A batch as one source a block, of up to 100 ids each. */
function sourcesOf(ids: readonly string[], block: number): IndexSource[] {
  const part = ids.slice(0, 100);
  if (part.length === 0) return [];
  const source = sourceOf(block, part, (position) => leafOf(part[position]!));
  return [source, ...sourcesOf(ids.slice(100), block + 1)];
}

const runOfIds = (ids: readonly string[], block = 1) =>
  runOf({ mark: 0, sources: sourcesOf(ids, block) });

const NOTHING = { lastKey: null, pageFor: () => null };
const place = (position: number) => `0000000100000002${String(position).padStart(8, '0')}`;

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

  index(batch: readonly string[], block = 1): void {
    const pages = this.all();
    const last = pages.at(-1);
    const operations = operationsForIndex(SLOT, runOfIds(batch, block), {
      lastKey: last?.key ?? null,
      pageFor: (key) => pages.find((page) => Buffer.compare(page.key, key) >= 0) ?? last ?? null,
    });
    this.apply(operations);
  }
}

describe('pages of the index', () => {
  test('hold every id of every batch once, in order, and tile the ids without a gap', () => {
    fc.assert(
      fc.property(batches, (parts) => {
        const disk = new Pages();
        const wanted = new Map<string, object>();
        for (const [at, part] of parts.entries()) {
          disk.index(part, 10 * at);
          for (const [place, id] of part.entries()) {
            const block = 10 * at + Math.floor(place / 100);
            wanted.set(id, { block, index: place % 100, leaf16: leafOf(id).slice(0, 16) });
          }
        }
        const pages = disk.all();
        expect(pages.flatMap(recordsOf)).toEqual(
          [...wanted.keys()].sort().map((id) => ({ id, ...wanted.get(id) })),
        );
        expect(pages.map(lowerOf)).toEqual(['', ...pages.map(greatestOf)].slice(0, pages.length));
      }),
    );
  });

  test('find each of their ids and no other', () => {
    fc.assert(
      fc.property(batches, ([first = ['a'], ...others]) => {
        const disk = new Pages();
        disk.index(first);
        const pages = disk.all();
        const find = (id: string) =>
          pages.map((page) => findRecord(page, transactionKey(SLOT, id))).filter(Boolean);
        expect(first.map((id) => find(id).length)).toEqual(first.map(() => 1));
        expect(others.flat().flatMap(find)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('have these very bytes', () => {
    const [put] = operationsForIndex(SLOT, runOfIds(['b', 'a~'], 0x1_0000_0002), NOTHING);
    if (put?.type !== 'put') throw new Error('one page is put');
    expect(Buffer.from(put.key).toString('hex')).toBe('10000000035862');
    const records = [`02617e${place(1)}${'7e'.repeat(16)}`, `0162${place(0)}${'62'.repeat(16)}`];
    expect(Buffer.from(put.value).toString('hex')).toBe(`000002${records.join('')}ade65606`);
  });

  test('refuse an id that is there already', () => {
    const disk = new Pages();
    disk.index(['a', 'b', 'c']);
    for (const id of ['a', 'b', 'c']) {
      expect(() => disk.index([id])).toThrow(/an id is in the index once/);
      expect(() => disk.index(['0', id, 'd'])).toThrow(/an id is in the index once/);
    }
  });

  test('keep time-ordered ids in full pages', () => {
    const disk = new Pages();
    const name = (at: number) => `0199aaaa-0000-7000-8000-${String(at).padStart(12, '0')}`;
    for (let from = 0; from < 5_000; from += 500) {
      disk.index(Array.from({ length: 500 }, (_, at) => name(from + at)));
    }
    const sizes = disk.all().map(({ count }) => count);
    expect(sizes.length).toBeLessThan(220);
  });

  test('are refused when a bit has flipped anywhere in key or value', () => {
    const [put] = operationsForIndex(SLOT, runOfIds(['a', 'bb', 'ccc']), NOTHING);
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
