/**
 * Bringing a local cluster up: initialise, check ports, NATS server, orderers, leaders.
 *
 * Whatever fails on the way, what was started is stopped again. A foreground cluster gets a guard before anything else
 * runs, so that even a killed command leaves nothing behind.
 */
import { exitCodes } from '@cairn/transport';
import { CommandError } from '../errors.ts';
import { unlessInterrupted } from '../interrupt.ts';
import { type ClusterFile, readClusterFile, requireClusterFile } from './cluster-file.ts';
import { type Guard, startGuard } from './guard.ts';
import { type Home, natsServerName } from './home.ts';
import { type InitReport, initialise, initialisedOrdererCount } from './init.ts';
import { waitForLeaders } from './leaders.ts';
import { ensureNatsServer } from './nats-server.ts';
import {
  type ClusterPorts,
  choosePorts,
  defaultPortBases,
  type PortBases,
  requireFreePorts,
} from './ports.ts';
import { runningProcess } from './processes.ts';
import { launchOrderer, startNatsServer, waitForOrderer } from './start.ts';
import { refreshPids, stopCluster } from './stop.ts';

export interface UpOptions {
  /** Undefined: as the directory was made, or 5. */
  readonly ordererCount?: number | undefined;
  /** Undefined: as the directory was made, or the default. */
  readonly ports: Partial<PortBases>;
  readonly channelsDirectory: string;
  readonly prefix: string;
  /** With a guard: the cluster ends with this process. */
  readonly foreground: boolean;
}

/** Told about each step, so that somebody who watches sees that something happens. */
export type Progress = (step: string) => void;

export interface RunningCluster {
  readonly cluster: ClusterFile;
  readonly init: InitReport;
  readonly leaders: ReadonlyMap<string, string>;
  readonly guard: Guard | null;
}

export const defaultOrdererCount = 5;
const LEADER_TIMEOUT_MS = 30_000;

/** The ports a home has used so far, so that a second `up` finds its cluster at the same addresses. */
function recordedPorts(cluster: ClusterFile): ClusterPorts {
  const portOf = (url: string): number => Number(new URL(url).port);
  return {
    nats: portOf(cluster.nats),
    orderers: cluster.orderers.map(({ http, operations }) => ({
      http: portOf(http),
      operations: portOf(operations),
    })),
  };
}

/** Bases that are given win; the rest stays as recorded, or becomes the default. */
export async function portsFor(
  home: Home,
  given: Partial<PortBases>,
  ordererCount: number,
): Promise<ClusterPorts> {
  const chosen = await choosePorts({ ...defaultPortBases, ...given }, ordererCount);
  const cluster = readClusterFile(home);
  if (cluster === null) return chosen;
  const recorded = recordedPorts(cluster);
  return {
    nats: given.natsPort === undefined ? recorded.nats : chosen.nats,
    orderers: chosen.orderers.map((ports, i) => ({
      http: given.httpPort === undefined ? (recorded.orderers[i]?.http ?? ports.http) : ports.http,
      operations:
        given.operationsPort === undefined
          ? (recorded.orderers[i]?.operations ?? ports.operations)
          : ports.operations,
    })),
  };
}

/** Who runs already, if the NATS server of this home does: then the cluster is up. */
export function runningCluster(home: Home): { cluster: ClusterFile; down: string[] } | null {
  if (runningProcess(home, natsServerName) === null) return null;
  refreshPids(home);
  const cluster = requireClusterFile(home);
  return {
    cluster,
    down: cluster.orderers.filter(({ pid }) => pid === null).map(({ name }) => name),
  };
}

/**
 * Initialises (again) with the ports that the options and what is recorded decide. A taken port is not recorded: the next
 * `up` would want it again.
 */
export async function prepare(
  home: Home,
  options: UpOptions,
  mustBeFree: boolean,
): Promise<InitReport> {
  const ordererCount = options.ordererCount ?? initialisedOrdererCount(home) ?? defaultOrdererCount;
  const ports = await portsFor(home, options.ports, ordererCount);
  if (mustBeFree) await requireFreePorts(ports);
  const { channelsDirectory, prefix } = options;
  return initialise(home, { ordererCount, channelsDirectory, prefix, ports }, Date.now());
}

async function startOrderers(home: Home, cluster: ClusterFile, progress: Progress): Promise<void> {
  progress(`starting ${cluster.orderers.length} orderers`);
  const started = cluster.orderers.map(({ name }) => ({
    name,
    process: launchOrderer(home, name),
  }));
  refreshPids(home);
  let readyCount = 0;
  const waits = started.map(async ({ name, process }) => {
    await waitForOrderer(home, cluster, name, process);
    readyCount++;
    progress(`${name} is ready (${readyCount} of ${started.length})`);
  });
  await Promise.all(waits);
}

async function startAll(home: Home, init: InitReport, prefix: string, progress: Progress) {
  const { cluster } = init;
  const program = ensureNatsServer(process.env, progress);
  progress(`starting ${program} on ${cluster.nats}`);
  await startNatsServer(home, program, cluster);
  await startOrderers(home, cluster, progress);
  progress(`waiting for leaders of ${cluster.channels.join(', ')}`);
  const leaders = await waitForLeaders(cluster, prefix, LEADER_TIMEOUT_MS);
  refreshPids(home);
  return { cluster: requireClusterFile(home), leaders };
}

function requireNothingRunning(home: Home, orderers: readonly { name: string }[]): void {
  const running = orderers.filter(({ name }) => runningProcess(home, name) !== null);
  if (running.length === 0) return;
  const names = running.map(({ name }) => name).join(', ');
  throw new CommandError(
    'START_FAILED',
    exitCodes.unavailable,
    `${names} of ${home.directory} still run without their NATS server; run "cairn down" first.`,
  );
}

/** The caller has checked that the cluster is not up. */
export async function bringUp(
  home: Home,
  options: UpOptions,
  signal: AbortSignal,
  progress: Progress,
): Promise<RunningCluster> {
  requireNothingRunning(home, readClusterFile(home)?.orderers ?? []);
  const init = await prepare(home, options, true);
  const guard = options.foreground ? startGuard(home) : null;
  try {
    const work = startAll(home, init, options.prefix, progress);
    return { ...(await unlessInterrupted(signal, work)), init, guard };
  } catch (error) {
    progress('stopping what was started');
    await stopCluster(home);
    await guard?.release();
    throw error;
  }
}
