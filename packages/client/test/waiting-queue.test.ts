import { parseTxId, utf8 } from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Pending, pendingOf } from '../src/pending.ts';
import { WaitingQueue } from '../src/waiting-queue.ts';

const pending = (id: string, payload: Uint8Array): Pending =>
  pendingOf({ id: parseTxId(id), payload }, 0, () => {});

describe('the waiting queue', () => {
  test('gives everything out once, in order, in frames that fit', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 1_200 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 100, max: 5_000 }), (lengths, bytesMax) => {
        const queue = new WaitingQueue();
        const all = lengths.map((length, index) => pending(`t${index}`, new Uint8Array(length)));
        for (const item of all) queue.push(item);
        const taken: Pending[] = [];
        while (!queue.isEmpty) {
          const frame = queue.takeFrame(bytesMax);
          const bytes = frame.reduce((total, item) => total + item.bodyBytes, 0);
          expect(frame.length).toBeLessThanOrEqual(500);
          expect(frame.length === 1 || bytes <= bytesMax).toBe(true);
          taken.push(...frame);
        }
        expect(taken).toEqual(all);
        expect(queue.bytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('passes over what is settled', () => {
    const queue = new WaitingQueue();
    const all = ['a', 'b', 'c'].map((id) => pending(id, utf8('x')));
    for (const item of all) queue.push(item);
    all[0]!.settled = true;
    all[2]!.settled = true;
    expect(queue.takeFrame(1_000)).toEqual([all[1]]);
    expect(queue.isEmpty).toBe(true);
    expect(queue.bytes).toBe(0);
  });
});
