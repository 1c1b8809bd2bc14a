/**
 * One round of one system: a fresh cluster in a fresh folder, lone transactions, then load.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sayMeanwhile } from '../bench.ts';
import { type CpuSeconds, cpuSecondsOf, spentBetween } from '../support/cpu-time.ts';
import { makeFolder } from '../support/folder.ts';
import { loadAverage, settleDisk } from '../support/machine.ts';
import { type CairnOptions, type Cluster, startCairn } from './cairn-cluster.ts';
import { startJetStream } from './jetstream-cluster.ts';
import { type ClientProgram, type LoadPlan, type LoadReport, runClient } from './protocol.ts';

export type SystemName = 'Cairn' | 'JetStream';

export interface RoundPlan extends Omit<LoadPlan, 'url'> {
  /** Where the folder of the round is made. */
  readonly parent: string;
  /** `GOGC` of JetStream's servers; 0: Go's default. */
  readonly peerGarbagePercent?: number;
}

export interface Round {
  readonly system: SystemName;
  readonly report: LoadReport;
  readonly transactionsPerSecond: number;
  /** Per 1,000 transactions, by process; the client's too. */
  readonly cpuSeconds: CpuSeconds;
  /** Before the round: what else ran. */
  readonly loadAverage: number;
}

/** For profiles; empty otherwise. */
export interface RoundOptions {
  readonly ordererNodeOptions?: CairnOptions['nodeOptions'];
  readonly clientNodeOptions?: ClientProgram['nodeOptions'];
}

const clientPrograms = { Cairn: 'cairn-client', JetStream: 'jetstream-client' } as const;

export async function runRound(
  system: SystemName,
  plan: RoundPlan,
  options: RoundOptions = {},
): Promise<Round> {
  settleDisk();
  const load = loadAverage();
  const folder = makeFolder(plan.parent);
  let cluster: Cluster | null = null;
  try {
    sayMeanwhile(`${system}: starting`);
    cluster = await start(system, join(folder.path, 'cluster'), plan, options);
    const round = await measure(system, cluster, plan, options);
    return { ...round, loadAverage: load };
  } finally {
    await cluster?.stop(options.ordererNodeOptions !== undefined);
    await folder.remove();
  }
}

function start(
  system: SystemName,
  folder: string,
  { peerGarbagePercent: garbagePercent = 0 }: RoundPlan,
  options: RoundOptions,
): Promise<Cluster> {
  mkdirSync(folder, { recursive: true });
  if (system === 'JetStream') return startJetStream({ folder, garbagePercent });
  const { ordererNodeOptions: nodeOptions } = options;
  return startCairn({ folder, ...(nodeOptions !== undefined && { nodeOptions }) });
}

async function measure(
  system: SystemName,
  cluster: Cluster,
  plan: RoundPlan,
  { clientNodeOptions: nodeOptions }: RoundOptions,
): Promise<Omit<Round, 'loadAverage'>> {
  const processes = [...cluster.processes];
  let before: CpuSeconds = new Map();
  const program = {
    name: clientPrograms[system],
    ...(nodeOptions !== undefined && { nodeOptions }),
  };
  const { report, after } = await runClient(
    program,
    { ...plan, url: cluster.url },
    {
      pid: (pid) => processes.push({ name: 'client', pid }),
      measuring: () => {
        before = cpuSecondsOf(processes);
      },
      progress: (transactions) =>
        sayMeanwhile(`${system}: ${transactions.toLocaleString('en-US')}`),
      measured: () => cpuSecondsOf(processes),
    },
  );
  const perThousand = [...spentBetween(before, after)].map(
    ([name, seconds]) => [roleOf(name), (seconds * 1000) / report.transactions] as const,
  );
  return {
    system,
    report,
    transactionsPerSecond: (report.transactions * 1000) / report.elapsedMs,
    cpuSeconds: summed(perThousand),
  };
}

/** Which member leads differs from round to round: the role is what can be compared. */
function roleOf(name: string): string {
  return name.split(' ')[0]!;
}

function summed(entries: readonly (readonly [string, number])[]): CpuSeconds {
  const sums = new Map<string, number>();
  for (const [name, seconds] of entries) sums.set(name, (sums.get(name) ?? 0) + seconds);
  return sums;
}
