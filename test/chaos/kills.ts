/**
 * Transactions through the death of leader after leader, then the whole reckoning.
 */
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { type Chains, check, digestOf, type Evidence, type Fault } from './checker.ts';
import { collectChains, errorsInLogs, leadersInLogs, Reader } from './collect.ts';
import { type Disturbance, Disturber, type Plan } from './disturber.ts';
import { History } from './history.ts';
import { settle } from './settle.ts';
import { Workload } from './workload.ts';

export interface KillRunOptions {
  readonly transactions: number;
  readonly seconds: number;
  readonly everySeconds: number;
  readonly plan: Plan;
  readonly orderers: number;
}

export interface KillRunResult {
  readonly faults: readonly Fault[];
  readonly submitted: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly refusals: ReadonlyMap<string, number>;
  readonly unknown: number;
  readonly disturbances: readonly Disturbance[];
  readonly height: number;
  readonly transactionsInChain: number;
  readonly leaders: number;
  readonly digests: ReadonlyMap<string, string>;
  readonly served: number;
  readonly longestGapMs: number;
  readonly loadSeconds: number;
  readonly logErrors: readonly string[];
}

const CHANNEL = 'mychannel';

export async function runKills(
  options: KillRunOptions,
  say: (line: string) => void,
): Promise<KillRunResult> {
  const cluster = await startCluster({ orderers: options.orderers });
  try {
    say(`${options.orderers} orderers in ${cluster.directory}`);
    return await disturb(cluster, options, say);
  } finally {
    await cluster.close();
  }
}

async function disturb(
  cluster: TestCluster,
  options: KillRunOptions,
  say: (line: string) => void,
): Promise<KillRunResult> {
  const bare = await cluster.bare();
  const sdk = (await cluster.sdk()).channel(CHANNEL, { genesis: cluster.genesis() });
  const history = new History();
  const { transactions, seconds } = options;
  const workload = new Workload(
    { transactions, seconds, channel: CHANNEL },
    { sdk, bare },
    history,
  );
  const reader = new Reader(bare, cluster, CHANNEL);
  const everyMs = options.everySeconds * 1000;
  const disturber = new Disturber(cluster, CHANNEL, { everyMs, plan: options.plan });
  const progress = setInterval(() => {
    const { submitted } = workload;
    const open = history.openCount;
    say(
      `${submitted} of ${transactions} submitted, ${open} open, ${disturber.done.length} disturbances`,
    );
  }, 5_000);
  void reader.start();
  const startMs = performance.now();
  const disturbing = disturber.run();
  await workload.run();
  const loadSeconds = (performance.now() - startMs) / 1000;
  disturber.stop();
  reader.stop();
  clearInterval(progress);
  await disturbing;
  say('all submissions ended; waiting until all orderers have the same height');
  const height = await settle(cluster, sdk, history);
  say(`height ${height}; reading every chain from every orderer and every directory`);
  const chains = await collectChains(cluster, CHANNEL, height);
  const evidence: Evidence = {
    history,
    chains,
    served: reader.served,
    leaders: leadersInLogs(cluster, CHANNEL),
  };
  return summary(evidence, {
    faults: check(evidence),
    disturbances: disturber.done,
    loadSeconds,
    height,
    logErrors: errorsInLogs(cluster),
  });
}

type Measured = Pick<
  KillRunResult,
  'faults' | 'disturbances' | 'loadSeconds' | 'height' | 'logErrors'
>;

function summary(evidence: Evidence, measured: Measured): KillRunResult {
  const { history, chains, served, leaders } = evidence;
  return {
    ...measured,
    submitted: history.attempts.size,
    acknowledged: history.count('acknowledged'),
    refused: history.count('refused'),
    refusals: refusalsOf(history),
    unknown: history.count('unknown'),
    leaders: leaders.length,
    served: served.length,
    transactionsInChain: countTransactions(chains),
    digests: new Map([...chains].map(([name, chain]) => [name, digestOf(chain)])),
    longestGapMs: longestGap(history),
  };
}

function refusalsOf(history: History): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome } of history.attempts.values()) {
    if (outcome.kind !== 'refused') continue;
    counts.set(outcome.code, (counts.get(outcome.code) ?? 0) + 1);
  }
  return counts;
}

function countTransactions(chains: Chains): number {
  const [chain = []] = chains.values();
  return chain.reduce((count, bytes) => count + bytes.readUInt32BE(106), 0) - 1;
}

/** The longest time in which nothing was acknowledged. */
function longestGap(history: History): number {
  const times = [...history.attempts.values()]
    .filter(({ outcome }) => outcome.kind === 'acknowledged')
    .map(({ endedMs }) => endedMs)
    .sort((left, right) => left - right);
  return times.reduce((longest, time, i) => Math.max(longest, time - (times[i - 1] ?? time)), 0);
}
