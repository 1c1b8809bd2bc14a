/**
 * `npm run sim`: many seeds over all cores, or one seed or plan as a readable trace.
 *
 * Exit codes: 0 nothing failed, 1 a seed failed, 2 wrong flags.
 */
import { stderr, stdout } from 'node:process';
import { runBench } from './bench.ts';
import { runMany } from './many.ts';
import { runMutants } from './mutants/run-mutants.ts';
import { readOptions, type SimulationOptions, UsageError, usage } from './options.ts';
import { isLegible, Picture } from './picture.ts';
import { readPlan } from './plan-file.ts';
import { profileOf } from './profile.ts';
import { type RunOptions, type RunResult, run } from './run.ts';
import { reportManyChannels } from './run-many-channels.ts';
import { runMinimise } from './run-minimise.ts';
import { describeFailure } from './summary.ts';
import { mutantHere, runWithMutant } from './with-mutant.ts';

const say = (line: string): void => {
  stdout.write(`${line}\n`);
};

async function main(words: readonly string[]): Promise<number> {
  if (words.includes('--mutants')) return runMutants(words);
  const options = readOptions(words);
  if (options === null) {
    say(usage);
    return 0;
  }
  const { seed, profile, safetyMs, planFile, mutant } = options;
  if (mutant !== null && mutantHere() === null) return runWithMutant(mutant, words);
  if (planFile !== null) {
    const plan = readPlan(planFile);
    return replay({ ...plan, plan }, options);
  }
  if (options.bench) return runBench(safetyMs, say);
  if (options.channels !== null) {
    return reportManyChannels(options.channels, safetyMs, seed ?? 1, say);
  }
  if (options.minimise !== null) return runMinimise(options.minimise, options, say);
  if (seed !== null) return replay({ seed, profile, safetyMs }, options);
  return runMany(options, say);
}

function replay(wanted: RunOptions, { json, verbose }: SimulationOptions): number {
  if (json) {
    const result = run(wanted);
    say(JSON.stringify(result));
    return exitCodeOf(result);
  }
  const drawn = profileOf(wanted.profile ?? 'swarm', wanted.seed);
  const { orderers } = { ...drawn, ...wanted.plan?.change };
  const nodes = Array.from({ length: orderers }, (_, at) => `orderer${at + 1}`);
  const picture = new Picture(nodes, say);
  const listener: RunOptions['listener'] = (event) => {
    if (verbose || isLegible(event)) picture.add(event);
  };
  const result = run({ ...wanted, listener });
  say(
    result.failure === null ? `seed ${result.seed} keeps every promise` : describeFailure(result),
  );
  return exitCodeOf(result);
}

const exitCodeOf = ({ failure }: RunResult): number => (failure === null ? 0 : 1);

// Whoever reads us has seen enough.
stdout.on('error', () => process.exit(1));

// A known bug's name, if there is one in the code, stands before the flags.
main(process.argv.slice(mutantHere() === null ? 2 : 3)).then(
  (exitCode) => {
    process.exitCode ||= exitCode;
  },
  (error: unknown) => {
    stderr.write(`${error instanceof UsageError ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
