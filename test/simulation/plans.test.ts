/**
 * Plans that once showed a failure, the smallest that did: played again, they keep every promise.
 */
import { expect, test } from 'vitest';
import { mutants } from './mutants/all.ts';
import { readKeptPlans } from './plan-file.ts';
import { run } from './run.ts';

const kept = readKeptPlans();

test('plans are kept, each with a name of its own and what it showed', () => {
  expect(kept.length).toBeGreaterThan(0);
  for (const { name, showed } of kept) {
    expect(showed.invariant, name).not.toBe('');
    if (showed.mutant !== null) expect(mutants.map((each) => each.name)).toContain(showed.mutant);
  }
});

test.each(kept)('$name, which once broke $showed.invariant, keeps every promise', ({ plan }) => {
  expect(run({ ...plan, plan }).failure).toBeNull();
});
