import { expect, test } from 'vitest';
import { standardWorkload } from './clients.ts';
import { type Profile, profileNames } from './profile.ts';
import { run } from './run.ts';

test.each(profileNames)(
  'a few seeds of profile %s keep every promise',
  { timeout: 120_000 },
  (profile) => {
    for (const seed of [1, 2]) {
      const { failure } = run({ seed, profile, safetyMs: 10_000 });
      expect(failure, `seed ${seed}`).toBeNull();
    }
  },
);

test('a seed is the same run each time', () => {
  const hashOf = () => run({ seed: 7, safetyMs: 5_000 }).hash;
  expect(hashOf()).toBe(hashOf());
});

test('a run in which nobody was served is a failure', () => {
  const crashed = { kind: 'crashAll', downMs: 60_000 } as const;
  const plan = {
    seed: 2,
    profile: 'standard',
    safetyMs: 5_000,
    actions: [[250, crashed]],
  } as const;
  const workload = { ...standardWorkload, rate: 100, hastyRate: 1, echoRate: 0, rivalRate: 0 };
  const { failure } = run({
    seed: 2,
    safetyMs: 5_000,
    profile: 'standard',
    plan,
    profileChange: { workload },
  });
  expect(failure?.invariant).toBe('vacuity');
});

test('a run in which one leader leads from the beginning to the end is a failure', () => {
  const safetyMs = 20_000;
  const harmless = { kind: 'wallClock', node: 'orderer1', aheadMs: 60_000 } as const;
  const actions = [[5_000, harmless]] as const;
  const plan = { seed: 3, profile: 'standard', safetyMs, actions };
  const runWith = (profileChange: Partial<Profile>) =>
    run({ seed: 3, profile: 'standard', safetyMs, plan, profileChange }).failure;
  expect(runWith({ drift: 0 })).toMatchObject({
    invariant: 'vacuity',
    sentence: 'the leader never changed',
  });
});
