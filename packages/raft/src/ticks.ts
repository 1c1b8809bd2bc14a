/**
 * What the passing of one tick means: elections for those who hear nobody, heartbeats and the check
 * of the own quorum for the leader.
 *
 * Invariant: a leader that has not heard a quorum for an election time-out leads no longer.
 */

import { NO_MEMBER } from './assert.ts';
import { standForElection } from './election.ts';
import { broadcastHeartbeat } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { emit, isPromotable, type RaftState } from './state.ts';
import { quorumActive } from './tracker.ts';
import { giveUpTransfer } from './transfer.ts';

export function tickOnce(state: RaftState): void {
  state.electionElapsed++;
  if (state.role === 'leader') tickLeader(state);
  else tickElection(state);
}

function tickElection(state: RaftState): void {
  if (state.electionElapsed < state.electionTimeout || !isPromotable(state)) return;
  state.electionElapsed = 0;
  standForElection(state, false);
}

function tickLeader(state: RaftState): void {
  state.heartbeatElapsed++;
  if (state.electionElapsed >= state.options.electionTicks) checkLeadership(state);
  if (state.role !== 'leader' || state.heartbeatElapsed < state.options.heartbeatTicks) return;
  state.heartbeatElapsed = 0;
  broadcastHeartbeat(state);
}

/** Once per election time-out: is the quorum still there, has a transfer taken too long. */
function checkLeadership(state: RaftState): void {
  state.electionElapsed = 0;
  if (state.options.checkQuorum && !quorumActive(state.tracker)) {
    emit(state, { type: 'steppedDown', reason: 'quorumInactive', term: state.term });
    becomeFollower(state, state.term, NO_MEMBER);
    return;
  }
  for (const member of state.tracker.members) member.active = member.id === state.id;
  giveUpTransfer(state);
}
