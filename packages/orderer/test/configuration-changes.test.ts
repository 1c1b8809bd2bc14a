/**
 * Changes of a channel's configuration under way: what waits in the queue, who leaves, who comes back with another key.
 */
import {
  beginMembershipChange,
  type ChannelConfig,
  encodeKey,
  type MemberWish,
  updateConfig,
} from '@cairn/ledger';
import type { MemberId } from '@cairn/raft';
import { nodeCrypto } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

const submit = subjects.submit('mychannel');

function wishes(config: ChannelConfig, change: (wish: MemberWish) => MemberWish | null) {
  return config.members.flatMap(({ id, name, key, role }) => {
    const wish = change({ id, name, key, role });
    return wish === null ? [] : [wish];
  });
}

function changeMembers(
  cluster: MemoryCluster,
  change: (wish: MemberWish) => MemberWish | null,
): void {
  const channel = cluster.channelOf(cluster.leader()!.name);
  const { config } = channel;
  expect(channel.proposeConfig(beginMembershipChange(config, wishes(config, change)))).toBe(true);
}

function problems(cluster: MemoryCluster) {
  return cluster.alive.map((node) => node.orderer!.channel('mychannel')!.problem);
}

function configsOf(cluster: MemoryCluster) {
  return cluster.alive.map((node) => cluster.channelOf(node.name).config);
}

describe('a change of batch settings', () => {
  test('what waits behind the fence and has become too large is refused, not ordered', () => {
    const cluster = new MemoryCluster({ seed: 3, orderers: 3 });
    cluster.start();
    const leader = cluster.channelOf(cluster.awaitLeader());
    const batch = { ...leader.config.batch, maxTransactionBytes: 1_000, preferredBytes: 10_000 };
    leader.proposeConfig(updateConfig(leader.config, { batch }));
    const large = cluster.request(submit, 'x'.repeat(5_000), { 'Nats-Msg-Id': 'large' });
    const small = cluster.request(submit, 'x', { 'Nats-Msg-Id': 'small' });
    cluster.world.runFor(1_000);
    expect(problems(cluster)).toEqual([null, null, null]);
    expect(small.json).toMatchObject({ status: 200 });
    expect(large.json).toMatchObject({ status: 413, error: { code: 'TRANSACTION_TOO_LARGE' } });
  });

  test('a configuration that must not follow is refused by its proposer, not sent to everybody', () => {
    const cluster = new MemoryCluster({ seed: 4, orderers: 3 });
    cluster.start();
    const leader = cluster.channelOf(cluster.awaitLeader());
    expect(() => leader.proposeConfig(leader.config)).toThrow(/already in force/);
    cluster.ask(submit, 'goes on');
    expect(problems(cluster)).toEqual([null, null, null]);
  });
});

describe('a change of members', () => {
  test('is finished once a transfer is given up, and nothing is signed before', () => {
    const cluster = new MemoryCluster({ seed: 6, orderers: 3 });
    cluster.start();
    const leader = cluster.awaitLeader();
    const [successor, leaving] = cluster.nodes.filter(({ name }) => name !== leader);
    cluster.isCut = (_, to) => to === successor!.name;
    changeMembers(cluster, (wish) => (wish.name === leaving!.name ? null : wish));
    const channel = cluster.channelOf(leader);
    channel.transferTo(channel.memberNamed(successor!.name)!);
    cluster.world.runFor(800);
    expect(channel.config.outgoing, 'the change is under way').not.toEqual([]);
    expect(channel.status.transferee).not.toBe(0);
    expect([...channel.counters.proposalsFailed.keys()]).toEqual([]);
    cluster.isCut = () => false;
    cluster.world.runFor(3_000);
    expect(channel.config.outgoing).toEqual([]);
    expect(problems(cluster)).toEqual([null, null, null]);
  });

  test('a removed leader finishes the change, steps down, and the others go on', () => {
    const cluster = new MemoryCluster({ seed: 5, orderers: 5 });
    cluster.start();
    const leader = cluster.awaitLeader();
    changeMembers(cluster, (wish) => (wish.name === leader ? null : wish));
    cluster.world.runFor(5_000);
    const successor = cluster.awaitLeader();
    expect(successor).not.toBe(leader);
    expect(cluster.channelOf(successor).config.outgoing).toEqual([]);
    expect(cluster.channelOf(successor).status.conf.voters).toHaveLength(4);
    expect(cluster.ask(submit, 'after').status).toBe(200);
    expect(problems(cluster)).toEqual([null, null, null, null, null]);
  });

  test('a voter becomes a learner, keeps up, and becomes a voter again', () => {
    const cluster = new MemoryCluster({ seed: 6, orderers: 3 });
    cluster.start();
    const leader = cluster.awaitLeader();
    const other = cluster.nodes.find(({ name }) => name !== leader)!.name;
    changeMembers(cluster, (wish) => (wish.name === other ? { ...wish, role: 'learner' } : wish));
    cluster.world.runFor(2_000);
    const { status, height } = cluster.channelOf(cluster.awaitLeader());
    expect(status.conf).toMatchObject({ outgoing: [], learnersNext: [] });
    expect(status.conf.learners).toHaveLength(1);
    cluster.ask(submit, 'to a learner too');
    cluster.awaitHeight(height + 1);
    changeMembers(cluster, (wish) => ({ ...wish, role: 'voter' }));
    cluster.world.runFor(2_000);
    for (const config of configsOf(cluster)) {
      expect(config).toMatchObject({ outgoing: [], members: [{}, {}, { role: 'voter' }] });
    }
    expect(problems(cluster)).toEqual([null, null, null]);
  });

  test('those who leave may start again while the change needs their votes', () => {
    const cluster = new MemoryCluster({ seed: 7, orderers: 3 });
    cluster.start();
    const leader = cluster.awaitLeader();
    const leaving = cluster.nodes.map(({ name }) => name).filter((name) => name !== leader);
    // The second step cannot commit: the two that leave are a majority of those before, and hear nothing.
    const entered = () => cluster.channelOf(leader).config.outgoing.length > 0;
    changeMembers(cluster, (wish) => (leaving.includes(wish.name) ? null : wish));
    expect(cluster.world.runUntil(entered, 1_000)).toBe(true);
    for (const name of leaving) cluster.kill(name);
    cluster.start(...leaving);
    cluster.world.runFor(10_000);
    expect(cluster.channelOf(leader).config).toMatchObject({ outgoing: [], members: [{}] });
    expect(cluster.ask(submit, 'alone now').status).toBe(200);
  });
});

describe('a change of keys', () => {
  test('a leader whose key is replaced hands over, and the change is finished', () => {
    const cluster = new MemoryCluster({ seed: 8, orderers: 3 });
    cluster.start();
    const leader = cluster.awaitLeader();
    const signer = nodeCrypto.createSigner(new Uint8Array(32).fill(7));
    const key = encodeKey(signer.publicKey);
    changeMembers(cluster, (wish) => (wish.name === leader ? { ...wish, key } : wish));
    cluster.world.runFor(5_000);
    expect(problems(cluster)).toEqual([null, null, null]);
    for (const config of configsOf(cluster)) expect(config.outgoing).toEqual([]);
    expect(cluster.awaitLeader()).not.toBe(leader);
    expect(cluster.ask(submit, 'under the new key').status).toBe(200);
    cluster.kill(leader);
    cluster.node(leader).signer = signer;
    cluster.start(leader);
    cluster.world.runFor(1_000);
    cluster.channelOf(cluster.awaitLeader()).transferTo(cluster.memberId(leader) as MemberId);
    cluster.world.runFor(1_000);
    expect(cluster.awaitLeader()).toBe(leader);
    expect(cluster.ask(submit, 'signed with the new key').status).toBe(200);
    expect(problems(cluster)).toEqual([null, null, null]);
  });
});
