/**
 * Elections: who stands, who grants, what the answers decide (paper 5.2 and 5.4.1, thesis 9.6).
 *
 * Invariants:
 * E1 one vote per term; it is on disk before anyone hears of it, the candidate's own included.
 * E2 nobody stands with a committed configuration not yet applied, or while a snapshot is being written.
 * E3 a grant counts only in the round it was asked for: pre-votes speak of term + 1, votes of the term.
 * E4 learners answer requests too: the candidate may know that they are voters by now.
 */

import { NO_MEMBER } from './assert.ts';
import { votersOf } from './confchange.ts';
import { broadcastAppend } from './replication.ts';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './roles.ts';
import { emit, isPromotable, nextTerm, note, ownLog, type RaftState, say } from './state.ts';
import { find, tally } from './tracker.ts';
import type { MemberId, Message } from './types.ts';

type Vote = Extract<Message, { type: 'vote' }>;
type VoteResponse = Extract<Message, { type: 'voteResponse' }>;

/** Stands for election if the rules allow; `transfer` goes straight to the vote (thesis, 3.10). */
export function standForElection(state: RaftState, transfer: boolean): void {
  if (state.role === 'leader') return;
  if (!isPromotable(state)) {
    note(state, 'warn', `${state.id} is unpromotable and can not campaign`);
    return;
  }
  if (state.log.hasUnappliedConfig) {
    const reason = 'there are still pending configuration changes to apply';
    note(state, 'warn', `${state.id} cannot campaign at term ${state.term} since ${reason}`);
    return;
  }
  emit(state, { type: 'electionStarted', term: state.term, transfer });
  if (state.options.preVote && !transfer) askForPreVotes(state);
  else askForVotes(state, transfer);
}

/** A pre-vote changes nothing that must survive, so the own one counts at once. */
function askForPreVotes(state: RaftState): void {
  becomePreCandidate(state);
  askAll(state, true, false);
  receiveBallot(state, state.id, true, true);
}

/** The own vote counts when it is on disk: see `ownVotePersisted`. */
function askForVotes(state: RaftState, transfer: boolean): void {
  becomeCandidate(state);
  askAll(state, false, transfer);
}

export function ownVotePersisted(state: RaftState, seq: number): void {
  if (state.role !== 'candidate' || state.ownVoteSeq === 0 || seq < state.ownVoteSeq) return;
  state.ownVoteSeq = 0;
  receiveBallot(state, state.id, true, false);
}

function askAll(state: RaftState, pre: boolean, force: boolean): void {
  const { index: lastIndex, term: lastTerm } = state.log.lastId;
  const term = pre ? nextTerm(state) : state.term;
  for (const to of votersOf(state.tracker.conf)) {
    if (to === state.id) continue;
    emit(state, { type: 'votesRequested', to, pre, lastTerm, lastIndex, term: state.term });
    say(state, { type: 'vote', from: state.id, to, term, lastIndex, lastTerm, pre, force });
  }
}

/** The vote rule. The caller has dealt with terms and leases. */
export function handleVote(state: RaftState, message: Vote): void {
  const { from, pre, lastTerm, lastIndex } = message;
  const own = ownLog(state);
  const granted =
    mayVote(state, message) && state.log.isUpToDate({ index: lastIndex, term: lastTerm });
  const type = granted ? 'voteCast' : 'voteRejected';
  emit(state, { type, to: from, pre, lastTerm, lastIndex, term: state.term, own });
  if (granted && !pre) {
    state.electionElapsed = 0;
    state.vote = from;
  }
  // A grant speaks of the term asked about, a refusal of the term this node is in.
  const term = granted ? message.term : state.term;
  say(state, { type: 'voteResponse', from: state.id, to: from, term, granted, pre });
}

function mayVote(state: RaftState, message: Vote): boolean {
  if (state.vote === message.from) return true;
  if (state.vote === NO_MEMBER && state.leader === NO_MEMBER) return true;
  return message.pre && message.term > state.term;
}

/** Tells a candidate of an older term about the newer one, or it would ask for ever. */
export function refuseStalePreVote(state: RaftState, message: Vote): void {
  const { from, lastTerm, lastIndex } = message;
  const own = ownLog(state);
  emit(state, {
    type: 'voteRejected',
    to: from,
    pre: true,
    lastTerm,
    lastIndex,
    term: state.term,
    own,
  });
  say(state, {
    type: 'voteResponse',
    from: state.id,
    to: from,
    term: state.term,
    pre: true,
    granted: false,
  });
}

/** For candidates and pre-candidates; E3. */
export function handleVoteResponse(state: RaftState, message: VoteResponse): void {
  if (message.pre !== (state.role === 'preCandidate')) return;
  const asked = message.pre && message.granted ? nextTerm(state) : state.term;
  if (message.term !== asked) return;
  receiveBallot(state, message.from, message.granted, message.pre);
}

function receiveBallot(state: RaftState, from: MemberId, granted: boolean, pre: boolean): void {
  emit(state, { type: 'voteReceived', from, pre, granted, term: state.term });
  count(state, from, granted);
}

/** The first ballot of a member in a round stands. */
function count(state: RaftState, from: MemberId, granted: boolean): void {
  const member = find(state.tracker.members, from);
  if (member === undefined) return;
  member.ballot ??= granted;
  const pre = state.role === 'preCandidate';
  const { result, quorum, granted: yes, rejected } = tally(state.tracker);
  emit(state, { type: 'votesCounted', pre, quorum, granted: yes, rejected });
  if (result === 'lost') {
    becomeFollower(state, state.term, NO_MEMBER);
    return;
  }
  if (result !== 'won') return;
  if (pre) {
    askForVotes(state, false);
    return;
  }
  becomeLeader(state);
  broadcastAppend(state);
}
