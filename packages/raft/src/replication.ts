/**
 * How a leader brings its log to the others: appends, heartbeats, snapshots, and what answers mean.
 *
 * Invariants:
 * R1 a leader only ever adds to its own log (paper, leader append-only).
 * R2 commit moves only to an entry of the leader's own term that a quorum holds (paper, figure 8);
 *    the leader itself counts only as far as its own disk.
 * R3 a member is told commit <= what it is known or about to hold.
 */

import { indexAfter, indexBefore, lowerIndex, NO_MEMBER, toIndex } from './assert.ts';
import { payloadBytes } from './log.ts';
import type { Progress } from './progress.ts';
import { emit, note, type RaftState, say } from './state.ts';
import { find, quorumIndex } from './tracker.ts';
import type { Entry, EntryKind, Index, MemberId, Message } from './types.ts';

type AppendResponse = Extract<Message, { type: 'appendResponse' }>;
type HeartbeatResponse = Extract<Message, { type: 'heartbeatResponse' }>;

/** Adds one entry of the leader's own to its log; whoever calls also broadcasts. */
export function appendOwn(state: RaftState, kind: EntryKind, data: Uint8Array): Entry {
  const entry: Entry = { index: indexAfter(state.log.last), term: state.term, kind, data };
  state.log.append([entry]);
  if (data.byteLength > 0) {
    state.uncommitted.push({ index: entry.index, bytes: data.byteLength });
    state.uncommittedBytes += data.byteLength;
  }
  return entry;
}

/** To every other member: what it lacks, or at least the commit index. */
export function broadcastAppend(state: RaftState): void {
  for (const member of state.tracker.members) {
    if (member.id !== state.id) sendAppend(state, member, true);
  }
}

/** To members just taken in: what they lack, so that they need not wait for a heartbeat. */
export function probeMembers(state: RaftState): void {
  for (const member of state.tracker.members) {
    if (member.id !== state.id) sendAppend(state, member, false);
  }
}

/** One append, or a snapshot if the log no longer reaches back. Says whether anything left. */
export function sendAppend(state: RaftState, member: Progress, evenEmpty: boolean): boolean {
  if (member.isPaused) return false;
  const { log } = state;
  const prevIndex = indexBefore(member.next);
  const prevTerm = log.termAt(prevIndex);
  const entries = prevTerm === null ? null : entriesFor(state, member);
  if (prevTerm === null || entries === null) return sendSnapshot(state, member);
  if (entries.length === 0 && !evenEmpty) return false;
  const commit = log.commit;
  say(state, {
    type: 'append',
    from: state.id,
    to: member.id,
    term: state.term,
    prevIndex,
    prevTerm,
    commit,
    entries,
  });
  member.sent(entries.length, payloadBytes(entries), commit);
  return true;
}

/**
 * A full window gets empty appends only: if everything in it was lost, the rejection of an empty one
 * (prompted by a heartbeat) is what clears it.
 */
function entriesFor(state: RaftState, member: Progress): readonly Entry[] | null {
  if (member.state === 'replicate' && member.inflights.isFull) return [];
  if (member.next > state.log.last) return [];
  return state.log.from(member.next, state.options.appendBytesMax);
}

function sendSnapshot(state: RaftState, member: Progress): boolean {
  if (!member.active) return false;
  const snapshot = state.dependencies.snapshot();
  if (snapshot === null || snapshot.index < state.log.first - 1) return false;
  if (snapshot.index <= member.match || snapshot.index > state.log.commit) return false;
  member.becomeSnapshot(snapshot.index);
  note(state, 'debug', `${state.id} sent snapshot ${snapshot.index} to ${member.id}`);
  say(state, { type: 'snapshot', from: state.id, to: member.id, term: state.term, snapshot });
  return true;
}

export function broadcastHeartbeat(state: RaftState): void {
  for (const member of state.tracker.members) {
    if (member.id !== state.id) sendHeartbeat(state, member);
  }
}

function sendHeartbeat(state: RaftState, member: Progress): void {
  say(state, {
    type: 'heartbeat',
    from: state.id,
    to: member.id,
    term: state.term,
    commit: commitToTell(state, member),
    probe: 0,
  });
}

/** R3: never a commit index beyond what the member is known to hold. It counts as told. */
export function commitToTell(state: RaftState, member: Progress): Index {
  const commit = lowerIndex(member.match, state.log.commit);
  member.sentCommit(commit);
  return commit;
}

/** R2. Says whether commit moved. */
export function advanceCommit(state: RaftState): boolean {
  const { log } = state;
  const index = quorumIndex(state.tracker);
  if (index <= log.commit || index > log.last) return false;
  if (!log.matches(toIndex(index), state.term)) return false;
  log.commitTo(toIndex(index));
  releaseUncommitted(state, log.commit);
  return true;
}

function releaseUncommitted(state: RaftState, commit: Index): void {
  let done = 0;
  for (const proposal of state.uncommitted) {
    if (proposal.index > commit) break;
    state.uncommittedBytes -= proposal.bytes;
    done++;
  }
  state.uncommitted.splice(0, done);
}

/** The leader's disk has caught up: only now does it count itself (R2). */
export function countOwnDisk(state: RaftState): void {
  const self = state.tracker.self;
  if (self === null || !self.acknowledge(state.log.disk.durable)) return;
  if (advanceCommit(state)) broadcastAppend(state);
}

export function handleAppendResponse(state: RaftState, message: AppendResponse): void {
  const member = find(state.tracker.members, message.from);
  if (member === undefined || member.id === state.id) return;
  member.active = true;
  if (message.reject) handleRejection(state, member, message);
  else if (message.index <= state.log.last) handleAcknowledgement(state, member, message.index);
}

/** Both sides skip whole terms that cannot match: at most one probe per distinct term. */
function handleRejection(
  state: RaftState,
  member: Progress,
  message: Extract<AppendResponse, { reject: true }>,
): void {
  const { index, hintIndex, hintTerm, from } = message;
  const hint = `(index ${hintIndex}, term ${hintTerm})`;
  note(
    state,
    'debug',
    `${state.id} received a rejection with hint ${hint} from ${from} at ${index}`,
  );
  const meeting = hintTerm > 0 ? state.log.lastAtMost(hintIndex, hintTerm).index : hintIndex;
  if (!member.retreat(index, meeting)) return;
  if (member.state === 'replicate') member.becomeProbe();
  sendAppend(state, member, true);
}

function handleAcknowledgement(state: RaftState, member: Progress, index: Index): void {
  const news = member.acknowledge(index);
  if (news || meetsProbe(state, member, index)) {
    settle(state, member, index);
    if (advanceCommit(state)) broadcastAppend(state);
    else if (member.canTellCommit(state.log.commit)) sendAppend(state, member, true);
    while (sendAppend(state, member, false)) {
      // The window may have room for several appends now.
    }
  }
  handOverIfCaughtUp(state, member, news);
}

/**
 * No news, but the probe has found where the logs meet. Before the first entry they cannot: index 0 is what a member says
 * that only tells its term to a stale leader (`answerStaleLeader`), and that one may lead the new term by now.
 */
function meetsProbe({ log }: RaftState, { state, match }: Progress, index: Index): boolean {
  return state === 'probe' && match === index && index >= log.first - 1;
}

/** Moves a member that acknowledged `index` to where it belongs. */
function settle(state: RaftState, member: Progress, index: Index): void {
  switch (member.state) {
    case 'probe':
      member.becomeReplicate();
      return;
    case 'snapshot':
      // Whatever snapshot it took: once the log reaches back to it, it can be fed from the log.
      if (member.match + 1 >= state.log.first) member.becomeReplicate();
      return;
    case 'replicate':
      member.inflights.freeUpTo(index);
      return;
  }
}

function handOverIfCaughtUp(state: RaftState, member: Progress, news: boolean): void {
  if (news && member.id === state.transferee && member.match === state.log.last) {
    sendTimeoutNow(state, member.id);
  }
}

/** Void unless the receiver's term and log are still what they are now (thesis, 3.10). */
export function sendTimeoutNow(state: RaftState, to: MemberId): void {
  say(state, {
    type: 'timeoutNow',
    from: state.id,
    to,
    term: state.term,
    lastIndex: state.log.last,
  });
}

export function handleHeartbeatResponse(state: RaftState, message: HeartbeatResponse): void {
  const member = find(state.tracker.members, message.from);
  if (member === undefined || member.id === state.id) return;
  member.active = true;
  member.resume();
  if (member.match < state.log.last || member.state === 'probe') sendAppend(state, member, true);
}

/** The transport could not deliver: pipelined appends are likely lost. */
export function memberUnreachable(state: RaftState, id: MemberId): void {
  const member = find(state.tracker.members, id);
  if (state.role !== 'leader' || member === undefined || id === state.id) return;
  if (member.state === 'replicate') member.becomeProbe();
}

export function memberSnapshotDone(state: RaftState, id: MemberId, ok: boolean): void {
  const member = find(state.tracker.members, id);
  if (state.role !== 'leader' || member === undefined || member.state !== 'snapshot') return;
  member.snapshotDone(ok);
}

export function abortTransfer(state: RaftState): void {
  if (state.transferee === NO_MEMBER) return;
  emit(state, { type: 'transfer', state: 'aborted', to: state.transferee });
  state.transferee = NO_MEMBER;
}
