import { describe, expect, test } from 'vitest';
import { standardWorkload } from '../clients.ts';
import { run } from '../run.ts';
import { scenarios } from './all.ts';
import { notApplicable } from './not-applicable.ts';
import { play } from './play.ts';

const SEEDS = [1, 2, 3];

describe('of the known bugs', () => {
  test.each(scenarios)('$key: $name', (scenario) => {
    for (const seed of SEEDS) expect(play(scenario, seed).failure).toBeNull();
  });

  test('B-68: a run in which too little happens proves nothing, and fails', () => {
    const workload = { ...standardWorkload, frameRate: 0, illegalRate: 1, echoRate: 0 };
    const profileChange = { workload };
    const result = run({ seed: 1, profile: 'calm', safetyMs: 3_000, profileChange });
    expect(result.failure?.invariant).toBe('vacuity');
  });

  test('B-68: a judge that breaks down fails the run', () => {
    const oracles = () => [
      {
        messageSent: () => {
          throw new Error('the judge broke down');
        },
      },
    ];
    const result = run({ seed: 1, profile: 'calm', safetyMs: 3_000, oracles });
    expect(result.failure?.sentence).toContain('the judge broke down');
  });

  test('each is played, or cannot happen here', () => {
    const all = Array.from({ length: 68 }, (_, at) => `B-${String(at + 1).padStart(2, '0')}`);
    const played = new Set([...scenarios.flatMap(({ bugs }) => bugs), 'B-68']);
    expect(all.filter((bug) => !played.has(bug) && !(bug in notApplicable))).toEqual([]);
    expect(Object.keys(notApplicable).filter((bug) => played.has(bug))).toEqual([]);
  });

  test('no two scripts have one key', () => {
    expect(new Set(scenarios.map(({ key }) => key)).size).toBe(scenarios.length);
  });
});
