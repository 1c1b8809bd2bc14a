import { type Block, leavesOf } from '@cairn/ledger';
import type { IndexBatch } from '@cairn/store';
import { nodeCrypto } from '@cairn/transport';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IndexBacklog } from '../src/index-backlog.ts';
import { blockOf, encoded } from './support/desk.ts';

const limits = { batchTransactions: 10, batchBytes: 4_000, batchDelayMs: 1_000 };

function blocks(from: number, count: number, transactions = 1, payloadBytes = 10): Block[] {
  return Array.from({ length: count }, (_, at) =>
    blockOf(
      Array.from({ length: transactions }, (_, each) =>
        encoded(`${from + at}-${each}`, 'x'.repeat(payloadBytes)),
      ),
      from + at,
    ),
  );
}

function backlogOf(...all: Block[]): IndexBacklog {
  const backlog = new IndexBacklog(limits);
  for (const block of all) backlog.add(block, 0);
  return backlog;
}

/** In the order of the blocks and of the positions in them. */
function indexedIds({ sources }: IndexBatch): string[] {
  return sources.flatMap(({ ids, order }) => {
    const inOrder = Array.from(order, (at) =>
      Buffer.from(ids.bytes).toString(
        'latin1',
        ids.idStarts[at],
        ids.idStarts[at]! + ids.idLengths[at]!,
      ),
    );
    expect(inOrder).toEqual(inOrder.toSorted());
    return Array.from(inOrder, (_, at) => inOrder[order.indexOf(at)]!);
  });
}

describe('the index backlog', () => {
  test('is due by transactions, by bytes and by time, and not twice at once', () => {
    expect(backlogOf().isDue(1e9)).toBe(false);
    expect(backlogOf(...blocks(1, 9)).isDue(999)).toBe(false);
    expect(backlogOf(...blocks(1, 9)).isDue(1_000)).toBe(true);
    expect(backlogOf(...blocks(1, 10)).isDue(0)).toBe(true);
    expect(backlogOf(...blocks(1, 1, 1, 4_000)).isDue(0)).toBe(true);
    const staged = backlogOf(...blocks(1, 10));
    staged.stage(nodeCrypto);
    expect(staged.isDue(1e9)).toBe(false);
    expect(() => staged.stage(nodeCrypto)).toThrow(/one index batch/);
  });

  test('refuses a gap', () => {
    const backlog = backlogOf(...blocks(1, 1));
    expect(() => backlog.add(blocks(3, 1)[0]!, 0)).toThrow(/without gaps/);
  });

  test('finds its blocks by number and nothing else', () => {
    const backlog = backlogOf(...blocks(5, 3));
    const found = [4, 5, 7, 8].map((number) => backlog.find(number as never)?.header.number);
    expect(found).toEqual([undefined, 5, 7, undefined]);
  });

  test('does not index config blocks, but counts them', () => {
    const config = blockOf([encoded('config-2', '{}')], 2, 'config');
    const backlog = backlogOf(blocks(1, 1)[0]!, config, blocks(3, 1)[0]!);
    const batch = backlog.stage(nodeCrypto);
    expect(batch.mark).toBe(3);
    expect(indexedIds(batch)).toEqual(['1-0', '3-0']);
    expect(backlog.staged(0)).toHaveLength(3);
    expect(backlog.blocks).toBe(0);
  });

  test('hands out the bytes of its blocks and the places in them', () => {
    const block = blockOf(
      ['b', 'a', 'c'].map((id) => encoded(id, id)),
      4,
    );
    const [source, ...others] = backlogOf(block).stage(nodeCrypto).sources;
    expect(others).toEqual([]);
    expect(source!.block).toBe(4);
    expect(source!.ids).toBe(block.body);
    expect([...source!.order]).toEqual([1, 0, 2]);
    expect(source!.leaves).toBe(leavesOf(nodeCrypto, block));
    expect(block.body.ids).toBeUndefined();
  });

  test('never leaves a whole batch of bytes behind, however much arrived at once', () => {
    const backlog = backlogOf(...blocks(1, 40, 10, 60));
    backlog.stage(nodeCrypto);
    backlog.staged(0);
    const left = Array.from({ length: 40 }, (_, at) => backlog.find((at + 1) as never));
    const bytes = left.reduce((sum, block) => sum + (block?.bytes.length ?? 0), 0);
    expect(bytes).toBeLessThan(limits.batchBytes);
  });

  test('indexes every transaction once, in order, whatever comes between', () => {
    const steps = fc.array(fc.record({ add: fc.nat(4), size: fc.integer({ min: 1, max: 12 }) }));
    fc.assert(
      fc.property(steps, (list) => {
        const backlog = new IndexBacklog(limits);
        const added: string[] = [];
        const indexed: string[] = [];
        let mark = 0;
        let next = 1;
        const drain = (nowMs: number) => {
          if (!backlog.isDue(nowMs)) return;
          const batch = backlog.stage(nodeCrypto);
          expect(batch.mark).toBeGreaterThan(mark);
          mark = batch.mark;
          indexed.push(...indexedIds(batch));
          backlog.staged(nowMs);
        };
        for (const [at, { add, size }] of list.entries()) {
          for (const block of blocks(next, add, size)) {
            backlog.add(block, at);
            for (let each = 0; each < size; each++) added.push(`${block.header.number}-${each}`);
          }
          next += add;
          drain(at);
        }
        for (let nowMs = 1e6; backlog.blocks > 0; nowMs += 1e6) drain(nowMs);
        expect(indexed).toEqual(added);
      }),
      { numRuns: 50 },
    );
  });
});
