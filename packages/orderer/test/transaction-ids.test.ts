import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TransactionIds } from '../src/transaction-ids.ts';
import { blockOf, encoded } from './support/desk.ts';

function block(number: number, ids: readonly string[]) {
  return blockOf(
    ids.map((id) => encoded(id, 'x')),
    number,
  );
}

function find(ids: TransactionIds, id: string) {
  const bytes = Buffer.from(`--${id}--`);
  return ids.find(bytes, 2, id.length);
}

describe('the ids above the mark', () => {
  test('are found at their place, also far up', () => {
    const ids = new TransactionIds(7);
    ids.add(block(2 ** 39, ['a', 'b']));
    expect(find(ids, 'b')).toEqual({ block: 2 ** 39, index: 1 });
    expect(find(ids, 'c')).toBeUndefined();
  });

  test('of config blocks are not kept', () => {
    const ids = new TransactionIds(7);
    ids.add(blockOf([encoded('config-3', '{}')], 3, 'config'));
    expect(ids.count).toBe(0);
  });

  test('survive the removal of an older block that held them', () => {
    const ids = new TransactionIds(7);
    const before = block(4, ['a', 'b']);
    ids.add(before);
    ids.add(block(5, ['a']));
    ids.remove(before);
    expect(find(ids, 'a')).toEqual({ block: 5, index: 0 });
    expect(find(ids, 'b')).toBeUndefined();
  });

  test('are those of the log, whatever is appended and truncated', () => {
    const step = fc.record({
      cut: fc.nat(3),
      ids: fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const ids = new TransactionIds(7);
        const log: { number: number; ids: string[]; block: ReturnType<typeof block> }[] = [];
        for (const { cut, ids: wanted } of steps) {
          for (const gone of log.splice(Math.max(0, log.length - cut))) ids.remove(gone.block);
          const fresh = wanted.map((id) => `id-${id}`).filter((id) => find(ids, id) === undefined);
          if (fresh.length === 0) continue;
          const next = { number: log.length + 1, ids: fresh, block: block(log.length + 1, fresh) };
          log.push(next);
          ids.add(next.block);
          const all = log.flatMap((each) => each.ids);
          expect(ids.count).toBe(all.length);
          for (const each of log) {
            for (const [index, id] of each.ids.entries()) {
              expect(find(ids, id)).toEqual({ block: each.number, index });
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
