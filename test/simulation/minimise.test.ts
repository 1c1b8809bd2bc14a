import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shortest } from './ddmin.ts';
import type { Fate } from './fates.ts';
import { minimise, type Tried, type Workbench } from './minimise.ts';
import type { Action, Plan, PlannedAction } from './plan.ts';
import { planOf } from './planner.ts';
import { profileOf } from './profile.ts';
import { run } from './run.ts';
import { fewerNodes, wholePlan } from './smaller.ts';

const wholeOf = (seed: number, safetyMs: number): Plan => {
  const profile = profileOf('swarm', seed);
  return wholePlan(planOf(profile, seed, safetyMs), profile);
};

describe('the shortest list for which something holds', () => {
  test('has just what is needed, in order, whatever that is', () => {
    const lists = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 30 });
    fc.assert(
      fc.property(lists, fc.infiniteStream(fc.boolean()), (parts, choice) => {
        const needed = parts.filter(() => choice.next().value);
        const holds = (fewer: readonly number[]) => needed.every((each) => fewer.includes(each));
        expect(shortest(parts, holds)).toEqual(needed);
      }),
    );
  });

  test('is what is shortest so far, once everything is refused', () => {
    let asked = 0;
    const holds = (fewer: readonly number[]) => ++asked <= 5 && fewer.includes(8);
    expect(shortest([1, 2, 3, 4, 5, 6, 7, 8], holds)).toEqual([7, 8]);
  });
});

/** A run that fails if something is so; it needs no cluster. */
function bench(fails: (plan: Plan) => number | null, fates: readonly Fate[] = []): Workbench {
  const tried = (plan: Plan): Tried => {
    const atMs = fails(plan);
    const failure = atMs === null ? null : { invariant: 'I-4', sentence: 'it fails', atMs };
    return { failure, fates };
  };
  return { run: tried, isTimeUp: () => false, progress: () => {} };
}

const at = (plan: Plan, kind: Action['kind']): PlannedAction | undefined =>
  plan.actions.find(([, action]) => action.kind === kind);

describe('a failing plan made small', () => {
  const crash: PlannedAction = [31_234, { kind: 'crash', node: 'leader', downMs: 777 }];
  const pause: PlannedAction = [12_345, { kind: 'pause', node: 'orderer5', forMs: 90 }];
  const whole = wholeOf(3, 60_000);
  const plan: Plan = {
    ...whole,
    change: { ...whole.change, orderers: 5 },
    actions: [
      ...Array.from(
        { length: 30 },
        (_, each): PlannedAction => [each * 400, { kind: 'flood', count: 1 }],
      ),
      pause,
      crash,
    ],
  };

  test('keeps the actions that it takes, earlier and at round times', () => {
    const small = minimise(
      plan,
      bench((each) => (at(each, 'pause') && at(each, 'crash') ? at(each, 'crash')![0] + 50 : null)),
    )!;
    expect(small.plan.actions).toEqual([
      [1_000, { kind: 'pause', node: 'orderer2', forMs: 1_000 }],
      [1_000, { kind: 'crash', node: 'leader', downMs: 1_000 }],
    ]);
    expect(small.plan.safetyMs).toBe(1_050);
    expect(small.plan.change).toMatchObject({ orderers: 3, drift: 0, channels: 1 });
    expect(small.plan.change!.workload).toMatchObject({ clients: 1, submissionsMax: 0 });
  });

  test('keeps nothing that fails by another rule, and is nothing if the plan does not fail', () => {
    const fails = (each: Plan): Tried => ({
      failure: { invariant: at(each, 'pause') ? 'I-4' : 'I-8', sentence: '', atMs: 50_000 },
      fates: [],
    });
    const small = minimise(plan, { ...bench(() => null), run: fails })!;
    expect(at(small.plan, 'pause')).toBeDefined();
    expect(small.plan.actions).toHaveLength(1);
    expect(
      minimise(
        plan,
        bench(() => null),
      ),
    ).toBeNull();
  });

  test('names the messages that it takes, instead of rates', () => {
    const weather: PlannedAction = [
      500,
      { kind: 'network', behaviour: { lossRate: 0.2 }, forMs: 9_000 },
    ];
    const fates = Array.from({ length: 40 }, (_, each): Fate => [each, 'lost', 0]);
    const isLost = ({ actions, fates: told }: Plan) =>
      told === undefined ? actions.length > 0 : told.some(([message]) => message === 17);
    const small = minimise(
      { ...plan, actions: [weather] },
      bench((each) => (isLost(each) ? 8_000 : null), fates),
    )!;
    expect(small.plan.actions).toEqual([]);
    expect(small.plan.fates).toEqual([[17, 'lost', 0]]);
  });

  test('ends when its time is up', () => {
    const never = { ...bench(() => 40_000), isTimeUp: () => true };
    expect(minimise(plan, never)).toMatchObject({ runs: 1, plan: { safetyMs: 60_000 } });
  });
});

test('on fewer nodes nobody is named who is not there, and nobody is cut from itself', () => {
  const actions: PlannedAction[] = [
    [
      1,
      {
        kind: 'cut',
        pairs: [
          ['orderer1', 'orderer4'],
          ['orderer5', 'leader'],
        ],
        forMs: 5,
      },
    ],
    [2, { kind: 'clog', from: 'orderer4', to: 'orderer1', forMs: 5 }],
    [3, { kind: 'transfer', to: 'orderer4' }],
  ];
  const [small] = fewerNodes({ ...wholeOf(3, 60_000), actions, change: { orderers: 5 } });
  expect(small!.actions).toEqual([
    [1, { kind: 'cut', pairs: [['orderer2', 'leader']], forMs: 5 }],
    [3, { kind: 'transfer', to: 'orderer1' }],
  ]);
});

test('a plan with all its profile and all its fates written down is the same run', () => {
  const seed = seedWithLoss();
  const first = run({ seed, safetyMs: 4_000, writesFates: true });
  expect(first.fates.length).toBeGreaterThan(0);
  const plan = { ...wholeOf(seed, 4_000), fates: first.fates };
  const second = run({ seed, safetyMs: 4_000, plan: JSON.parse(JSON.stringify(plan)) as Plan });
  expect(second.hash).toBe(first.hash);
});

function seedWithLoss(): number {
  for (let seed = 1; ; seed++) {
    const { actions } = wholeOf(seed, 3_000);
    const isLossy = ([, action]: PlannedAction) =>
      action.kind === 'network' && (action.behaviour.lossRate ?? 0) > 0.1;
    if (actions.some(isLossy)) return seed;
  }
}
