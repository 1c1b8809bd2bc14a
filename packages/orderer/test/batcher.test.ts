import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BatchSituation, countToCut, decideBatch } from '../src/batcher.ts';

const batch = { maxTransactions: 5, preferredBytes: 100, timeoutMs: 50 };
const pipeline = { blocksInFlightMax: 2, bytesInFlightMax: 1_000 };
const calm: BatchSituation = {
  waitingTransactions: 1,
  waitingBytes: 10,
  waitedMs: 0,
  blocksInFlight: 1,
  bytesInFlight: 0,
};

describe('when a block is cut', () => {
  test.each<[string, Partial<BatchSituation>, 'cut' | number | null]>([
    ['nothing waits', { waitingTransactions: 0, blocksInFlight: 0 }, null],
    ['nothing is in flight', { blocksInFlight: 0 }, 'cut'],
    [
      'nothing is in flight, whatever its bytes',
      { blocksInFlight: 0, bytesInFlight: 9_999 },
      'cut',
    ],
    ['some room is left and little waits', {}, 50],
    ['some room is left and time has passed', { waitedMs: 20 }, 30],
    ['the time is over', { waitedMs: 50 }, 'cut'],
    ['a block full of transactions waits', { waitingTransactions: 5 }, 'cut'],
    ['a block full of bytes waits', { waitingBytes: 100 }, 'cut'],
    ['one byte is missing', { waitingBytes: 99 }, 50],
    ['the pipeline is full of blocks', { blocksInFlight: 2, waitedMs: 99 }, null],
    ['the pipeline is full of bytes', { bytesInFlight: 1_000, waitedMs: 99 }, null],
  ])('%s', (_, situation, expected) => {
    const decision = decideBatch({ ...calm, ...situation }, batch, pipeline);
    expect(decision).toEqual(
      expected === 'cut' ? { kind: 'cut' } : { kind: 'wait', againInMs: expected },
    );
  });
});

describe('how much goes into a block', () => {
  const cut = (sizes: number[]) => countToCut(sizes, batch);

  test('as much as fits, at least one', () => {
    expect(cut([1, 1, 1])).toBe(3);
    expect(cut([50, 50, 1])).toBe(2);
    expect(cut([50, 51])).toBe(1);
    expect(cut([101, 1])).toBe(1);
    expect(cut([1, 101])).toBe(1);
    expect(cut([1, 1, 1, 1, 1, 1])).toBe(5);
  });

  test('the longest run that keeps both limits', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, (list) => {
        const count = cut(list);
        const bytesOf = (length: number) =>
          list.slice(0, length).reduce((sum, each) => sum + each, 0);
        expect(count).toBeGreaterThan(0);
        expect(count).toBeLessThanOrEqual(batch.maxTransactions);
        if (count > 1) expect(bytesOf(count)).toBeLessThanOrEqual(batch.preferredBytes);
        const couldBeLonger = count < list.length && count < batch.maxTransactions;
        if (couldBeLonger) expect(bytesOf(count + 1)).toBeGreaterThan(batch.preferredBytes);
      }),
    );
  });
});
