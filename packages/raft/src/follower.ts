/**
 * What a follower does with a leader's word (paper 5.3, appendix of rules for AppendEntries).
 *
 * Invariants:
 * F1 an append is taken only where (prevIndex, prevTerm) matches; then the logs agree up to there.
 * F2 the log is cut only at a real conflict, which is above commit by construction.
 * F3 commit rises at most to the last entry this message proved, never to the own last index.
 */

import { indexAfter, lowerIndex, toIndex } from './assert.ts';
import { withdrawAcknowledgements } from './outbox.ts';
import { emit, note, type RaftState, say } from './state.ts';
import { trackerOf } from './tracker.ts';
import type { Entry, Index, MemberId, Message, SnapshotMeta } from './types.ts';

type Append = Extract<Message, { type: 'append' }>;
type Heartbeat = Extract<Message, { type: 'heartbeat' }>;

export function handleAppend(state: RaftState, message: Append): void {
  const { log } = state;
  // What is committed here needs no proof; say so and let the leader move on.
  if (message.prevIndex < log.commit) {
    acknowledge(state, message.from, log.commit);
    return;
  }
  if (!log.matches(message.prevIndex, message.prevTerm)) {
    reject(state, message);
    return;
  }
  takeIn(state, message.entries);
  const proven = toIndex(message.prevIndex + message.entries.length);
  log.commitTo(lowerIndex(message.commit, proven));
  acknowledge(state, message.from, proven);
}

/** F2: entries the log already holds are skipped, never cut and written again. */
function takeIn(state: RaftState, entries: readonly Entry[]): void {
  const from = state.log.firstNew(entries);
  if (from === 0) return;
  const cut = state.log.append(entries.filter((entry) => entry.index >= from));
  if (cut === 0) return;
  withdrawAcknowledgements(state.outbox, cut);
  emit(state, { type: 'truncated', from: cut });
}

function acknowledge(state: RaftState, to: MemberId, index: Index): void {
  say(state, {
    type: 'appendResponse',
    from: state.id,
    to,
    term: state.term,
    reject: false,
    index,
  });
}

function reject(state: RaftState, message: Append): void {
  const { from: to, prevIndex: index, prevTerm } = message;
  const own = state.log.termAt(index) ?? 0;
  const asked = `[logterm: ${prevTerm}, index: ${index}] from ${to}`;
  note(state, 'debug', `${state.id} [logterm: ${own}, index: ${index}] rejected MsgApp ${asked}`);
  const hint = state.log.lastAtMost(lowerIndex(index, state.log.last), prevTerm);
  const { index: hintIndex, term: hintTerm } = hint;
  say(state, {
    type: 'appendResponse',
    from: state.id,
    to,
    term: state.term,
    reject: true,
    index,
    hintIndex,
    hintTerm,
  });
}

/** Answers a leader of an older term, whom CheckQuorum or PreVote would otherwise leave in the dark. */
export function answerStaleLeader(state: RaftState, to: MemberId): void {
  say(state, {
    type: 'appendResponse',
    from: state.id,
    to,
    term: state.term,
    reject: false,
    index: toIndex(0),
  });
}

export function handleHeartbeat(state: RaftState, message: Heartbeat): void {
  const { from: to, commit, probe } = message;
  if (commit <= state.log.last) state.log.commitTo(commit);
  else note(state, 'error', `${state.id} ignored commit ${commit} from ${to}: beyond its log`);
  say(state, { type: 'heartbeatResponse', from: state.id, to, term: state.term, probe });
}

/**
 * The host steps a snapshot message once it has what the snapshot stands for; the write that follows
 * replaces the log and carries the metadata in one durable step.
 */
export function handleSnapshot(state: RaftState, from: MemberId, snapshot: SnapshotMeta): void {
  const restored = restore(state, snapshot);
  const what = `snapshot [index: ${snapshot.index}, term: ${snapshot.term}]`;
  const how = restored ? 'restored' : 'ignored';
  note(state, 'info', `${state.id} [commit: ${state.log.commit}] ${how} ${what}`);
  acknowledge(state, from, state.log.commit);
}

function restore(state: RaftState, snapshot: SnapshotMeta): boolean {
  const { log } = state;
  if (snapshot.index <= log.commit || !concerns(state, snapshot)) return false;
  if (log.matches(snapshot.index, snapshot.term)) {
    // Throwing away what follows would break acknowledgements already given.
    log.commitTo(snapshot.index);
    return false;
  }
  log.restore(snapshot);
  withdrawAcknowledgements(state.outbox, toIndex(0));
  const next = indexAfter(log.last);
  state.tracker = trackerOf(state.id, snapshot.conf, next, state.options);
  emit(state, { type: 'confApplied', index: snapshot.index, conf: snapshot.conf });
  return true;
}

function concerns(state: RaftState, snapshot: SnapshotMeta): boolean {
  const { voters, outgoing, learners } = snapshot.conf;
  return [...voters, ...outgoing, ...learners].includes(state.id);
}
