/**
 * The four roles and the only ways between them.
 *
 *   follower -> preCandidate -> candidate -> leader, and from anywhere back to follower.
 *
 * Invariants: a leader never becomes a candidate; nobody becomes leader but a candidate; the vote is
 * cleared only when the term rises (so a candidate that yields in its own term keeps its vote).
 */

import { assert, indexAfter, NO_INDEX, NO_MEMBER } from './assert.ts';
import { abortTransfer, appendOwn } from './replication.ts';
import { emit, NOT_DRAWN, nextTerm, type RaftState, setLeader } from './state.ts';
import type { MemberId, Role, Term } from './types.ts';

const noData = new Uint8Array(0);

export function becomeFollower(state: RaftState, term: Term, leader: MemberId): void {
  const wasLeader = state.role === 'leader';
  const transferee = state.transferee;
  const rose = term > state.term;
  if (wasLeader && rose) emit(state, { type: 'steppedDown', reason: 'higherTerm', term });
  state.transferee = NO_MEMBER;
  reset(state, term);
  enter(state, 'follower', leader);
  if (transferee !== NO_MEMBER) {
    emit(state, { type: 'transfer', state: rose ? 'done' : 'aborted', to: transferee });
  }
}

/** Changes neither term nor vote: a pre-vote that fails leaves no trace (thesis, 9.6). */
export function becomePreCandidate(state: RaftState): void {
  assert(state.role !== 'leader', 'a leader cannot become pre-candidate');
  clearBallots(state);
  enter(state, 'preCandidate', NO_MEMBER);
}

export function becomeCandidate(state: RaftState): void {
  assert(state.role !== 'leader', 'a leader cannot become candidate');
  reset(state, nextTerm(state));
  state.vote = state.id;
  state.ownVoteSeq = state.log.disk.seq + 1;
  enter(state, 'candidate', NO_MEMBER);
}

/** Appends the empty entry that lets entries of older terms commit (paper, section 8). */
export function becomeLeader(state: RaftState): void {
  assert(state.role === 'candidate', `a ${state.role} cannot become leader`);
  reset(state, state.term);
  enter(state, 'leader', state.id);
  const self = state.tracker.self;
  assert(self !== null && !self.learner, 'only a voter can lead');
  self.acknowledge(state.log.disk.durable);
  self.becomeReplicate();
  self.active = true;
  state.pendingConfigIndex = appendOwn(state, 'noop', noData).index;
}

function enter(state: RaftState, role: Role, leader: MemberId): void {
  state.role = role;
  emit(state, { type: 'role', role, term: state.term });
  setLeader(state, leader);
}

function reset(state: RaftState, term: Term): void {
  assert(term >= state.term, `the term falls from ${state.term} to ${term}`);
  if (term !== state.term) {
    state.term = term;
    state.vote = NO_MEMBER;
  }
  state.electionElapsed = 0;
  state.heartbeatElapsed = 0;
  state.electionTimeout = NOT_DRAWN;
  abortTransfer(state);
  state.ownVoteSeq = 0;
  state.pendingConfigIndex = NO_INDEX;
  state.uncommitted = [];
  state.uncommittedBytes = 0;
  for (const member of state.tracker.members) member.reset(indexAfter(state.log.last));
}

function clearBallots(state: RaftState): void {
  for (const member of state.tracker.members) member.ballot = null;
}
