/**
 * What an orderer knows again after a restart: ids beyond commit, and everything it has shown.
 */
import { idAt } from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

const headers = { 'Nats-Msg-Id': 'once' };
const submit = subjects.submit('mychannel');

describe('after a restart', () => {
  test('an id that stood beyond commit is known', () => {
    const cluster = new MemoryCluster({ seed: 51, orderers: 3 });
    cluster.start();
    const leader = cluster.awaitLeader();
    const [other] = cluster.nodes.filter(({ name }) => name !== leader);
    cluster.isCut = (from) => from === leader;
    cluster.request(submit, 'x', headers);
    cluster.world.runUntil(() => cluster.channelOf(leader).blocksInFlight === 1, 1_000);
    cluster.world.runFor(50);
    for (const node of cluster.nodes) cluster.kill(node.name);
    cluster.isCut = () => false;
    cluster.start(leader, other!.name);
    expect(cluster.awaitLeader(), 'nobody else has as long a log').toBe(leader);
    expect(cluster.ask(submit, 'x', headers).json).toMatchObject({ block: 1, duplicate: true });
    expect(cluster.ask(submit, 'other', headers).status).toBe(409);
    cluster.ask(submit, 'y', { 'Nats-Msg-Id': 'next' });
    cluster.world.runFor(300);
    const ids = cluster.blocksOf(leader).map(({ body }) => idAt(body, 0));
    expect(ids).toEqual(['config-0', 'once', 'next']);
  });

  test('a block that was shown is shown again, whenever the orderer is killed', () => {
    for (let killAfterMs = 0; killAfterMs < 12; killAfterMs++) {
      const cluster = new MemoryCluster({ seed: 52, orderers: 3 });
      cluster.start();
      const leader = cluster.awaitLeader();
      const follower = cluster.nodes.find(({ name }) => name !== leader)!.name;
      const subject = subjects.fetchFrom('mychannel', follower);
      const shown = cluster.request(subject, '1', { 'Cairn-Wait-Ms': '5000' });
      cluster.world.runFor(20);
      cluster.request(submit, 'x', headers);
      cluster.world.runFor(killAfterMs);
      const wasVisible = cluster.channelOf(follower).reader.visibleHeight;
      for (const node of cluster.nodes) cluster.kill(node.name);
      cluster.world.runFor(50);
      cluster.start(follower);
      const { visibleHeight } = cluster.channelOf(follower).reader;
      expect(visibleHeight).toBeGreaterThanOrEqual(wasVisible);
      if (shown.status === 200) expect(visibleHeight).toBe(2);
    }
  });
});
