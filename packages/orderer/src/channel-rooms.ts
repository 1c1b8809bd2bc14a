/**
 * How a channel is put together: every room it works with, and what each of them is given.
 *
 * They are made in the order of this page. Invariant: none of them asks the channel for anything but its name, its ids and
 * its counters before all of them stand.
 */
import { RaftCore } from '@cairn/raft';
import { Agenda } from './agenda.ts';
import { Answers } from './answers.ts';
import { Applier } from './applier.ts';
import type { Channel } from './channel.ts';
import { ChannelDisk } from './channel-disk.ts';
import type { ChannelHost } from './channel-host.ts';
import { type ChannelParts, raftOptions } from './channel-parts.ts';
import { ChannelReader } from './channel-reader.ts';
import { Leadership } from './leadership.ts';
import { LogKeeper } from './log-keeper.ts';
import { logReader } from './log-reader.ts';
import { Peers } from './peers.ts';
import { Proposer } from './proposer.ts';
import { Reads } from './reads.ts';
import { SubmissionQueue } from './submission-queue.ts';
import { Submissions } from './submissions.ts';

export interface ChannelRooms {
  readonly raft: RaftCore;
  readonly disk: ChannelDisk;
  readonly keeper: LogKeeper;
  readonly applier: Applier;
  readonly submissions: Submissions;
  readonly reads: Reads;
  readonly reader: ChannelReader;
  readonly peers: Peers;
  readonly proposer: Proposer;
  readonly leadership: Leadership;
  readonly agenda: Agenda;
}

export function openRooms(channel: Channel, parts: ChannelParts, host: ChannelHost): ChannelRooms {
  const { log, blocks, ids, backlog, store } = parts;
  const { counters } = channel;
  const raft = openRaft(parts, host);
  const disk = new ChannelDisk({
    channel,
    host,
    raft,
    store,
    log,
    commit: parts.raftInit.hard.commit,
  });
  const keeper = new LogKeeper({ host, raft, log, ids, counters });
  const applier = new Applier({ channel, host, raft, log, blocks, ids, backlog });
  const submissions = openDesk(channel, parts, host);
  const reads = new Reads(log.base.state.number + 1);
  const reader = new ChannelReader({ channel, host, reads, blocks });
  const peers = new Peers({ channel, host, raft, log, blocks });
  const proposer = new Proposer({ channel, host, raft, log, submissions, keeper });
  const leadership = new Leadership({ channel, host, raft, proposer });
  const agenda = new Agenda({ raft, log, disk, submissions, proposer, reads, backlog });
  return {
    raft,
    disk,
    keeper,
    applier,
    submissions,
    reads,
    reader,
    peers,
    proposer,
    leadership,
    agenda,
  };
}

function openRaft(parts: ChannelParts, host: ChannelHost): RaftCore {
  return new RaftCore(raftOptions(parts), parts.raftInit, {
    reader: logReader(parts.log, parts.store),
    random: host.random,
    confChangeOf: parts.confChangeOf,
    autoLeaveEntry: null,
    snapshot: () => null,
  });
}

function openDesk(channel: Channel, parts: ChannelParts, host: ChannelHost): Submissions {
  const { blocks, idSeed } = parts;
  return new Submissions(new SubmissionQueue(host.limits.queue, idSeed), {
    answers: new Answers(channel.identity),
    crypto: host.crypto,
    counters: channel.counters,
    observer: host.observerOf(channel.name),
    host: {
      find: (bytes, start, length) => blocks.findAt(bytes, start, length),
      leaderName: () => channel.leaderName,
      maxTransactionBytes: () => channel.config.batch.maxTransactionBytes,
    },
  });
}
