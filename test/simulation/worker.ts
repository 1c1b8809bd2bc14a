/**
 * One of the processes that run seeds: it is told a seed, and tells what came of it. It ends with whoever started it.
 */
import { type RunResult, run } from './run.ts';

/** One seed in a hundred runs twice: both must leave the same trace. */
const TWICE_EVERY = 100;

export interface Order {
  readonly seed: number;
  readonly profile: string;
  readonly safetyMs: number;
}

export interface Outcome {
  readonly result: RunResult;
  /** Of this seed alone, its second run included. */
  readonly cpuMs: number;
  readonly runs: number;
}

export function carryOut(order: Order): Outcome {
  const before = process.cpuUsage();
  const first = run(order);
  const isTwice = order.seed % TWICE_EVERY === 0;
  const result = isTwice ? compared(first, run(order)) : first;
  const { user, system } = process.cpuUsage(before);
  return { result, cpuMs: (user + system) / 1_000, runs: isTwice ? 2 : 1 };
}

function compared(first: RunResult, second: RunResult): RunResult {
  if (first.hash === second.hash || first.failure !== null) return first;
  const sentence = `two runs of this seed differ: ${first.hash} and ${second.hash}`;
  return { ...first, failure: { invariant: 'I-22', sentence, atMs: first.simulatedMs } };
}

if (process.send !== undefined && process.argv[2] === 'worker') {
  process.on('disconnect', () => process.exit(0));
  // Meant for who started this one, and lets it finish its seed.
  process.on('SIGINT', () => {}).on('SIGTERM', () => {});
  process.on('message', (order) => {
    process.send!(carryOut(order as Order));
  });
}
