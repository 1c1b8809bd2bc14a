/**
 * The NATS server as the weak link: killed under load, and gone for ten seconds. What was acknowledged stays, submitting
 * goes on by itself, no orderer ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelClient } from '@cairn/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { check } from '../chaos/checker.ts';
import { collectChains, errorsInLogs, leadersInLogs } from '../chaos/collect.ts';
import { History } from '../chaos/history.ts';
import { settle } from '../chaos/settle.ts';
import { Workload } from '../chaos/workload.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';

const CHANNEL = 'mychannel';

let cluster: TestCluster;
let channel: ChannelClient;

beforeAll(async () => {
  cluster = await startCluster({ orderers: 3 });
  channel = (await cluster.sdk()).channel(CHANNEL, { genesis: cluster.genesis() });
});

afterAll(() => cluster?.close());

/** Nothing is acknowledged any more, then something is: how long after the server came back. */
async function msUntilNextReceipt(): Promise<number> {
  const startMs = performance.now();
  await channel.submit('is anybody there', { timeoutMs: 30_000 });
  return performance.now() - startMs;
}

test('a server that is killed twice and gone for ten seconds loses nothing', {
  timeout: 90_000,
}, async () => {
  const history = new History();
  const bare = await cluster.bare();
  const load = { transactions: 6_000, seconds: 18, channel: CHANNEL };
  const workload = new Workload(load, { sdk: channel, bare }, history);
  const running = workload.run();
  await sleep(2_000);
  await cluster.stopNats();
  await cluster.startNats();
  await msUntilNextReceipt();
  await sleep(2_000);
  await cluster.stopNats();
  await until('metrics say that there is no connection', async () => {
    const connected = await cluster.metricOfAll('cairn_transport_connected');
    return [...connected.values()].every((value) => value === 0);
  });
  for (const name of cluster.names)
    expect(await cluster.readiness(name)).toMatchObject({ ready: false });
  await sleep(8_000);
  await cluster.startNats();
  expect(await msUntilNextReceipt()).toBeLessThan(10_000);
  await running;
  expect(cluster.names.every((name) => cluster.isRunning(name))).toBe(true);

  const height = await settle(cluster, channel, history);
  const chains = await collectChains(cluster, CHANNEL, height);
  const leaders = leadersInLogs(cluster, CHANNEL);
  expect(check({ history, chains, served: [], leaders, strangersAllowed: true })).toEqual([]);
  expect(history.count('acknowledged')).toBeGreaterThan(load.transactions / 2);
  expect(errorsInLogs(cluster)).toEqual([]);
});
