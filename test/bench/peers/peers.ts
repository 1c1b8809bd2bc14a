/**
 * `peers`: Cairn and JetStream side by side. Rounds are interleaved, because a machine's speed drifts: only figures of
 * one run can be compared, and a median says more than any single round.
 */
import { type Bench, say, sayMeanwhile } from '../bench.ts';
import { readFlags, type Values } from '../options.ts';
import { describeMachine, isMemory } from '../support/machine.ts';
import { spreadOf } from '../support/statistics.ts';
import { describeRound, describeRounds } from './report.ts';
import { type Round, type RoundPlan, runRound, type SystemName } from './round.ts';

const flags = {
  rounds: { value: 5, meaning: 'rounds of each system, one after the other in turn' },
  seconds: { value: 8, meaning: 'measured seconds in a round' },
  'warm-up': { value: 30, meaning: 'seconds of load before that: V8 compiles while it runs' },
  size: { value: 1024, meaning: 'bytes of a payload' },
  open: { value: 4000, meaning: 'transactions open at once on Cairn' },
  window: { value: 0, meaning: 'messages open at once on JetStream; 0 = tries which is best' },
  gogc: { value: 0, meaning: "GOGC of JetStream's servers; 0 = Go's default. Our broker has 400" },
  pack: { value: 0, meaning: 'transactions in a JetStream message; 0 = as many as fit 64 KiB' },
  lone: { value: 300, meaning: 'sequential submissions at the idle cluster' },
  folder: { value: 'test/dist/bench-data', meaning: 'where data is written; a disk, not memory' },
};

type PeersFlags = Values<typeof flags>;

const WINDOWS = [4, 8, 16, 32, 64, 128];
const WINDOW_TRIAL = { warmUpMs: 1000, measureMs: 2000, loneTransactions: 1 };
const PACK_BYTES = 64 * 1024;

export const peersBench: Bench = {
  name: 'peers',
  summary:
    'Cairn with 3 orderers and JetStream R3 side by side: throughput, latency, processor time',
  flags,
  run: async (words) => runPeers(readFlags(flags, words)),
};

async function runPeers(values: PeersFlags): Promise<void> {
  for (const line of describeMachine('.')) say(line);
  if (isMemory('.')) say('WARNING: this folder is in memory; what follows is not about a disk.');
  const plans = { Cairn: cairnPlan(values), JetStream: await jetStreamPlan(values) };
  const rounds: Round[] = [];
  for (let number = 1; number <= values.rounds; number++) {
    for (const system of ['JetStream', 'Cairn'] as const satisfies readonly SystemName[]) {
      const round = await runRound(system, plans[system]);
      rounds.push(round);
      say(`round ${number} of ${values.rounds}  ${describeRound(round)}`);
    }
  }
  for (const line of describeRounds(rounds, values.size)) say(line);
}

function cairnPlan(values: PeersFlags): RoundPlan {
  return {
    parent: values.folder,
    sizeBytes: values.size,
    windowSize: values.open,
    packedTransactions: 1,
    loneTransactions: values.lone,
    peerGarbagePercent: values.gogc,
    warmUpMs: values['warm-up'] * 1000,
    measureMs: values.seconds * 1000,
  };
}

async function jetStreamPlan(values: PeersFlags): Promise<RoundPlan> {
  const packedTransactions = values.pack || Math.max(1, Math.floor(PACK_BYTES / values.size));
  const plan = { ...cairnPlan(values), packedTransactions, windowSize: values.window };
  return values.window > 0 ? plan : { ...plan, windowSize: await bestWindow(plan) };
}

/** The rival gets the window that suits it best on this machine. */
async function bestWindow(plan: RoundPlan): Promise<number> {
  const rates: number[] = [];
  for (const windowSize of WINDOWS) {
    sayMeanwhile(`JetStream: trying ${windowSize} messages open`);
    const { transactionsPerSecond } = await runRound('JetStream', {
      ...plan,
      ...WINDOW_TRIAL,
      windowSize,
    });
    rates.push(transactionsPerSecond);
  }
  const { max } = spreadOf(rates);
  const best = WINDOWS[rates.indexOf(max)]!;
  const tried = WINDOWS.map((window, i) => `${window}: ${Math.round(rates[i]!)}`).join(', ');
  say(
    `JetStream, ${plan.packedTransactions} tx a message; by messages open: ${tried}; taking ${best}`,
  );
  return best;
}
