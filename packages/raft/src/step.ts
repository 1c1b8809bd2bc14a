/**
 * The one place where a message from another member is judged by its term and sent to a rule.
 *
 *   term lower    ignored, except: a stale leader and a stale pre-candidate are told the newer term
 *   term higher   entered, except: by pre-votes, and by votes while a leader is in touch (the lease)
 *   term equal    dispatched by kind and role
 *
 * Whatever is stepped, nothing here throws: what contradicts itself is ignored.
 */

import { NO_MEMBER, unreachable } from './assert.ts';
import { handleVote, handleVoteResponse, refuseStalePreVote } from './election.ts';
import { answerStaleLeader, handleAppend, handleHeartbeat, handleSnapshot } from './follower.ts';
import { handleAppendResponse, handleHeartbeatResponse } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { emit, inLease, note, ownLog, type RaftState, setLeader } from './state.ts';
import { handleTimeoutNow } from './transfer.ts';
import type { Message } from './types.ts';
import { isWellFormed } from './wellformed.ts';

type FromLeader = Extract<Message, { type: 'append' | 'heartbeat' | 'snapshot' }>;
type Vote = Extract<Message, { type: 'vote' }>;

export function stepMessage(state: RaftState, message: Message): void {
  if (message.to !== state.id || !isWellFormed(message)) return;
  if (message.term < state.term) answerStale(state, message);
  else if (message.term === state.term || enterTerm(state, message)) dispatch(state, message);
}

function answerStale(state: RaftState, message: Message): void {
  const { preVote, checkQuorum } = state.options;
  const fromLeader = message.type === 'append' || message.type === 'heartbeat';
  if (fromLeader && (preVote || checkQuorum)) answerStaleLeader(state, message.from);
  else if (message.type === 'vote' && message.pre) refuseStalePreVote(state, message);
}

/** A higher term was seen. False if the message goes no further. */
function enterTerm(state: RaftState, message: Message): boolean {
  if (message.type === 'vote' && !message.force && inLease(state)) {
    ignoreVote(state, message);
    return false;
  }
  if (speaksOfFuture(message)) return true;
  noteHigherTerm(state, message);
  becomeFollower(state, message.term, isFromLeader(message) ? message.from : NO_MEMBER);
  return true;
}

/** Pre-votes asked and granted name a term that nobody has entered yet. */
function speaksOfFuture(message: Message): boolean {
  if (message.type === 'vote') return message.pre;
  return message.type === 'voteResponse' && message.pre && message.granted;
}

function noteHigherTerm(state: RaftState, message: Message): void {
  const what = `received a ${message.type} with higher term from ${message.from}`;
  note(state, 'info', `${state.id} [term: ${state.term}] ${what} [term: ${message.term}]`);
}

function ignoreVote(state: RaftState, message: Vote): void {
  const { from, pre, lastTerm, lastIndex } = message;
  const remainingTicks = state.options.electionTicks - state.electionElapsed;
  const own = ownLog(state);
  const { term } = state;
  emit(state, { type: 'voteIgnored', from, pre, lastTerm, lastIndex, remainingTicks, term, own });
}

function isFromLeader(message: Message): message is FromLeader {
  return message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
}

function dispatch(state: RaftState, message: Message): void {
  if (isFromLeader(message)) follow(state, message);
  else if (message.type === 'vote') handleVote(state, message);
  else dispatchByRole(state, message);
}

function dispatchByRole(state: RaftState, message: Exclude<Message, FromLeader | Vote>): void {
  const { role } = state;
  switch (message.type) {
    case 'voteResponse':
      if (role === 'candidate' || role === 'preCandidate') handleVoteResponse(state, message);
      break;
    case 'appendResponse':
      if (role === 'leader') handleAppendResponse(state, message);
      break;
    case 'heartbeatResponse':
      if (role === 'leader') handleHeartbeatResponse(state, message);
      break;
    case 'timeoutNow':
      if (role === 'follower') handleTimeoutNow(state, message);
      break;
    default:
      unreachable(message);
  }
}

/**
 * The leader of this term speaks: whoever does not lead follows it. A second one is not believed;
 * a snapshot may come from any member, what it stands for is committed.
 */
function follow(state: RaftState, message: FromLeader): void {
  if (state.role === 'candidate' || state.role === 'preCandidate') {
    becomeFollower(state, state.term, message.from);
  }
  if (state.leader === NO_MEMBER) setLeader(state, message.from);
  if (state.leader !== message.from && message.type !== 'snapshot') {
    const what = `heard a second leader ${message.from} in term ${state.term}`;
    note(state, 'error', `${state.id} ${what}`);
    return;
  }
  state.electionElapsed = 0;
  obey(state, message);
}

function obey(state: RaftState, message: FromLeader): void {
  switch (message.type) {
    case 'append':
      handleAppend(state, message);
      break;
    case 'heartbeat':
      handleHeartbeat(state, message);
      break;
    case 'snapshot':
      handleSnapshot(state, message.from, message.snapshot);
      break;
    default:
      unreachable(message);
  }
}
