/**
 * What the passing of one tick means: elections for those who hear nobody, heartbeats and the check
 * of the own quorum for the leader.
 *
 * Invariant: a leader that has not heard a quorum for an election time-out leads no longer.
 */

import { assert, NO_MEMBER } from './assert.ts';
import { standForElection } from './election.ts';
import { broadcastHeartbeat } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { emit, isPromotable, NOT_DRAWN, type RaftState } from './state.ts';
import { quorumActive } from './tracker.ts';
import { giveUpTransfer } from './transfer.ts';

export function tickOnce(state: RaftState): void {
  state.electionElapsed++;
  if (state.role === 'leader') tickLeader(state);
  else tickElection(state);
}

function tickElection(state: RaftState): void {
  if (state.electionElapsed < state.options.electionTicks || !isPromotable(state)) return;
  if (state.electionTimeout === NOT_DRAWN) drawElectionTimeout(state);
  if (state.electionElapsed < state.electionTimeout) return;
  state.electionElapsed = 0;
  standForElection(state, false);
}

/** Chance keeps members from standing at the same time (paper, 5.2). */
function drawElectionTimeout(state: RaftState): void {
  const { electionTicks } = state.options;
  const extra = state.dependencies.random.below(electionTicks);
  assert(extra >= 0 && extra < electionTicks, 'the random source left its range');
  state.electionTimeout = electionTicks + extra;
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
  for (const member of state.tracker.members) {
    member.active = member.id === state.id;
    member.ageSnapshot();
  }
  giveUpTransfer(state);
}
