/**
 * Stopping a local cluster: orderers first, all at once, then the NATS server they say goodbye through.
 */
import { readClusterFile, withPid, writeClusterFile } from './cluster-file.ts';
import { type Home, natsServerName } from './home.ts';
import { type EndKind, endProcess, runningNames, runningProcess } from './processes.ts';

export interface StopReport {
  readonly name: string;
  readonly kind: EndKind;
}

/** Writes into `cluster.json` what really runs. */
export function refreshPids(home: Home): void {
  const cluster = readClusterFile(home);
  if (cluster === null) return;
  const refreshed = cluster.orderers.reduce(
    (file, { name }) => withPid(file, name, runningProcess(home, name)?.pid ?? null),
    cluster,
  );
  writeClusterFile(home, refreshed);
}

/** Ends everything of this home that runs and was started by us. Returns when it has ended. */
export async function stopCluster(home: Home): Promise<StopReport[]> {
  const orderers = runningNames(home).filter((name) => name !== natsServerName);
  const reports = await Promise.all(
    orderers.sort().map(async (name) => ({ name, kind: await endProcess(home, name) })),
  );
  const nats = { name: natsServerName, kind: await endProcess(home, natsServerName) };
  refreshPids(home);
  return [...reports, nats].filter(({ kind }) => kind !== 'notRunning');
}
