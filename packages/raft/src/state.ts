/**
 * Everything one member of one group remembers, and the few helpers every rule needs.
 *
 * The rules (election, replication, follower, membership, transfer) are functions over this state;
 * `raft.ts` decides which of them runs. Invariants:
 * S1 term never falls; within a term the vote never changes once given (paper, figure 2).
 * S2 `leader` is the node itself exactly when `role` is leader.
 */

import { NO_MEMBER, toTerm } from './assert.ts';
import type { RaftLog } from './log.ts';
import { type Outbox, post } from './outbox.ts';
import type { Tracker } from './tracker.ts';
import type {
  Index,
  MemberId,
  Message,
  OwnLog,
  RaftDependencies,
  RaftEvent,
  RaftOptions,
  Role,
  Term,
} from './types.ts';

export const NOT_DRAWN = 0;

export interface RaftState {
  readonly id: MemberId;
  readonly options: RaftOptions;
  readonly dependencies: RaftDependencies;
  readonly log: RaftLog;
  readonly outbox: Outbox;
  tracker: Tracker;
  role: Role;
  term: Term;
  vote: MemberId;
  leader: MemberId;
  /** Ticks since a leader (or, on a leader, the last quorum check) was heard. */
  electionElapsed: number;
  heartbeatElapsed: number;
  /** From [electionTicks, 2 * electionTicks - 1], drawn when first needed after a change of role. */
  electionTimeout: number;
  /** The write that makes a candidate's vote for itself durable; 0 = none awaited. */
  ownVoteSeq: number;
  transferee: MemberId;
  /** The last index that may hold a config entry not yet applied (leader only). */
  pendingConfigIndex: Index;
  /** Payload of this leader's proposals above commit, oldest first, and their sum. */
  uncommitted: { readonly index: Index; readonly bytes: number }[];
  uncommittedBytes: number;
}

/** Messages are written out in full where they are made: one shape each, no copying. */
export function say(state: RaftState, message: Message): void {
  post(state.outbox, message);
}

export function emit(state: RaftState, event: RaftEvent): void {
  state.outbox.events.push(event);
}

export function note(
  state: RaftState,
  level: 'debug' | 'info' | 'warn' | 'error',
  text: string,
): void {
  emit(state, { type: 'trace', level, text });
}

export const ownLog = (state: RaftState): OwnLog => ({
  lastTerm: state.log.lastTerm,
  lastIndex: state.log.last,
  vote: state.vote,
});

export const nextTerm = (state: RaftState): Term => toTerm(state.term + 1);

export function setLeader(state: RaftState, leader: MemberId): void {
  if (state.leader === leader) return;
  emit(state, { type: 'leader', from: state.leader, to: leader, term: state.term });
  state.leader = leader;
}

/** The node may stand for election: a voter whose log is not being replaced. */
export function isPromotable(state: RaftState): boolean {
  const self = state.tracker.self;
  return self !== null && !self.learner && !state.log.disk.restoring;
}

/** Followers that hear a leader refuse votes for an election time-out (thesis, 4.2.3). */
export const inLease = (state: RaftState): boolean =>
  state.options.checkQuorum &&
  state.leader !== NO_MEMBER &&
  state.electionElapsed < state.options.electionTicks;
