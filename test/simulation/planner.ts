/**
 * From a profile and a seed to a plan: how often what goes wrong, to whom, and for how long.
 */
import type { CrashPoint } from './node.ts';
import type { Action, Plan, PlannedAction, Target } from './plan.ts';
import type { Family, Profile } from './profile.ts';
import { type Chance, chanceOf } from './random.ts';

export function planOf(profile: Profile, seed: number, safetyMs: number): Plan {
  const planner = new Planner(profile, chanceOf(seed, 'nemesis'));
  return { seed, profile: profile.name, safetyMs, actions: planner.actions(safetyMs) };
}

class Planner {
  readonly #profile: Profile;
  readonly #chance: Chance;
  readonly #names: readonly string[];
  /** Of whose directories there is a copy to go back to. */
  readonly #copied: string[] = [];

  constructor(profile: Profile, chance: Chance) {
    this.#profile = profile;
    this.#chance = chance;
    this.#names = Array.from({ length: profile.orderers }, (_, at) => `orderer${at + 1}`);
  }

  actions(safetyMs: number): PlannedAction[] {
    const { families, everyMs } = this.#profile;
    const planned: PlannedAction[] = [];
    if (families.size === 0) return planned;
    for (let timeMs = 1_000; timeMs < safetyMs; timeMs += 1 + this.#chance.around(everyMs)) {
      for (const action of this.#actionsOf(this.#family())) planned.push([timeMs, action]);
    }
    return withChangeOfLeader(planned, safetyMs);
  }

  #family(): Family {
    const { families } = this.#profile;
    const sum = [...families.values()].reduce((all, weight) => all + weight, 0);
    let left = this.#chance.real() * sum;
    for (const [family, weight] of families) {
      left -= weight;
      if (left <= 0) return family;
    }
    return [...families.keys()][0]!;
  }

  #actionsOf(family: Family): readonly Action[] {
    if (family === 'members' || family === 'batches' || family === 'transfers') {
      return [this.#operator(family)];
    }
    if (family === 'ambushes' || family === 'floods' || family === 'strandedChanges') {
      return this.#trap(family);
    }
    if (family === 'lies') return this.#lie();
    return isOfTheNetwork(family) ? this.#ofNetwork(family) : [this.#ofMachine(family)];
  }

  #operator(family: 'members' | 'batches' | 'transfers'): Action {
    const chance = this.#chance;
    switch (family) {
      case 'transfers':
        return { kind: 'transfer', to: chance.pick(this.#names) };
      case 'members': {
        const change = chance.pick(['demote', 'promote', 'promote', 'remove'] as const);
        return { kind: 'member', node: this.#target(), change };
      }
      case 'batches': {
        const timeoutMs = chance.pick([1, 20, 100, 300]);
        return { kind: 'batch', maxTransactions: chance.pick([1, 5, 50, 500]), timeoutMs };
      }
    }
  }

  /** What must come together to be worth anything. */
  #trap(family: 'ambushes' | 'floods' | 'strandedChanges'): readonly Action[] {
    const chance = this.#chance;
    const leader = 'leader';
    const forMs = 2_500 + this.#duration(2_000);
    const alone = { kind: 'isolate', node: leader, direction: 'both', forMs } as const;
    switch (family) {
      case 'ambushes': {
        const point: Extract<Action, { kind: 'ambush' }>['point'] = chance.happens(0.5)
          ? { at: 'disk', moment: 'beforeSync' }
          : { at: 'later', afterMs: chance.between(1, 8) };
        const downMs = this.#duration(3_000);
        return [
          { kind: 'ambush', point, downMs },
          { kind: 'crash', node: leader, downMs: this.#duration(3_000) },
        ];
      }
      case 'floods':
        return [alone, { kind: 'flood', count: chance.between(130, 250) }];
      case 'strandedChanges':
        return [alone, this.#operator(chance.pick(['batches', 'members'] as const))];
    }
  }

  /** A lie that ends before its process does has lost nothing. */
  #lie(): readonly Action[] {
    const chance = this.#chance;
    const node = this.#target();
    const lie = { kind: 'lie', node, forMs: this.#duration(10_000) } as const;
    if (chance.happens(0.5)) return [lie];
    const point = { at: 'send', sends: chance.between(5, 200) } as const;
    return [lie, { kind: 'crashAt', node, point, downMs: this.#duration(3_000) }];
  }

  #ofMachine(family: MachineFamily): Action {
    const chance = this.#chance;
    const node = this.#target();
    const downMs = this.#duration(3_000);
    switch (family) {
      case 'crashes':
        return { kind: 'crash', node, downMs };
      case 'crashPoints':
        return { kind: 'crashAt', node, point: this.#crashPoint(), downMs };
      case 'blackouts':
        return { kind: 'crashAll', downMs };
      case 'stops':
        return { kind: 'stop', node, downMs };
      case 'pauses':
        return { kind: 'pause', node, forMs: this.#duration(chance.pick([100, 1_500, 8_000])) };
      case 'slowDisks':
        return {
          kind: 'slowDisk',
          node,
          meanMs: chance.pick([5, 30, 200]),
          forMs: this.#duration(5_000),
        };
      case 'stalledDisks':
        return { kind: 'stallDisk', node, forMs: this.#duration(8_000) };
      case 'diskErrors':
        return { kind: 'failDisk', node, failure: chance.pick(['error', 'full'] as const) };
      case 'bitFlips':
        return {
          kind: 'damage',
          node,
          damage: chance.pick(['bitFlip', 'bitFlip', 'tornRecord'] as const),
        };
      case 'rollBacks':
        return this.#rollBack(downMs);
      case 'wipes':
        return { kind: 'wipe', node, downMs };
      case 'wallClocks':
        return { kind: 'wallClock', node, aheadMs: chance.between(-3_600_000, 3_600_000) };
    }
  }

  #rollBack(downMs: number): Action {
    if (this.#copied.length > 0 && this.#chance.happens(0.5)) {
      return { kind: 'rollBack', node: this.#chance.pick(this.#copied), downMs };
    }
    const node = this.#chance.pick(this.#names);
    this.#copied.push(node);
    return { kind: 'backUp', node };
  }

  #crashPoint(): CrashPoint {
    const chance = this.#chance;
    if (chance.happens(0.5)) return { at: 'send', sends: chance.below(12) };
    const moment = chance.pick(['beforeWrite', 'afterWrite', 'beforeSync', 'afterSync'] as const);
    return { at: 'disk', moment };
  }

  #ofNetwork(family: NetworkFamily): readonly Action[] {
    const chance = this.#chance;
    const node = this.#target();
    const forMs = this.#duration(4_000);
    const weather = (behaviour: Extract<Action, { kind: 'network' }>['behaviour']) => [
      { kind: 'network' as const, behaviour, forMs },
    ];
    switch (family) {
      case 'partitions':
        return [{ kind: 'cut', pairs: this.#split(chance.happens(0.25)), forMs }];
      case 'isolation':
        return [{ kind: 'isolate', node, direction: 'both', forMs }];
      case 'oneWay':
        return [{ kind: 'isolate', node, direction: chance.pick(['from', 'to'] as const), forMs }];
      case 'bridges':
        return [{ kind: 'cut', pairs: this.#bridge(), forMs }];
      case 'clogs':
        return this.#swizzle();
      case 'loss':
        return weather({ lossRate: chance.pick([0.01, 0.05, 0.2, 0.5]) });
      case 'repeats':
        return weather({
          repeatRate: chance.pick([0.05, 0.3]),
          repeatWithinMs: chance.pick([20, 500, 60_000]),
        });
      case 'reorder':
        return weather({ reorderRate: chance.pick([0.05, 0.3, 0.9]) });
      case 'latency':
        return weather({
          latencyMs: { least: chance.pick([1, 20]), mean: chance.pick([10, 60, 300]) },
        });
      case 'garbage':
        return weather({
          corruptRate: chance.pick([0.01, 0.1]),
          misrouteRate: chance.pick([0, 0.05]),
        });
      case 'reconnects':
        return chance.happens(0.25)
          ? [{ kind: 'broker', awayMs: this.#duration(1_000) }]
          : [{ kind: 'reconnect', node, awayMs: this.#duration(1_000) }];
      case 'overflow':
        return [{ kind: 'capacity', node, messages: chance.pick([5, 30, 200]), forMs }];
    }
  }

  /** Two sides; or, one way, only what one side says is lost. */
  #split(isOneWay: boolean): (readonly [string, string])[] {
    const left = this.#names.filter(() => this.#chance.happens(0.4));
    const right = this.#names.filter((name) => !left.includes(name));
    const out = left.flatMap((one) => right.map((other) => [one, other] as const));
    return isOneWay ? out : [...out, ...out.map(([one, other]) => [other, one] as const)];
  }

  /** All hear the one in the middle, and few hear one another: the shapes in which majorities overlap in one node. */
  #bridge(): (readonly [Target, Target])[] {
    const middle = this.#chance.pick(this.#names);
    const others = this.#names.filter((name) => name !== middle);
    return others.flatMap((one) =>
      others
        .filter((other) => other !== one && this.#chance.happens(0.8))
        .map((other) => [one, other] as const),
    );
  }

  /** Links clogged one after the other, each for its own time. */
  #swizzle(): Action[] {
    const pairs = this.#names.flatMap((from) => this.#names.map((to) => ({ from, to })));
    return pairs
      .filter(({ from, to }) => from !== to && this.#chance.happens(0.3))
      .map(({ from, to }) => ({ kind: 'clog', from, to, forMs: this.#duration(1_500) }));
  }

  #target(): Target {
    return this.#chance.happens(0.35) ? 'leader' : this.#chance.pick(this.#names);
  }

  #duration(meanMs: number): number {
    return 1 + this.#chance.around(meanMs);
  }
}

/** A run in which one leader leads from the beginning to the end proves little: somewhere in its midst the leader dies. */
function withChangeOfLeader(planned: readonly PlannedAction[], safetyMs: number): PlannedAction[] {
  const lateMs = safetyMs - 5_000;
  const isThere = planned.some(
    ([timeMs, action]) => timeMs > 3_000 && timeMs < lateMs && isDeposing(action),
  );
  if (isThere) return [...planned];
  const crash: PlannedAction = [
    Math.round(safetyMs * 0.6),
    { kind: 'crash', node: 'leader', downMs: 2_500 },
  ];
  return [...planned, crash].sort(([left], [right]) => left - right);
}

function isDeposing(action: Action): boolean {
  if (action.kind === 'crashAll') return true;
  return action.kind === 'crash' && action.node === 'leader';
}

type NetworkFamily = Extract<
  Family,
  | 'partitions'
  | 'isolation'
  | 'oneWay'
  | 'bridges'
  | 'clogs'
  | 'loss'
  | 'repeats'
  | 'reorder'
  | 'latency'
  | 'garbage'
  | 'reconnects'
  | 'overflow'
>;
type MachineFamily = Exclude<
  Family,
  | NetworkFamily
  | ('members' | 'batches' | 'transfers')
  | ('ambushes' | 'floods' | 'strandedChanges' | 'lies')
>;

const networkFamilies: readonly string[] = [
  ...['partitions', 'isolation', 'oneWay', 'bridges', 'clogs', 'loss', 'repeats', 'reorder'],
  ...['latency', 'garbage', 'reconnects', 'overflow'],
];

function isOfTheNetwork(family: Family): family is NetworkFamily {
  return networkFamilies.includes(family);
}
