/**
 * `npm run sim -- --mutants`: hunts every mutant, several times from different seeds, and writes how each died into
 * `kills.json`, for `npm test`, and from there into the documentation.
 *
 *   --only NAME     one mutant, or all whose names contain it
 *   --missing       those that were not killed when they were last hunted, or never hunted
 *   --chance        by random runs, also those that have a script
 *   --seeds N       the budget of each start [2000]
 *   --starts N      how often each is hunted [3]
 *   --seconds T     simulated seconds of a run in which everything fails [10]
 *   --workers N     mutants at a time [one a core]
 *
 * Exit codes: 0 all were killed, 1 one survived its budget, 2 wrong flags.
 */
import { availableParallelism } from 'node:os';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { mutants } from './all.ts';
import { type Budget, type Chase, chase } from './chase.ts';
import type { Mutant } from './mutant.ts';
import { median, readKills, writeKills, writeTable } from './report.ts';

const PLAYS = 8;

const flags = {
  mutants: { type: 'boolean' },
  only: { type: 'string' },
  missing: { type: 'boolean', default: false },
  chance: { type: 'boolean', default: false },
  seeds: { type: 'string', default: '2000' },
  starts: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '10' },
  workers: { type: 'string', default: String(availableParallelism()) },
} as const;

export async function runMutants(words: readonly string[]): Promise<number> {
  const given = parse(words);
  const numbers = [given?.seeds, given?.starts, given?.seconds, given?.workers].map(Number);
  const { only: part = '', missing: isMissing = false, chance: isByChance = false } = given ?? {};
  const known = isMissing ? readKills() : {};
  const isKnown = ({ name, scenario }: Mutant): boolean =>
    isByChance && scenario !== undefined
      ? known[name]?.byChance !== undefined
      : known[name]?.survived === 0;
  const chosen = mutants.filter((mutant) => mutant.name.includes(part) && !isKnown(mutant));
  if (!numbers.every(Number.isSafeInteger) || chosen.length === 0) {
    say('--seeds, --starts, --seconds and --workers take whole numbers, --only a part of a name');
    return 2;
  }
  const [seeds = 0, starts = 0, seconds = 0, workers = 0] = numbers;
  const budget: Budget = { seeds, starts, safetyMs: seconds * 1_000, plays: PLAYS, isByChance };
  const chases = await chaseAll(chosen, budget, workers);
  const survivors = chases.filter(({ survived }) => survived > 0).length;
  say(`${chases.length - survivors} of ${chases.length} mutants were killed each time`);
  return survivors === 0 ? 0 : 1;
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: flags }).values;
  } catch {
    return null;
  }
}

async function chaseAll(
  chosen: readonly Mutant[],
  budget: Budget,
  workers: number,
): Promise<Chase[]> {
  const chases = new Map<string, Chase>();
  const waiting = chosen.values();
  const work = async (): Promise<void> => {
    for (const mutant of waiting) {
      const result = await chase(mutant, budget);
      chases.set(mutant.name, result);
      writeTable(writeKills(result));
      say(describe(result));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return chosen.map(({ name }) => chases.get(name)!);
}

function describe({ mutant, kills, survived }: Chase): string {
  if (kills.length === 0) return `${mutant}: SURVIVED`;
  const by = [...new Set(kills.map((kill) => kill.by))].join(', ');
  const some = survived === 0 ? '' : `, SURVIVED ${survived} of ${survived + kills.length} starts`;
  return `${mutant}: killed after ${median(kills)} by ${by}${some}: ${kills[0]!.sentence}`;
}

function say(line: string): void {
  stdout.write(`${line}\n`);
}
