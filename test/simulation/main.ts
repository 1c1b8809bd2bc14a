/**
 * `npm run sim`: many seeds over all cores, or one seed or plan as a readable trace.
 *
 * Exit codes: 0 nothing failed, 1 a seed failed, 2 wrong flags.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { stderr, stdout } from 'node:process';
import { sail } from './fleet.ts';
import { runMutants } from './mutants/run-mutants.ts';
import { readOptions, type SimulationOptions, UsageError, usage } from './options.ts';
import { isLegible, Picture } from './picture.ts';
import type { Plan } from './plan.ts';
import { profileOf } from './profile.ts';
import { type RunOptions, type RunResult, run } from './run.ts';
import { describeFailure, Summary } from './summary.ts';
import type { Order, Outcome } from './worker.ts';

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
  if (options.planFile !== null) return replay(readPlan(options.planFile), options);
  const { seed, profile, safetyMs } = options;
  if (seed !== null) return replay({ seed, profile, safetyMs }, options);
  return runMany(options);
}

function readPlan(file: string): RunOptions {
  const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan;
  const { seed, profile, safetyMs } = plan;
  return { seed, profile, safetyMs, plan };
}

function replay(wanted: RunOptions, { json, verbose }: SimulationOptions): number {
  if (json) {
    const result = run(wanted);
    say(JSON.stringify(result));
    return exitCodeOf(result);
  }
  const { orderers } = profileOf(wanted.profile ?? 'swarm', wanted.seed);
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

async function runMany(options: SimulationOptions): Promise<number> {
  const summary = new Summary();
  const done = (order: Order, outcome: Outcome | 'died'): void => {
    if (outcome === 'died') {
      stderr.write(`the process that ran seed ${order.seed} died\n`);
      process.exitCode = 1;
      return;
    }
    summary.add(outcome);
    if (outcome.result.failure !== null) tellFailure(outcome.result, options);
    showProgress(summary, options);
  };
  const workers = options.workers ?? Math.min(availableParallelism(), options.seeds);
  await sail({ workers, orders: ordersFor(options), done });
  if (stderr.isTTY) stderr.write('\r\x1b[K');
  say(options.json ? JSON.stringify({ type: 'summary', ...summary.json }) : summary.text);
  return summary.failures.length === 0 && summary.seeds === options.seeds ? 0 : 1;
}

function* ordersFor({ from, seeds, profile, safetyMs }: SimulationOptions): Generator<Order> {
  for (let seed = from; seed < from + seeds; seed++) yield { seed, profile, safetyMs };
}

function tellFailure(result: RunResult, { json }: SimulationOptions): void {
  say(json ? JSON.stringify({ type: 'failure', ...result }) : describeFailure(result));
}

function showProgress({ seeds, failures }: Summary, options: SimulationOptions): void {
  if (!stderr.isTTY) return;
  stderr.write(`\r${seeds} of ${options.seeds} seeds, ${failures.length} failed`);
}

// Whoever reads us has seen enough.
stdout.on('error', () => process.exit(1));

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode ||= exitCode;
  },
  (error: unknown) => {
    stderr.write(`${error instanceof UsageError ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
