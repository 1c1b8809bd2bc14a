/**
 * Handing leadership over on purpose (thesis, 3.10): refuse proposals, bring the successor up to date,
 * tell it to stand at once. Given up after an election time-out.
 *
 * The order to stand names the term and last index it was made for: a delayed one is void.
 */

import { NO_MEMBER } from './assert.ts';
import { standForElection } from './election.ts';
import { leaveJointIfDue } from './membership.ts';
import { abortTransfer, sendAppend, sendTimeoutNow } from './replication.ts';
import { emit, note, type RaftState } from './state.ts';
import { find, isVoter } from './tracker.ts';
import type { MemberId, Message } from './types.ts';

type TimeoutNow = Extract<Message, { type: 'timeoutNow' }>;

export function startTransfer(state: RaftState, to: MemberId): void {
  const member = find(state.tracker.members, to);
  if (state.role !== 'leader' || member === undefined || to === state.transferee) return;
  if (!isVoter(state.tracker, member) || member.learner) return;
  abortTransfer(state);
  if (to === state.id) {
    leaveJointIfDue(state);
    return;
  }
  state.electionElapsed = 0;
  state.transferee = to;
  emit(state, { type: 'transfer', state: 'started', to });
  if (member.match === state.log.last) sendTimeoutNow(state, to);
  else sendAppend(state, member, true);
}

export function giveUpTransfer(state: RaftState): void {
  if (state.transferee === NO_MEMBER) return;
  abortTransfer(state);
  leaveJointIfDue(state);
}

export function handleTimeoutNow(state: RaftState, message: TimeoutNow): void {
  if (message.from !== state.leader || message.lastIndex !== state.log.last) {
    note(state, 'info', `${state.id} ignored a stale MsgTimeoutNow from ${message.from}`);
    return;
  }
  const what = `received MsgTimeoutNow from ${message.from} and starts an election`;
  note(state, 'info', `${state.id} [term ${state.term}] ${what} to get leadership.`);
  standForElection(state, true);
}
