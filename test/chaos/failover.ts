/**
 * How long nobody is served when a leader goes: killed, stopped on purpose, or paused under load.
 *
 * Measured from the signal to the next receipt, with a client that asks again every few milliseconds and so adds nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsConnection } from 'nats';
import { ask } from '../support/bare.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { check, type Fault } from './checker.ts';
import { collectChains, leadersInLogs } from './collect.ts';
import { History } from './history.ts';
import { settle } from './settle.ts';
import { Workload } from './workload.ts';

export interface FailoverOptions {
  readonly rounds: number;
  readonly orderers: number;
}

export interface PauseResult {
  readonly transactions: number;
  readonly slowestMs: number;
  readonly unanswered: number;
  readonly notAcknowledged: number;
  readonly faults: readonly Fault[];
}

export interface FailoverResult {
  readonly killGapsMs: readonly number[];
  readonly stopGapsMs: readonly number[];
  readonly pause: PauseResult;
}

const CHANNEL = 'mychannel';
const ASK_AGAIN_MS = 20;
const PAUSE_TRANSACTIONS = 6_000;
const PAUSE_LOAD_SECONDS = 12;
const PAUSE_AFTER_MS = 3_000;
const PAUSED_MS = 6_000;

export async function runFailover(
  { rounds, orderers }: FailoverOptions,
  say: (line: string) => void,
): Promise<FailoverResult> {
  const cluster = await startCluster({ orderers });
  try {
    const nats = await cluster.bare();
    const killGapsMs: number[] = [];
    const stopGapsMs: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      killGapsMs.push(await gapAfter(cluster, nats, 'SIGKILL'));
      stopGapsMs.push(await gapAfter(cluster, nats, 'SIGTERM'));
      const [kill, stop] = [killGapsMs.at(-1)!, stopGapsMs.at(-1)!].map(Math.round);
      say(`round ${round} of ${rounds}: killed ${kill} ms, stopped ${stop} ms`);
    }
    say('pausing the leader under load');
    return { killGapsMs, stopGapsMs, pause: await pauseLeader(cluster, nats) };
  } finally {
    await cluster.close();
  }
}

/** Everything is well, then the signal; the time to the next receipt. The orderer is back when it returns. */
async function gapAfter(
  cluster: TestCluster,
  nats: NatsConnection,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<number> {
  const leader = await cluster.waitForLeader(CHANNEL);
  const last = await receiptOf(nats);
  await cluster.waitForHeight(last + 1);
  await sleep(1_500);
  const startMs = performance.now();
  cluster.process(leader).signal(signal);
  await receiptNotBy(cluster, nats, leader);
  const gapMs = performance.now() - startMs;
  await cluster.process(leader).ended;
  await cluster.start(leader);
  return gapMs;
}

/** The number of the block of the first receipt: a new request every few milliseconds, so no lost one holds up the rest. */
function receiptOf(nats: NatsConnection): Promise<number> {
  return new Promise((resolve) => {
    const submitOnce = async (): Promise<void> => {
      try {
        const answer = await ask(nats, `cairn.${CHANNEL}.submit`, 'x');
        if (answer === 'no responders' || answer.json?.status !== 200) return;
        clearInterval(timer);
        resolve(answer.json.block);
      } catch {
        // Delivered to a leader that is gone, and so never answered.
      }
    };
    const timer = setInterval(() => void submitOnce(), ASK_AGAIN_MS);
  });
}

/** A leader that stops in good order still commits what it has: only a successor's block counts. */
async function receiptNotBy(
  cluster: TestCluster,
  nats: NatsConnection,
  former: string,
): Promise<void> {
  for (;;) {
    const number = await receiptOf(nats);
    const answer = await ask(nats, `cairn.${CHANNEL}.fetch`, `${number}`);
    if (answer !== 'no responders' && answer.json?.block?.proposer !== former) return;
    if (!cluster.isRunning(former)) return;
  }
}

async function pauseLeader(cluster: TestCluster, nats: NatsConnection): Promise<PauseResult> {
  const sdk = (await cluster.sdk()).channel(CHANNEL, { genesis: cluster.genesis() });
  const history = new History();
  const workload = new Workload(
    { transactions: PAUSE_TRANSACTIONS, seconds: PAUSE_LOAD_SECONDS, channel: CHANNEL },
    { sdk, bare: nats },
    history,
  );
  const leader = await cluster.waitForLeader(CHANNEL);
  const running = workload.run();
  await sleep(PAUSE_AFTER_MS);
  cluster.pause(leader);
  await sleep(PAUSED_MS);
  cluster.continue(leader);
  await running;
  const height = await settle(cluster, sdk, history);
  const chains = await collectChains(cluster, CHANNEL, height);
  const leaders = leadersInLogs(cluster, CHANNEL);
  const attempts = [...history.attempts.values()];
  const faults = check({ history, chains, served: [], leaders, strangersAllowed: true });
  return {
    transactions: attempts.length,
    slowestMs: Math.max(...attempts.map(({ submittedMs, endedMs }) => endedMs - submittedMs)),
    unanswered: history.count('open'),
    notAcknowledged: history.count('refused') + history.count('unknown'),
    faults,
  };
}

/** Of sorted or unsorted samples, by the nearest rank. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}
