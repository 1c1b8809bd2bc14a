/**
 * Ways to make a plan smaller or plainer, each on its own: a step gives plans to try, the boldest first.
 */
import type { NetworkBehaviour } from './network.ts';
import type { NodeName } from './oracle/observer.ts';
import type { Action, Plan, PlannedAction, ProfileChange } from './plan.ts';
import type { Profile } from './profile.ts';

export type Step = (plan: Plan) => readonly Plan[];

/** The plan with all that its profile says of the run in it, so that nothing but the code can change what it does. */
export function wholePlan(plan: Plan, profile: Profile): Plan {
  const { name: _, families: __, everyMs: ___, ...change } = profile;
  return { ...plan, change };
}

/** What comes after the failure is not needed for it. */
export function cutAt(plan: Plan, atMs: number): Plan {
  const safetyMs = Math.min(plan.safetyMs, atMs);
  return { ...plan, safetyMs, actions: plan.actions.filter(([timeMs]) => timeMs <= safetyMs) };
}

const changed = (plan: Plan, change: ProfileChange): Plan => ({
  ...plan,
  change: { ...plan.change, ...change },
});

/** A run of half its length, and of three quarters: for what only shows at its end. */
export const shorter: Step = (plan) =>
  [0.25, 0.5, 0.75].map((part) => cutAt(plan, Math.round(plan.safetyMs * part)));

/** Another number of nodes is another run, in which the same may need another seed. */
export const fewerNodes: Step = (plan) => {
  if ((plan.change?.orderers ?? 0) <= 3) return [];
  const actions = plan.actions.flatMap(([timeMs, action]): PlannedAction[] => {
    const moved = movedTo(3, action);
    return moved === null ? [] : [[timeMs, moved]];
  });
  const small = changed({ ...plan, actions }, { orderers: 3 });
  return Array.from({ length: 6 }, (_, at) => ({ ...small, seed: plan.seed + at }));
};

function movedTo(count: number, action: Action): Action | null {
  const move = (name: NodeName): NodeName =>
    name.replace(/\d+$/, (digits) => String(((Number(digits) - 1) % count) + 1));
  if (action.kind === 'cut') {
    const moved = action.pairs.map(([from, to]) => [move(from), move(to)] as const);
    const pairs = moved.filter(([from, to]) => from !== to);
    return pairs.length === 0 ? null : { ...action, pairs };
  }
  const fields = Object.entries(action).map(([name, value]) =>
    ['node', 'from', 'to'].includes(name) ? [name, move(value as NodeName)] : [name, value],
  );
  const moved = Object.fromEntries(fields) as Action;
  return moved.kind === 'clog' && moved.from === moved.to ? null : moved;
}

/** Everything that is other than in a plain run, one at a time. */
export function plainer(plan: Plan): readonly Plan[] {
  const { change = {} } = plan;
  const plain: ProfileChange = {
    channels: 1,
    drift: 0,
    hasLateWords: false,
    realSignatures: false,
    isFollowed: false,
    readEveryMs: NEVER_MS,
    frameBytesMax: 1024 * 1024,
    batch: {},
    blocksInFlightMax: 3,
  };
  const isOther = ([name, value]: [string, unknown]) =>
    JSON.stringify(change[name as keyof ProfileChange]) !== JSON.stringify(value);
  return Object.entries(plain)
    .filter(isOther)
    .map(([name, value]) => changed(plan, { [name]: value }));
}

const NEVER_MS = 1_000_000;

export function plainerWorkload(plan: Plan): readonly Plan[] {
  const workload = plan.change?.workload;
  if (workload === undefined) return [];
  const rates = ['echoRate', 'rivalRate', 'hastyRate', 'illegalRate', 'burstRate', 'frameRate'];
  const quiet = rates
    .filter((name) => Reflect.get(workload, name) !== 0)
    .map((name) => changed(plan, { workload: { ...workload, [name]: 0 } }));
  const isAlone = workload.clients === 1;
  return isAlone ? quiet : [...quiet, changed(plan, { workload: { ...workload, clients: 1 } })];
}

export const fewerSubmissions: Step = (plan) => {
  const workload = plan.change?.workload;
  if (workload === undefined) return [];
  const { submissionsMax = 1_000 } = workload;
  return [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    .filter((count) => count < submissionsMax)
    .map((count) => changed(plan, { workload: { ...workload, submissionsMax: count } }));
};

const fateRates: readonly (keyof NetworkBehaviour)[] = [
  'lossRate',
  'repeatRate',
  'repeatWithinMs',
  'reorderRate',
];

/** Without what chance does to messages: the plan's fates say it one by one. */
export function withoutRates(plan: Plan): Plan {
  const actions = plan.actions.flatMap(([timeMs, action]): PlannedAction[] => {
    if (action.kind !== 'network') return [[timeMs, action]];
    const behaviour = Object.fromEntries(
      Object.entries(action.behaviour).filter(([name]) => !fateRates.includes(name as never)),
    );
    const isEmpty = Object.keys(behaviour).length === 0;
    return isEmpty ? [] : [[timeMs, { ...action, behaviour }]];
  });
  return { ...plan, actions };
}

export const hasFates = ({ actions }: Plan): boolean =>
  actions.some(
    ([, action]) =>
      action.kind === 'network' && fateRates.some((name) => action.behaviour[name] !== undefined),
  );

/** One part of the weather as usual. */
export function calmer(plan: Plan): readonly Plan[] {
  return plan.actions.flatMap(([timeMs, action], at) => {
    if (action.kind !== 'network' || Object.keys(action.behaviour).length < 2) return [];
    return Object.keys(action.behaviour).map((name) => {
      const kept = Object.entries(action.behaviour).filter(([each]) => each !== name);
      const behaviour = Object.fromEntries(kept);
      return { ...plan, actions: plan.actions.with(at, [timeMs, { ...action, behaviour }]) };
    });
  });
}

/** What lies before the action at `at` without anything happening becomes short: it and all after it come earlier. */
export const earlier =
  (at: number): Step =>
  (plan) => {
    const beforeMs = at === 0 ? 0 : plan.actions[at - 1]![0];
    const gapMs = plan.actions[at]![0] - beforeMs;
    return [500, 2_000, 4_000]
      .filter((shortMs) => gapMs > 2 * shortMs)
      .map((shortMs) => ({
        ...plan,
        actions: plan.actions.map(
          ([timeMs, action], index): PlannedAction =>
            index < at ? [timeMs, action] : [timeMs - gapMs + shortMs, action],
        ),
      }));
  };

const timesIn = ['forMs', 'downMs', 'awayMs', 'afterMs'];

/** The action at `at` with its times in whole seconds, or tenths or hundredths of one. */
export const rounded =
  (at: number): Step =>
  (plan) =>
    [1_000, 100, 10].flatMap((unit) => {
      const round = (value: number) => Math.max(unit, Math.round(value / unit) * unit);
      const [timeMs, action] = plan.actions[at]!;
      const fields = Object.entries(action).map(([name, value]) =>
        timesIn.includes(name) ? [name, round(value)] : [name, value],
      );
      const planned: PlannedAction = [round(timeMs), Object.fromEntries(fields) as Action];
      const isSame = JSON.stringify(planned) === JSON.stringify(plan.actions[at]);
      return isSame ? [] : [inOrder({ ...plan, actions: plan.actions.with(at, planned) })];
    });

const inOrder = (plan: Plan): Plan => ({
  ...plan,
  actions: plan.actions.toSorted(([left], [right]) => left - right),
});
