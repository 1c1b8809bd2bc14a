import { describe, expect, test } from 'vitest';
import { markNames } from './marks.ts';
import type { Failure, RunResult } from './run.ts';
import { noTotals, Summary } from './summary.ts';

const resultOf = (seed: number, failure: Failure | null = null): RunResult => ({
  seed,
  profile: 'swarm',
  safetyMs: 20_000,
  failure,
  hash: '',
  simulatedMs: 20_000,
  events: 100,
  blocks: 1,
  submitted: 12,
  committed: 10,
  leaderChanges: 1,
  marks: { 'leader elected': 3 },
  fates: [],
  last: [],
});

function summaryOf(results: readonly RunResult[], totals = noTotals('swarm', 20_000, 1)): Summary {
  const summary = new Summary(totals);
  for (const result of results) summary.add({ result, cpuMs: 10, runs: 1 });
  return summary;
}

describe('what many seeds came to', () => {
  test('names each failure and the command that shows it again', () => {
    const failure = { invariant: 'I-4', sentence: 'too early', atMs: 7 };
    const summary = summaryOf([resultOf(1), resultOf(2, failure)]);
    const replay = 'npm run sim -- --profile swarm --seconds 20 --seed 2';
    expect(summary.json.failures).toEqual([{ seed: 2, ...failure, replay }]);
    expect(summary.text).toContain(`I-4: ${replay}`);
    expect(summary.hasFailed).toBe(true);
  });

  test('counts the seeds that hit a mark, and shows those that none hit', () => {
    const summary = summaryOf([resultOf(1), resultOf(2)]);
    expect(summary.text).toMatch(/leader elected +2\n/);
    expect(summary.text).toMatch(/garbage delivered +never\n/);
    expect(summary.missing).toHaveLength(markNames.length - 1);
    expect(summary.hasFailed, 'two seeds need not hit all').toBe(false);
  });

  test('is a failure if a thousand seeds of the swarm miss a mark', () => {
    const results = Array.from({ length: 1_000 }, (_, at) => resultOf(at + 1));
    expect(summaryOf(results.slice(1)).hasFailed).toBe(false);
    expect(summaryOf(results).hasFailed).toBe(true);
    expect(summaryOf(results, noTotals('disks', 20_000, 1)).hasFailed).toBe(false);
    const marks = Object.fromEntries(markNames.map((name) => [name, 1]));
    expect(summaryOf(results, { ...noTotals('swarm', 20_000, 1), marks }).hasFailed).toBe(false);
  });

  test('can be put down and gone on from', () => {
    const first = summaryOf([resultOf(1)]);
    const again = summaryOf([resultOf(2)], JSON.parse(JSON.stringify(first.json)));
    expect(again.json).toMatchObject({ seeds: 2, from: 1, committed: 20, events: 200 });
  });

  test('counts a process that died as a failed seed', () => {
    const summary = summaryOf([]);
    summary.addDeath(5);
    expect(summary.totals).toMatchObject({ seeds: 1, failures: [{ seed: 5, invariant: 'crash' }] });
  });
});
