/**
 * How fast the simulator is: cluster-seconds in a second of CPU, for the standard mix, with every judge at work.
 *
 * One process works on one seed after the other, as in any long run. The first seeds warm it up and do not count; all CPU
 * time of the process does, its compiler's and its collector's threads included.
 */
import { sail } from './fleet.ts';
import type { Outcome } from './worker.ts';

/** By then nearly all that runs often is compiled. */
const WARM = 10;
const COUNTED = 10;

export async function runBench(safetyMs: number, say: (line: string) => void): Promise<number> {
  const outcomes: Outcome[] = [];
  let isBroken = false;
  const orders = Array.from({ length: WARM + COUNTED }, (_, at) => ({
    seed: at + 1,
    profile: 'standard',
    safetyMs,
  }));
  await sail({
    workers: 1,
    orders,
    done: ({ seed }, outcome) => {
      if (outcome === 'died' || outcome.result.failure !== null) isBroken = true;
      if (outcome === 'died') return;
      outcomes.push(outcome);
      say(`seed ${seed}: ${speedOf([outcome])} cluster-seconds a second of CPU`);
    },
  });
  const counted = outcomes.slice(WARM);
  const events = sum(counted, ({ result }) => result.events);
  const cpuMs = sum(counted, (each) => each.cpuMs);
  say(`${speedOf(counted)} cluster-seconds a second of CPU, the first ${WARM} seeds left out`);
  say(`${Math.round((1_000 * events) / cpuMs)} events a second of CPU`);
  return isBroken ? 1 : 0;
}

function speedOf(outcomes: readonly Outcome[]): number {
  const simulatedMs = sum(outcomes, ({ result, runs }) => result.simulatedMs * runs);
  return Math.round(simulatedMs / sum(outcomes, ({ cpuMs }) => cpuMs));
}

function sum(outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, each) => total + of(each), 0);
}
