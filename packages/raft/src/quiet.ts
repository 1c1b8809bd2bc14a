/**
 * A group in which nothing happens: ticks and heartbeats that change nothing, told from others by a few comparisons.
 *
 * A process may have thousands of such groups, and this is all they do. Invariant: each function here does exactly what
 * `tick` and `step` would have done, or says that it does not and has changed nothing.
 */

import { assert, NO_MEMBER } from './assert.ts';
import { commitToTell } from './replication.ts';
import { NOT_DRAWN, type RaftState } from './state.ts';
import { find } from './tracker.ts';
import type { Index, MemberId, Term } from './types.ts';

/** So many ticks would do nothing but count, if nothing else happens meanwhile. */
export function quietTicksOf(state: RaftState): number {
  const { electionTicks, heartbeatTicks } = state.options;
  const { role, electionElapsed, heartbeatElapsed, electionTimeout } = state;
  const untilElection = electionTimeout === NOT_DRAWN ? electionTicks : electionTimeout;
  const untilDue =
    role === 'leader'
      ? Math.min(heartbeatTicks - heartbeatElapsed, electionTicks - electionElapsed)
      : untilElection - electionElapsed;
  return Math.max(0, untilDue - 1);
}

export function passQuietTicks(state: RaftState, count: number): void {
  assert(count <= quietTicksOf(state), 'a tick that has something to do is not passed over');
  state.electionElapsed += count;
  if (state.role === 'leader') state.heartbeatElapsed += count;
}

/** True: the tick made a leader send its heartbeats and did nothing else; `send` was given each of them. */
export function tickQuietly(
  state: RaftState,
  send: (to: MemberId, commit: Index) => void,
): boolean {
  const { electionTicks, heartbeatTicks } = state.options;
  const isDue = state.role === 'leader' && state.heartbeatElapsed + 1 >= heartbeatTicks;
  if (!isDue || state.electionElapsed + 1 >= electionTicks) return false;
  state.electionElapsed += 1;
  state.heartbeatElapsed = 0;
  for (const member of state.tracker.members) {
    if (member.id !== state.id) send(member.id, commitToTell(state, member));
  }
  return true;
}

/** True: the heartbeat of the leader it follows, which tells nothing new, is taken and is to be answered. */
export function hearQuietHeartbeat(
  state: RaftState,
  from: MemberId,
  term: Term,
  commit: Index,
): boolean {
  const isKnown = state.role === 'follower' && state.leader === from && state.term === term;
  if (!isKnown || from === NO_MEMBER || commit > state.log.commit) return false;
  state.electionElapsed = 0;
  return true;
}

/** True: the answer of a member that has all of this leader's log is taken. */
export function hearQuietResponse(state: RaftState, from: MemberId, term: Term): boolean {
  if (state.role !== 'leader' || state.term !== term || from === state.id) return false;
  const member = find(state.tracker.members, from);
  if (member === undefined || member.state === 'probe' || member.match < state.log.last) {
    return false;
  }
  member.active = true;
  member.resume();
  return true;
}
