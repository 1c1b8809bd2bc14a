import { expect, test } from 'vitest';
import { run } from './run.ts';

test.each([1, 2])('seed %i keeps every promise', { timeout: 120_000 }, (seed) => {
  const result = run({ seed, safetyMs: 20_000 });
  expect(result.failure).toBeNull();
  expect(result.committed).toBeGreaterThan(100);
});

test('a seed is the same run each time', () => {
  const hashOf = () => run({ seed: 7, safetyMs: 5_000 }).hash;
  expect(hashOf()).toBe(hashOf());
});
