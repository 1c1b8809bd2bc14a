/**
 * What every gauge and counter reads from the core at the moment of a scrape: one pure function each.
 *
 * Nothing is kept here, so a metric cannot disagree with what the orderer is. A channel that failed here neither leads nor
 * follows: it answers `cairn_raft_is_leader` with 0 whatever its Raft remembers.
 */
import type { RaftStatus } from '@cairn/raft';
import type { Channel } from '../channel.ts';
import { unreachable } from '../errors.ts';
import { countReason, type ReasonCounts } from '../telemetry.ts';
import type { Traffic, TrafficCount } from '../traffic.ts';
import { dropReasons, proposalReasons, refusalCodes, verifyReasons, withZeros } from './reasons.ts';
import type { ReadingName } from './table.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ChannelSnapshot {
  readonly channel: Channel;
  readonly status: RaftStatus;
}

/** All that is read in one scrape. */
export interface Snapshot {
  readonly version: string;
  readonly channels: readonly ChannelSnapshot[];
  readonly traffic: Traffic;
  readonly busDropped: ReasonCounts;
  readonly connected: boolean;
  readonly diskBytes: number;
  readonly diskFreeBytes: number;
  readonly credentialsExpireSeconds: number;
}

export type Reading = (snapshot: Snapshot) => Sample[];

function perChannel(read: (snapshot: ChannelSnapshot) => number): Reading {
  return ({ channels }) =>
    channels.map((each) => ({ labels: { channel: each.channel.name }, value: read(each) }));
}

function perReason(label: string, read: (channel: Channel) => Iterable<[string, number]>): Reading {
  return ({ channels }) =>
    channels.flatMap(({ channel }) =>
      Array.from(read(channel), ([reason, value]) => ({
        labels: { channel: channel.name, [label]: reason },
        value,
      })),
    );
}

function once(read: (snapshot: Snapshot) => number): Reading {
  return (snapshot) => [{ labels: {}, value: read(snapshot) }];
}

const leads = ({ channel }: ChannelSnapshot): boolean =>
  channel.isLeader && channel.state !== 'failed';

export const readings: Readonly<Record<ReadingName, Reading>> = {
  cairn_raft_is_leader: perChannel((each) => (leads(each) ? 1 : 0)),
  cairn_raft_leader_id: perChannel(leaderId),
  cairn_raft_leader_since_timestamp_seconds: perChannel(leaderSince),
  cairn_raft_term: perChannel(({ status }) => status.term),
  cairn_raft_cluster_size: perChannel(clusterSize),
  cairn_raft_active_nodes: perChannel((each) => (leads(each) ? each.channel.peers.votersHeard : 0)),
  cairn_raft_leader_changes_total: perChannel(({ channel }) => channel.counters.leaderChanges),
  cairn_raft_elections_total: perChannel(({ channel }) => channel.counters.elections),
  cairn_raft_commit_index: perChannel(({ status }) => status.commit),
  cairn_raft_applied_index: perChannel(({ status }) => status.applied),
  cairn_raft_follower_lag_blocks: ({ channels }) => channels.flatMap(followerLags),
  cairn_raft_blocks_in_flight: perChannel(({ channel }) => channel.blocksInFlight),
  cairn_raft_proposals_total: perReason('kind', ({ counters }) => [
    ['data', counters.proposalsData],
    ['config', counters.proposalsConfig],
  ]),
  cairn_raft_proposals_failed_total: perReason('reason', ({ counters }) =>
    withZeros(counters.proposalsFailed, proposalReasons),
  ),
  cairn_ledger_height: perChannel(({ channel }) => channel.height),
  cairn_ledger_transactions_total: perChannel(({ channel }) => channel.counters.transactions),
  cairn_ledger_duplicates_total: perChannel(({ channel }) => channel.counters.duplicates),
  cairn_ledger_verify_failures_total: perReason('reason', ({ counters }) =>
    withZeros(counters.verifyFailures, verifyReasons),
  ),
  cairn_ledger_clock_skewed_total: perChannel(({ channel }) => channel.counters.clockSkewed),
  cairn_submit_refused_total: perReason('code', ({ counters }) =>
    withZeros(counters.refused, refusalCodes),
  ),
  cairn_submit_queue_transactions: perChannel(({ channel }) => channel.submissions.queue.count),
  cairn_submit_queue_bytes: perChannel(({ channel }) => channel.submissions.queue.bytes),
  cairn_store_disk_bytes: once(({ diskBytes }) => diskBytes),
  cairn_store_disk_free_bytes: once(({ diskFreeBytes }) => diskFreeBytes),
  cairn_store_index_lag_blocks: perChannel(({ channel }) => channel.indexLagBlocks),
  cairn_transport_messages_total: perKindAndDirection(({ frames }) => frames),
  cairn_transport_bytes_total: perKindAndDirection(({ bytes }) => bytes),
  cairn_transport_dropped_total: dropped,
  cairn_transport_connected: once(({ connected }) => (connected ? 1 : 0)),
  cairn_transport_credentials_expire_timestamp_seconds: once(
    ({ credentialsExpireSeconds }) => credentialsExpireSeconds,
  ),
  cairn_channel_status: perChannel(({ channel }) => statusNumber(channel)),
  cairn_channel_relation: perChannel(relationNumber),
  cairn_build_info: ({ version }) => [{ labels: { version }, value: 1 }],
};

/** Who was removed does not hear of later changes: what it remembers must not outweigh what the members say. */
function clusterSize({ channel, status }: ChannelSnapshot): number {
  return channel.isMember ? status.conf.voters.length : 0;
}

function leaderId({ channel, status }: ChannelSnapshot): number {
  return channel.state === 'failed' ? 0 : status.leader;
}

function leaderSince({ channel }: ChannelSnapshot): number {
  return channel.state === 'failed' ? 0 : channel.leadership.sinceMs / 1000;
}

function followerLags(each: ChannelSnapshot): Sample[] {
  const { channel, status } = each;
  if (!leads(each)) return [];
  return status.progress
    .filter(({ id }) => id !== channel.memberId)
    .map(({ id, match }) => ({
      labels: { channel: channel.name, peer: channel.nameOfMember(id) ?? String(id) },
      value: Math.max(0, channel.height - channel.peers.heightHeldBy(match)),
    }));
}

function perKindAndDirection(value: (count: TrafficCount) => number): Reading {
  return ({ traffic }) =>
    traffic.counts.map((count) => ({
      labels: { kind: count.kind, direction: count.direction },
      value: value(count),
    }));
}

/** By the links and by the bus. What the links could not send the bus counts too, and knows why. */
function dropped({ traffic, busDropped }: Snapshot): Sample[] {
  const counts = withZeros(busDropped, dropReasons);
  for (const [reason, value] of traffic.dropped) {
    if (reason !== 'notSent') countReason(counts, reason, value);
  }
  return Array.from(counts, ([reason, value]) => ({ labels: { reason }, value }));
}

function statusNumber({ state }: Channel): number {
  switch (state) {
    case 'stopping':
      return 0;
    case 'active':
      return 1;
    case 'failed':
      return 3;
    default:
      return unreachable(state);
  }
}

function relationNumber({ channel, status }: ChannelSnapshot): number {
  const { voters, learners } = status.conf;
  if (voters.includes(channel.memberId)) return 1;
  return learners.includes(channel.memberId) ? 3 : 0;
}
