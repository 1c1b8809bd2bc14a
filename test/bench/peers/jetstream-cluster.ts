/**
 * Three clustered NATS servers with one stream of three replicas on files: JetStream with its defaults, as
 * Debian installs it; on request with the collector set as our own broker has it (decision 0015).
 *
 * JetStream acknowledges before it syncs; Cairn after. The client is connected to the server that leads the stream, so
 * that no message takes a way it need not.
 */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type JetStreamManager, RetentionPolicy, StorageType } from 'nats';
import { startNatsServer, type TestNatsServer } from '../../support/nats-server.ts';
import type { Cluster } from './cairn-cluster.ts';

export const SUBJECT = 'bench.transactions';
const STREAM = 'bench';
const NAMES = ['server1', 'server2', 'server3'];
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 100;

export interface JetStreamOptions {
  readonly folder: string;
  /** `GOGC` of its servers; 0: Go's default. */
  readonly garbagePercent: number;
}

export async function startJetStream({
  folder,
  garbagePercent,
}: JetStreamOptions): Promise<Cluster> {
  const clusterPorts = await freePorts(NAMES.length);
  const servers: TestNatsServer[] = [];
  const environment = garbagePercent > 0 ? { GOGC: String(garbagePercent) } : {};
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    for (const [i, name] of NAMES.entries()) {
      const configuration = configurationOf(name, join(folder, name), clusterPorts, i);
      servers.push(await startNatsServer({ configuration, environment }));
    }
    const leader = await createStream(servers.map(({ url }) => url));
    const leading = servers[NAMES.indexOf(leader)];
    if (leading === undefined) throw new Error(`The stream is led by ${leader}, who is unknown.`);
    const processes = servers.map(({ pid }, i) => ({
      name: `${NAMES[i] === leader ? 'leader' : 'follower'} ${NAMES[i]}`,
      pid,
    }));
    return { url: leading.url, processes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configurationOf(
  name: string,
  directory: string,
  clusterPorts: readonly number[],
  own: number,
): string {
  const routes = clusterPorts.map((port) => `"nats-route://127.0.0.1:${port}"`);
  return `
    server_name: ${name}
    jetstream { store_dir: "${directory}", max_file_store: 100GB, max_memory_store: 1GB }
    cluster {
      name: bench
      listen: "127.0.0.1:${clusterPorts[own]}"
      routes: [${routes.join(', ')}]
    }
  `;
}

async function freePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = listeners.map((listener) => (listener.address() as { port: number }).port);
  await Promise.all(listeners.map((each) => new Promise((closed) => each.close(closed))));
  return ports;
}

function listenAnywhere(): Promise<ReturnType<typeof createServer>> {
  const listener = createServer();
  return new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(listener)));
}

/** The name of the server that leads the stream. */
async function createStream(servers: string[]): Promise<string> {
  const connection = await connect({ servers, noAsyncTraces: true });
  try {
    const manager = await connection.jetstreamManager({ checkAPI: false });
    const deadlineMs = performance.now() + START_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const leader = await tryToCreate(manager);
      if (leader !== null) return leader;
      await sleep(POLL_MS);
    }
  } finally {
    await connection.close();
  }
  throw new Error(`JetStream has no stream with a leader after ${START_TIMEOUT_MS} ms.`);
}

/** Null while the cluster is still finding itself. */
async function tryToCreate(manager: JetStreamManager): Promise<string | null> {
  try {
    await manager.streams.add({
      name: STREAM,
      subjects: [SUBJECT],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      num_replicas: NAMES.length,
    });
    const { cluster } = await manager.streams.info(STREAM);
    const areCurrent =
      cluster?.replicas?.filter(({ current }) => current).length === NAMES.length - 1;
    return areCurrent ? (cluster?.leader ?? null) : null;
  } catch {
    return null;
  }
}
