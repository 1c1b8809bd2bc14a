/**
 * A channel that stopped on one orderer: it takes no part any more, shows what it has, and leaves nobody waiting.
 */
import { describe, expect, test } from 'vitest';
import type { Traffic } from '../src/traffic.ts';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

const problem = { code: 'ROOT', message: 'Block refused: for a test.' };

function clusterWithBlock() {
  const cluster = new MemoryCluster({ seed: 11, orderers: 3 });
  cluster.start();
  const leader = cluster.awaitLeader();
  cluster.ask(subjects.submit('mychannel'), 'one');
  cluster.awaitHeight(2);
  return { cluster, leader };
}

describe('a channel that failed', () => {
  test('ends those who wait for its next block, and those who come later', () => {
    const { cluster, leader } = clusterWithBlock();
    const subject = subjects.fetchFrom('mychannel', leader);
    const before = cluster.request(subject, '2', { 'Cairn-Wait-Ms': '2000' });
    cluster.world.runFor(100);
    cluster.channelOf(leader).fail(problem);
    const after = cluster.request(subject, '2', { 'Cairn-Wait-Ms': '2000' });
    cluster.world.runFor(1_000);
    expect([before.status, after.status]).toEqual([404, 404]);
    expect(cluster.ask(subject, '1').json.block.number).toBe(1);
  });

  test('does not lead, whatever it did when it failed', () => {
    const { cluster, leader } = clusterWithBlock();
    cluster.channelOf(leader).fail(problem);
    expect(cluster.channelOf(leader).isLeader).toBe(false);
    const successor = cluster.awaitLeader();
    expect(successor).not.toBe(leader);
    expect(cluster.ask(subjects.submit('mychannel'), 'two').status).toBe(200);
    const refused = cluster.ask(subjects.submitTo('mychannel', leader), 'three');
    expect(refused.json.error.code).toBe('CHANNEL_FAILED');
  });

  test('says so to those whose transactions it had queued', () => {
    const { cluster, leader } = clusterWithBlock();
    const answers = ['a', 'b', 'c'].map((id) =>
      cluster.request(subjects.submit('mychannel'), 'x', { 'Nats-Msg-Id': id }),
    );
    cluster.world.runUntil(() => cluster.channelOf(leader).submissions.openRequests > 0, 100);
    cluster.channelOf(leader).fail(problem);
    cluster.world.runFor(100);
    const codes = answers.map(({ json }) => json.error.code);
    expect(new Set(codes)).toEqual(new Set(['CHANNEL_FAILED']));
  });

  test('sends nothing any more, and its orderer stops without waiting for it', () => {
    const { cluster, leader } = clusterWithBlock();
    const channel = cluster.channelOf(leader);
    channel.fail(problem);
    const sent = () => framesOut(cluster.node(leader).orderer!.traffic);
    cluster.world.runFor(10);
    const before = sent();
    cluster.world.runFor(5_000);
    expect(sent()).toBe(before);
    const startedAtMs = cluster.world.nowMs;
    let stopped = false;
    cluster.node(leader).orderer!.stop(() => {
      stopped = true;
    });
    cluster.world.runUntil(() => stopped, 5_000);
    expect(cluster.world.nowMs - startedAtMs).toBeLessThan(100);
  });
});

function framesOut({ counts }: Traffic): number {
  return counts
    .filter(({ direction }) => direction === 'out')
    .reduce((sum, { frames }) => sum + frames, 0);
}
