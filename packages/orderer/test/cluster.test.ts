import { toHex } from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

describe('a cluster of five in one thread', () => {
  test('elects a leader and orders a bare payload', () => {
    const cluster = new MemoryCluster({ seed: 1, orderers: 5 });
    cluster.start();
    cluster.awaitLeader();
    const answer = cluster.ask(subjects.submit('mychannel'), 'hello', { 'Nats-Msg-Id': 'order-1' });
    expect(answer.json).toMatchObject({
      status: 200,
      id: 'order-1',
      block: 1,
      index: 0,
      duplicate: false,
    });
    cluster.awaitHeight(2);
    const hashes = cluster.nodes.map((node) => toHex(cluster.blocksOf(node.name)[1]!.hash));
    expect(new Set(hashes).size).toBe(1);
  });

  test('replaces a killed leader, and the killed one rejoins without moving the term', () => {
    const cluster = new MemoryCluster({ seed: 2, orderers: 5 });
    cluster.start();
    const first = cluster.awaitLeader();
    cluster.ask(subjects.submit('mychannel'), 'one');
    cluster.kill(first);
    const second = cluster.awaitLeader();
    expect(second).not.toBe(first);
    cluster.ask(subjects.submit('mychannel'), 'two');
    const { term } = cluster.channelOf(second);
    cluster.start(first);
    cluster.awaitHeight(3);
    cluster.world.runFor(5_000);
    expect(cluster.channelOf(second).term).toBe(term);
    expect(cluster.channelOf(first).status.role).toBe('follower');
  });
});
