/**
 * How fast the simulator is: cluster-seconds in a second of CPU, with every judge at work, for two mixes: five
 * orderers under the same faults and as many submissions, in frames and nearly each alone.
 *
 * One process works on one seed after the other, as in any long run. The first seeds warm it up and do not count; of the
 * others all CPU time of the process does, its compiler's and its collector's threads included.
 */
import { sail } from './fleet.ts';
import type { MeasuredProfile } from './profile.ts';
import type { Order, Outcome } from './worker.ts';

interface Measurement {
  readonly profile: MeasuredProfile;
  readonly from: number;
  readonly seeds: number;
}

/** By then nearly all that runs often is compiled. */
const warming: Measurement = { profile: 'standard', from: 1, seeds: 40 };
const counted: readonly Measurement[] = [
  { profile: 'standard', from: 41, seeds: 20 },
  { profile: 'singles', from: 41, seeds: 10 },
];

export async function runBench(safetyMs: number, say: (line: string) => void): Promise<number> {
  const outcomes: (Outcome & { readonly order: Order })[] = [];
  let isBroken = false;
  await sail({
    workers: 1,
    orders: [warming, ...counted].flatMap((each) => ordersOf(each, safetyMs)),
    done: (order, outcome) => {
      if (outcome === 'died' || outcome.result.failure !== null) isBroken = true;
      if (outcome === 'died') return;
      outcomes.push({ ...outcome, order });
      say(`${order.profile} ${order.seed}: ${speedOf([outcome])} cluster-seconds a second of CPU`);
    },
  });
  for (const { profile, from } of counted) {
    say(
      report(
        profile,
        outcomes.filter(({ order }) => order.profile === profile && order.seed >= from),
      ),
    );
  }
  return isBroken ? 1 : 0;
}

function ordersOf({ profile, from, seeds }: Measurement, safetyMs: number): Order[] {
  return Array.from({ length: seeds }, (_, at) => ({ seed: from + at, profile, safetyMs }));
}

function report(profile: MeasuredProfile, outcomes: readonly Outcome[]): string {
  const simulatedSeconds = sum(outcomes, ({ result }) => result.simulatedMs) / 1_000;
  const rateOf = (of: 'submitted' | 'blocks' | 'events') =>
    Math.round(sum(outcomes, ({ result }) => result[of]) / simulatedSeconds);
  const load = `${rateOf('submitted')} submissions, ${rateOf('blocks')} blocks and ${rateOf('events')} events`;
  const middle = median(outcomes.map((each) => speedOf([each])));
  return `${profile}: ${speedOf(outcomes)} cluster-seconds a second of CPU (median seed ${middle}); in each ${load}`;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}

function speedOf(outcomes: readonly Outcome[]): number {
  const simulatedMs = sum(outcomes, ({ result, runs }) => result.simulatedMs * runs);
  return Math.round(simulatedMs / sum(outcomes, ({ cpuMs }) => cpuMs));
}

function sum(outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, each) => total + of(each), 0);
}
