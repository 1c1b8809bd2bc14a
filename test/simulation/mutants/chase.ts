/**
 * How long a mutant lives: from a first seed on, or through its scenario, until something finds it that finds nothing in the
 * code as it is.
 */
import { Hound } from './hounds.ts';
import { type Found, type Hunt, hunt } from './hunter.ts';
import type { Mutant } from './mutant.ts';

/** What one start found: after how many seeds, and by what. */
export interface Kill {
  readonly order: Hunt;
  readonly seeds: number;
  readonly by: string;
  readonly sentence?: string;
}

export interface Chase {
  readonly mutant: string;
  readonly kills: readonly Kill[];
  /** Starts that found nothing within the budget. */
  readonly survived: number;
}

export interface Budget {
  readonly seeds: number;
  readonly starts: number;
  readonly safetyMs: number;
  /** Seeds that scenarios are played with, at most. */
  readonly plays: number;
  /** Scripts are left out. */
  readonly isByChance: boolean;
}

export async function chase(mutant: Mutant, budget: Budget): Promise<Chase> {
  const hound = new Hound(mutant);
  try {
    const kills: Kill[] = [];
    for (let start = 0; start < budget.starts; start++) {
      const kill = await firstKill(hound, ordersFrom(mutant, budget, start));
      if (kill !== null) kills.push(kill);
    }
    return { mutant: mutant.name, kills, survived: budget.starts - kills.length };
  } finally {
    hound.end();
  }
}

/** Starts lie far apart, so that none repeats another's seeds. */
function* ordersFrom(mutant: Mutant, budget: Budget, start: number): Generator<Hunt> {
  const { profile = 'swarm' } = mutant;
  const scenario = budget.isByChance ? undefined : mutant.scenario;
  const { safetyMs } = budget;
  const first = 1 + start * 10_000;
  const count = scenario === undefined ? budget.seeds : budget.plays;
  for (let seed = first; seed < first + count; seed++) {
    if (scenario === undefined) yield { kind: 'seed', seed, profile, safetyMs };
    else yield { kind: 'scenario', scenario, seed };
  }
}

async function firstKill(hound: Hound, orders: Iterable<Hunt>): Promise<Kill | null> {
  let seeds = 0;
  for (const order of orders) {
    seeds += 1;
    const found = await hound.ask(order);
    if (found === null || isNothing(found) || !isSound(order)) continue;
    return { ...found, order, seeds };
  }
  return null;
}

const sound = new Map<string, boolean>();

/** Whether nothing is found in the code as it is: only then is what was found due to the mutant. */
function isSound(order: Hunt): boolean {
  const key = JSON.stringify(order);
  const known = sound.get(key) ?? isNothing(hunt(order));
  sound.set(key, known);
  return known;
}

/** That too little happened says nothing of the code. */
const isNothing = (found: Found | null): boolean => found === null || found.by === 'vacuity';
