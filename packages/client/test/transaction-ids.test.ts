import type { Clock, Random } from '@cairn/transport';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TransactionIds } from '../src/transaction-ids.ts';

function idsAt(times: Iterator<number>, byte: () => number): TransactionIds {
  const wallMs = () => times.next().value as number;
  const bytes = (count: number) => Uint8Array.from({ length: count }, byte);
  return new TransactionIds({ wallMs } as Clock, { bytes } as Random);
}

/** 48 bits of Unix milliseconds are the first 12 digits. */
const timeOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

describe('fresh ids', () => {
  test('ascend, whatever the clock says', () => {
    const steps = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 2_000 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 255 }), (jumps, chance) => {
        let nowMs = 1_790_000_000_000;
        const times = jumps.map((jump) => (nowMs += jump));
        const ids = idsAt(times.values(), () => chance);
        let last = '';
        for (const _ of jumps) {
          const id = ids.next();
          expect(id > last).toBe(true);
          expect(id).toMatch(
            /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          );
          last = id;
        }
      }),
      { numRuns: 50 },
    );
  });

  test('of more than fit a millisecond borrow from the next, and give it back', () => {
    const nowMs = 1_790_000_000_000;
    const times = Array.from({ length: 10_001 }, (_, at) => (at < 10_000 ? nowMs : nowMs + 50));
    const ids = idsAt(times.values(), () => 0);
    const made = times.map(() => ids.next());
    expect(new Set(made).size).toBe(made.length);
    expect(made).toEqual(made.toSorted());
    expect(timeOf(made[9_999]!)).toBe(nowMs + 2);
    expect(timeOf(made[10_000]!)).toBe(nowMs + 50);
  });
});
