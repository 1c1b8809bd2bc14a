/**
 * How etcd's Raft writes messages, entries, states and progress: the text its transcripts consist of.
 *
 * Pure. Ids are hexadecimal where etcd prints them so.
 */

import type {
  ConfState,
  Entry,
  HardState,
  Message,
  ProgressStatus,
  Role,
  SnapshotMeta,
} from '@cairn/raft';
import { describeChange } from './changes.ts';

const decoder = new TextDecoder();

const roleNames: Readonly<Record<Role, string>> = {
  follower: 'StateFollower',
  preCandidate: 'StatePreCandidate',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
};

const stateNames: Readonly<Record<ProgressStatus['state'], string>> = {
  probe: 'StateProbe',
  replicate: 'StateReplicate',
  snapshot: 'StateSnapshot',
};

export const roleName = (role: Role): string => roleNames[role];

export function describeEntry(entry: Entry): string {
  const id = `${entry.term}/${entry.index}`;
  if (entry.kind === 'config') return `${id} ${describeChange(entry.data)}`;
  return `${id} EntryNormal ${JSON.stringify(decoder.decode(entry.data))}`;
}

export const describeEntries = (entries: readonly Entry[]): string =>
  entries.map((entry) => `${describeEntry(entry)}\n`).join('');

export function describeHardState(hard: HardState): string {
  const vote = hard.vote === 0 ? '' : ` Vote:${hard.vote}`;
  return `Term:${hard.term}${vote} Commit:${hard.commit}`;
}

export function describeSnapshot(snapshot: SnapshotMeta): string {
  return `Index:${snapshot.index} Term:${snapshot.term} ConfState:${describeConf(snapshot.conf)}`;
}

function describeConf(conf: ConfState): string {
  const list = (ids: readonly number[]): string => `[${ids.join(' ')}]`;
  return [
    `Voters:${list(conf.voters)}`,
    `VotersOutgoing:${list(conf.outgoing)}`,
    `Learners:${list(conf.learners)}`,
    `LearnersNext:${list(conf.learnersNext)}`,
    `AutoLeave:${conf.autoLeave}`,
  ].join(' ');
}

export function messageType(message: Message): string {
  switch (message.type) {
    case 'vote':
      return message.pre ? 'MsgPreVote' : 'MsgVote';
    case 'voteResponse':
      return message.pre ? 'MsgPreVoteResp' : 'MsgVoteResp';
    case 'append':
      return 'MsgApp';
    case 'appendResponse':
      return 'MsgAppResp';
    case 'heartbeat':
      return 'MsgHeartbeat';
    case 'heartbeatResponse':
      return 'MsgHeartbeatResp';
    case 'snapshot':
      return 'MsgSnap';
    case 'timeoutNow':
      return 'MsgTimeoutNow';
  }
}

/** `1->2 MsgApp Term:1 Log:1/2 Commit:2 Entries:[1/3 EntryNormal ""]` */
export function describeMessage(message: Message): string {
  const way = `${message.from.toString(16)}->${message.to.toString(16)}`;
  return `${way} ${messageType(message)} Term:${message.term} ${describeBody(message)}`;
}

function describeBody(message: Message): string {
  switch (message.type) {
    case 'vote':
      return `Log:${message.lastTerm}/${message.lastIndex}`;
    case 'voteResponse':
      return message.granted ? 'Log:0/0' : 'Log:0/0 Rejected (Hint: 0)';
    case 'append':
      return describeAppend(message);
    case 'appendResponse':
      if (!message.reject) return `Log:0/${message.index}`;
      return `Log:${message.hintTerm}/${message.index} Rejected (Hint: ${message.hintIndex})`;
    case 'heartbeat':
      return `Log:0/0${describeCommit(message.commit)}`;
    case 'snapshot':
      return `Log:0/0\n  Snapshot: ${describeSnapshot(message.snapshot)}`;
    case 'heartbeatResponse':
    case 'timeoutNow':
      return 'Log:0/0';
  }
}

const describeCommit = (commit: number): string => (commit === 0 ? '' : ` Commit:${commit}`);

function describeAppend(message: Extract<Message, { type: 'append' }>): string {
  const head = `Log:${message.prevTerm}/${message.prevIndex}${describeCommit(message.commit)}`;
  const entries = message.entries.map(describeEntry);
  if (entries.length === 0) return head;
  if (entries.length === 1) return `${head} Entries:[${entries[0]}]`;
  return `${head} Entries:[\n${entries.map((entry) => `  ${entry}\n`).join('')}]`;
}

/** `1: StateReplicate match=14 next=15 paused inflight=3[full]` */
export function describeProgress(progress: ProgressStatus): string {
  const { id, state, match, next, inflight } = progress;
  let line = `${id.toString(16)}: ${stateNames[state]} match=${match} next=${next}`;
  if (progress.learner) line += ' learner';
  if (progress.paused) line += ' paused';
  if (progress.pendingSnapshot > 0) line += ` pendingSnap=${progress.pendingSnapshot}`;
  if (!progress.active) line += ' inactive';
  if (inflight > 0) line += ` inflight=${inflight}${progress.inflightFull ? '[full]' : ''}`;
  return line;
}
