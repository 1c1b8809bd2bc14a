/**
 * What goes wrong, and what operators do, in a seeded run: crashes, cuts, loss, repetition, transfers, planned stops,
 * changes of members.
 */
import { beginMembershipChange, type ChannelConfig, type MemberRole } from '@cairn/ledger';
import type { MemberId } from '@cairn/raft';
import type { MemoryCluster, Node } from './memory-cluster.ts';

export function faultsFor(cluster: MemoryCluster, untilMs: number): void {
  const { world } = cluster;
  const act = () => {
    if (world.nowMs > untilMs) return;
    world.after(200 + world.random.below(1_500), act);
    actOnce(cluster);
  };
  world.after(500, act);
}

/** Everything that was broken is whole again. */
export function heal(cluster: MemoryCluster): void {
  cluster.isCut = () => false;
  cluster.lossPercent = 0;
  cluster.repeatPercent = 0;
  for (const node of cluster.nodes) if (node.orderer === null) cluster.start(node.name);
}

function actOnce(cluster: MemoryCluster): void {
  const { random } = cluster.world;
  const node = cluster.nodes[random.below(cluster.nodes.length)]!;
  switch (random.below(10)) {
    case 0:
    case 1:
      killOrStart(cluster, node);
      break;
    case 2: {
      const leader = cluster.leader();
      if (leader !== null) cluster.kill(leader.name);
      break;
    }
    case 3:
      cut(cluster);
      break;
    case 4:
      cluster.lossPercent = random.below(20);
      cluster.repeatPercent = random.below(20);
      break;
    case 5:
      transfer(cluster, node);
      break;
    case 6:
      cluster.stop(node.name);
      break;
    case 7:
      changeRole(cluster, node);
      break;
    case 8:
      for (const each of cluster.nodes) if (each.orderer === null) cluster.start(each.name);
      break;
    default:
      cluster.isCut = () => false;
      cluster.lossPercent = 0;
  }
}

function killOrStart(cluster: MemoryCluster, node: Node): void {
  if (node.orderer === null) cluster.start(node.name);
  else if (cluster.alive.length > 1) cluster.kill(node.name);
}

function cut(cluster: MemoryCluster): void {
  const { random } = cluster.world;
  const away = new Set(cluster.nodes.filter(() => random.below(3) === 0).map(({ name }) => name));
  const oneWay = random.below(3) === 0;
  cluster.isCut = (sender, receiver) =>
    away.has(sender) !== away.has(receiver) && (!oneWay || away.has(sender));
}

function transfer(cluster: MemoryCluster, { name }: Node): void {
  const channel = leading(cluster);
  const member = channel?.memberNamed(name) ?? null;
  if (member !== null) channel!.transferTo(member as MemberId);
}

/** A voter becomes a learner while enough voters are left, a learner becomes a voter. */
function changeRole(cluster: MemoryCluster, { name }: Node): void {
  const channel = leading(cluster);
  if (channel === null || channel.config.outgoing.length > 0) return;
  const { config } = channel;
  const own = config.members.find((member) => member.name === name)!;
  const voters = config.members.filter(({ role }) => role === 'voter').length;
  if (own.role === 'voter' && voters <= 3) return;
  const role = own.role === 'voter' ? 'learner' : 'voter';
  try {
    channel.proposeConfig(withRole(config, name, role));
  } catch (error) {
    // One change at a time: the one before is still under way.
    if (!String(error).includes('one configuration at a time')) throw error;
  }
}

function withRole(config: ChannelConfig, name: string, role: MemberRole): ChannelConfig {
  const wishes = config.members.map((member) =>
    member.name === name ? { ...member, role } : member,
  );
  return beginMembershipChange(config, wishes);
}

function leading(cluster: MemoryCluster) {
  const node = cluster.leader();
  return node === null ? null : cluster.channelOf(node.name);
}
