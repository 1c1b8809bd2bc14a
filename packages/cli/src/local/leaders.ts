/**
 * Waiting until every channel of a local cluster has a leader, as the orderers themselves tell over NATS.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { channelStatus, readSeedFile } from '@cairn/orderer/settings';
import { type Bus, connectNatsBus, inboxPrefixOf, subjectsOf } from '@cairn/transport';
import { unavailable } from '../errors.ts';
import { gatherChannel } from '../gather.ts';
import type { ClusterFile } from './cluster-file.ts';
import { clientName } from './home.ts';

const POLL_MS = 50;
const ASK_TIMEOUT_MS = 1_000;

/** The local cluster's own client. */
export function connectAsClient(cluster: ClusterFile): Promise<Bus> {
  return connectNatsBus({
    servers: [cluster.nats],
    credentials: { kind: 'nkeySeed', nkeySeed: readSeedFile(cluster.creds) },
    inboxPrefix: inboxPrefixOf(clientName),
    name: 'cairn',
  });
}

async function leaderNow(bus: Bus, cluster: ClusterFile, prefix: string, channel: string) {
  const orderers = cluster.orderers.map(({ name }) => name);
  const subjects = subjectsOf(prefix);
  const request = { subjects, channel, orderers, timeoutMs: ASK_TIMEOUT_MS };
  return channelStatus(await gatherChannel(bus, request)).leader;
}

/** The leader of each channel, once every channel has one. Throws with exit code 4 after `timeoutMs`. */
export async function waitForLeaders(
  cluster: ClusterFile,
  prefix: string,
  timeoutMs: number,
): Promise<ReadonlyMap<string, string>> {
  const bus = await connectAsClient(cluster);
  const deadlineMs = performance.now() + timeoutMs;
  const leaders = new Map<string, string>();
  try {
    for (const channel of cluster.channels) {
      let leader = await leaderNow(bus, cluster, prefix, channel);
      while (leader === null) {
        if (performance.now() > deadlineMs) {
          throw unavailable('NO_LEADER', `${channel} has no leader yet; see "cairn status".`);
        }
        await sleep(POLL_MS);
        leader = await leaderNow(bus, cluster, prefix, channel);
      }
      leaders.set(channel, leader);
    }
    return leaders;
  } finally {
    await bus.close();
  }
}
