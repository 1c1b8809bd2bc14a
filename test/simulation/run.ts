/**
 * One seed: a cluster under its clients, a safety phase, a liveness phase, a verdict.
 */
import { Clients, standardWorkload } from './clients.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { type Observer, observerOf, type Verdict } from './oracle/observer.ts';
import { checkWishes, finalChain } from './promises.ts';
import { chanceOf } from './random.ts';
import { Readers } from './readers.ts';
import { Trace, type TracedEvent } from './trace.ts';

export interface Failure {
  readonly invariant: string;
  readonly sentence: string;
  readonly atMs: number;
}

export interface RunResult {
  readonly seed: number;
  readonly failure: Failure | null;
  readonly hash: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly blocks: number;
  readonly committed: number;
  readonly leaderChanges: number;
  readonly last: readonly TracedEvent[];
}

export interface RunOptions {
  readonly seed: number;
  readonly safetyMs: number;
  readonly cluster?: Partial<ClusterOptions>;
  /** Further observers, made once the cluster stands. */
  readonly oracles?: (cluster: Cluster, verdict: Verdict) => readonly Partial<Observer>[];
  readonly listener?: (event: TracedEvent) => void;
}

export function run(options: RunOptions): RunResult {
  const { seed, safetyMs } = options;
  let failure: Failure | null = null;
  const observers: Partial<Observer>[] = [];
  const late = observerOf([]);
  const observer = { ...late };
  const cluster = new Cluster({ orderers: 5, ...options.cluster, seed }, observer);
  const verdict: Verdict = {
    fail: (invariant, sentence) => {
      failure ??= { invariant, sentence, atMs: cluster.world.nowMs };
      cluster.world.stop();
    },
  };
  const trace = new Trace(cluster.world, options.listener ?? null);
  observers.push(trace, ...(options.oracles?.(cluster, verdict) ?? []));
  Object.assign(observer, observerOf(observers));
  const watch = { observer, verdict };
  const clients = cluster.channels.map(
    (channel) =>
      new Clients(cluster, channel, chanceOf(seed, `workload ${channel}`), standardWorkload, watch),
  );
  const readers = cluster.channels.map(
    (channel) => new Readers(cluster, channel, chanceOf(seed, `readers ${channel}`), watch),
  );
  for (const node of cluster.nodes) node.start();
  for (const each of clients) each.runUntil(safetyMs);
  for (const each of readers) each.runUntil(safetyMs, 200);
  cluster.world.runFor(safetyMs);
  cluster.world.runUntil(() => clients.every(({ open }) => open.length === 0), 20_000);
  cluster.world.runFor(1_000);
  let blocks = 0;
  for (const [at, channel] of cluster.channels.entries()) {
    const chain = finalChain(cluster, cluster.alive, channel, verdict);
    if (chain === null) continue;
    blocks += chain.blocks.length;
    checkWishes(clients[at]!.wishes, chain, verdict);
    readers[at]!.check(chain);
  }
  const wishes = clients.flatMap((each) => each.wishes);
  return {
    seed,
    failure,
    hash: trace.hash,
    simulatedMs: cluster.world.nowMs,
    events: cluster.world.events,
    blocks,
    committed: wishes.filter(({ outcome }) => outcome === 'committed').length,
    leaderChanges: 0,
    last: failure === null ? [] : trace.last,
  };
}
