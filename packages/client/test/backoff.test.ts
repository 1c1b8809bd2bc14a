import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../src/backoff.ts';
import { seededRandom } from './support/virtual-time.ts';

test('without a wish of the service a pause lies between 50 and 500 ms', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      (attempt, seed) => {
        const pauseMs = backoffMs(seededRandom(seed), attempt, null);
        expect(pauseMs).toBeGreaterThanOrEqual(50);
        expect(pauseMs).toBeLessThanOrEqual(500);
      },
    ),
  );
});

test('the wish of the service is never shortened, and stretched by at most a quarter', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      (wishMs, seed) => {
        const pauseMs = backoffMs(seededRandom(seed), 1, wishMs);
        expect(pauseMs).toBeGreaterThanOrEqual(wishMs);
        expect(pauseMs).toBeLessThanOrEqual(wishMs * 1.25 + 1);
      },
    ),
  );
});
