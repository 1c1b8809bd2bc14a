import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Storm, type StormReport } from './chaos.ts';

const total = (reports: readonly StormReport[], key: keyof StormReport): number =>
  reports.reduce((sum, report) => sum + report[key], 0);

describe('under loss, repetition, reordering, slow disks, crashes and changing members', () => {
  test('there is one leader a term, one log, one committed chain, and it goes on after healing', {
    timeout: 120_000,
  }, () => {
    const reports: StormReport[] = [];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(3, 5), (seed, count) => {
        reports.push(new Storm(seed, count).run(3_000));
      }),
      { numRuns: 40, seed: 20261121 },
    );
    // A storm in which nothing happened proves nothing.
    expect(total(reports, 'committed')).toBeGreaterThan(40 * 50);
    expect(total(reports, 'leaders')).toBeGreaterThan(40 * 3);
    expect(total(reports, 'crashes')).toBeGreaterThan(40 * 5);
    expect(total(reports, 'configs')).toBeGreaterThan(40);
    expect(total(reports, 'snapshots')).toBeGreaterThan(10);
    expect(total(reports, 'truncations')).toBeGreaterThan(10);
  });

  test('the same holds without PreVote and CheckQuorum', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        new Storm(seed, 3, { preVote: false, checkQuorum: false }).run(3_000);
      }),
      { numRuns: 20, seed: 20261122 },
    );
  });
});
