/**
 * What `npm run sim` is asked for.
 *
 *   npm run sim -- --seeds 20000 --out night.json    go on where the last such command ended
 *   npm run sim -- --seeds 1000 --from 1 --profile swarm --seconds 60 --json
 *   npm run sim -- --seed 17            one seed, as a readable trace
 *   npm run sim -- --plan FILE          a plan kept as data, as a readable trace
 */
import { parseArgs } from 'node:util';
import { profileNames } from './profile.ts';

export class UsageError extends Error {}

export interface SimulationOptions {
  readonly seeds: number;
  readonly from: number;
  /** One seed to be told in words; null: many, told in numbers. */
  readonly seed: number | null;
  readonly planFile: string | null;
  /** A seed whose failure is to be made small. */
  readonly minimise: number | null;
  /** CPU time that may take. */
  readonly budgetMs: number;
  /** The known bug that is in the code now, see mutants/register.ts: told in what is kept. */
  readonly mutant: string | null;
  /** Where totals, or a plan made small, are put down. */
  readonly out: string | null;
  readonly profile: string;
  readonly safetyMs: number;
  readonly workers: number | null;
  /** How fast it is, instead of what it finds. */
  readonly bench: boolean;
  /** One long run of so many channels instead of many seeds. */
  readonly channels: number | null;
  readonly json: boolean;
  /** Messages and disk writes too, not only what decides. */
  readonly verbose: boolean;
}

const flags = {
  seeds: { type: 'string', default: '100' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  plan: { type: 'string' },
  minimise: { type: 'string' },
  budget: { type: 'string', default: '60' },
  mutant: { type: 'string' },
  out: { type: 'string' },
  profile: { type: 'string', default: 'swarm' },
  seconds: { type: 'string', default: '60' },
  workers: { type: 'string' },
  bench: { type: 'boolean', default: false },
  channels: { type: 'string' },
  json: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export const usage = [
  'npm run sim -- [flags]',
  '  --seeds N      how many seeds [100]',
  '  --from S       the first seed [1]',
  `  --profile P    ${profileNames.join(', ')} [swarm]`,
  '  --seconds T    simulated seconds in which everything fails [60]',
  '  --workers N    processes [one a core]',
  '  --bench        how many cluster-seconds a second of CPU simulates, all judges: standard, then singles',
  '  --channels N   N channels on three orderers for --seconds T, judged at the end',
  '  --out FILE     totals as JSON; if they are there, the seeds that are missing are run',
  '  --json         one JSON object a line: each failure, then the summary',
  '  --seed S       replay one seed as a readable trace',
  '  --plan FILE    replay a plan file as a readable trace',
  '  --minimise S   make the plan of a failing seed small, and keep it in test/simulation/plans',
  '  --budget T     seconds of CPU for that [60]',
  '  --mutant NAME  with a known bug put back into the code (with --minimise, --seed or --plan)',
  '  --verbose      in a trace: every message and every write too',
  '  --mutants      hunt known bugs put back into the code, see mutants/run-mutants.ts',
].join('\n');

/** Null if help was asked for. Throws a `UsageError` whose message says what is wrong. */
export function readOptions(words: readonly string[]): SimulationOptions | null {
  const given = parse(words);
  if (given.help) return null;
  if (!profileNames.includes(given.profile)) {
    throw new UsageError(`--profile is one of ${profileNames.join(', ')}`);
  }
  return {
    seeds: wholeNumber('seeds', given.seeds),
    from: wholeNumber('from', given.from),
    seed: given.seed === undefined ? null : wholeNumber('seed', given.seed),
    planFile: given.plan ?? null,
    minimise: given.minimise === undefined ? null : wholeNumber('minimise', given.minimise),
    budgetMs: wholeNumber('budget', given.budget) * 1_000,
    mutant: given.mutant ?? null,
    out: given.out ?? null,
    profile: given.profile,
    safetyMs: wholeNumber('seconds', given.seconds) * 1_000,
    workers: given.workers === undefined ? null : wholeNumber('workers', given.workers),
    bench: given.bench,
    channels: given.channels === undefined ? null : wholeNumber('channels', given.channels),
    json: given.json,
    verbose: given.verbose,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: flags, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0 && text !== '') return value;
  throw new UsageError(`--${name} takes a whole number, not "${text}"`);
}
