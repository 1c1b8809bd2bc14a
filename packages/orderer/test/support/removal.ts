/**
 * Four orderers with two channels, and what it takes to remove one of them from one of these, or to add it again.
 */
import { beginMembershipChange, encodeKey, type OrdererName } from '@cairn/ledger';
import { expect } from 'vitest';
import { MemoryCluster, subjects } from './memory-cluster.ts';

export const NAMES = ['orderer1', 'orderer2', 'orderer3', 'orderer4'];
const submit = subjects.submit('mychannel');

export function started(seed: number, channels = ['mychannel', 'audit']): MemoryCluster {
  const cluster = new MemoryCluster({ seed, orderers: NAMES.length, channels });
  cluster.start();
  for (const channel of channels) cluster.awaitLeader(channel);
  cluster.ask(submit, 'before', { 'Nats-Msg-Id': 'before' });
  return cluster;
}

export function propose(cluster: MemoryCluster, name: string, channel: string): void {
  const leading = cluster.channelOf(cluster.awaitLeader(channel), channel);
  const others = leading.config.members.filter((member) => member.name !== name);
  expect(leading.proposeConfig(beginMembershipChange(leading.config, others))).toBe(true);
}

export function remove(cluster: MemoryCluster, name: string, channel = 'mychannel'): void {
  propose(cluster, name, channel);
  const isGone = () => !cluster.channelOf(name, channel).isMember;
  expect(cluster.world.runUntil(isGone, 5_000), 'it learns of its removal').toBe(true);
  cluster.world.runFor(500);
}

export function restart(cluster: MemoryCluster, name: string): void {
  cluster.kill(name);
  cluster.start(name);
  cluster.world.runFor(2_000);
}

/** Somebody who does not lead. */
export function followerIn(cluster: MemoryCluster, channel = 'mychannel'): string {
  const leader = cluster.awaitLeader(channel);
  return NAMES.find((name) => name !== leader)!;
}

/** As the member it was, under a new id. */
export function addAgain(
  cluster: MemoryCluster,
  removed: string,
  role: 'learner' | 'voter' = 'voter',
): void {
  const leading = cluster.channelOf(cluster.awaitLeader());
  const key = encodeKey(cluster.node(removed).signer.publicKey);
  const wishes = [...leading.config.members, { name: removed as OrdererName, key, role }];
  expect(leading.proposeConfig(beginMembershipChange(leading.config, wishes))).toBe(true);
  cluster.world.runFor(2_000);
}

/** It stays a member, and only learns. */
export function demote(cluster: MemoryCluster, name: string): void {
  const leading = cluster.channelOf(cluster.awaitLeader());
  const wishes = leading.config.members.map((member) =>
    member.name === name ? { ...member, role: 'learner' as const } : member,
  );
  expect(leading.proposeConfig(beginMembershipChange(leading.config, wishes))).toBe(true);
  cluster.world.runFor(1_000);
}
