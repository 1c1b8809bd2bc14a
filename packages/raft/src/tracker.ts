/**
 * The members of the configuration in force with what is known of each, in dense arrays sorted by id.
 *
 * Invariant: `members` holds exactly voters, outgoing voters and learners of `conf`; `incoming` and
 * `outgoing` hold the same Progress objects, so a quorum is counted without any look-up.
 */

import { assertConf, membersOf } from './confchange.ts';
import { type FlowLimits, Progress } from './progress.ts';
import { type Ballot, jointIndex, jointVote, majorityOf, type VoteResult } from './quorum.ts';
import type { ConfState, Index, MemberId } from './types.ts';

export interface Tracker {
  readonly conf: ConfState;
  readonly members: readonly Progress[];
  readonly incoming: readonly Progress[];
  readonly outgoing: readonly Progress[];
  /** The node's own entry, or null if it is not a member. */
  readonly self: Progress | null;
}

/** Members of `before` keep what is known of them unless they are in `anew`. */
export function trackerOf(
  id: MemberId,
  conf: ConfState,
  next: Index,
  limits: FlowLimits,
  before: Tracker | null = null,
  anew: ReadonlySet<MemberId> = new Set(),
): Tracker {
  assertConf(conf);
  const kept = anew.size === 0 ? before : without(before, anew);
  const members = membersOf(conf).map((member) => {
    const learner = conf.learners.includes(member);
    const progress = kept === null ? undefined : find(kept.members, member);
    if (progress === undefined) return new Progress(member, learner, next, limits);
    progress.learner = learner;
    return progress;
  });
  return {
    conf,
    members,
    incoming: members.filter((member) => conf.voters.includes(member.id)),
    outgoing: members.filter((member) => conf.outgoing.includes(member.id)),
    self: find(members, id) ?? null,
  };
}

function without(tracker: Tracker | null, ids: ReadonlySet<MemberId>): Tracker | null {
  if (tracker === null) return null;
  return { ...tracker, members: tracker.members.filter((member) => !ids.has(member.id)) };
}

/** A handful of members: walking the array is faster than any map. */
export function find(members: readonly Progress[], id: MemberId): Progress | undefined {
  for (const member of members) if (member.id === id) return member;
  return undefined;
}

export const isVoter = (tracker: Tracker, member: Progress): boolean =>
  tracker.incoming.includes(member) || tracker.outgoing.includes(member);

/** The highest index that the configuration in force holds (Infinity without voters). */
export const quorumIndex = (tracker: Tracker): number =>
  jointIndex(tracker.incoming, tracker.outgoing);

const voteBy = (tracker: Tracker, ballotOf: (member: Progress) => Ballot): VoteResult =>
  jointVote(tracker.incoming.map(ballotOf), tracker.outgoing.map(ballotOf));

export interface Tally {
  readonly result: VoteResult;
  readonly granted: number;
  readonly rejected: number;
  readonly quorum: number;
}

export function tally(tracker: Tracker): Tally {
  const voters = tracker.members.filter((member) => isVoter(tracker, member));
  return {
    result: voteBy(tracker, (member) => member.ballot),
    granted: voters.filter((member) => member.ballot === true).length,
    rejected: voters.filter((member) => member.ballot === false).length,
    quorum: majorityOf(tracker.incoming.length),
  };
}

/** CheckQuorum: enough voters were heard since the last check. */
export const quorumActive = (tracker: Tracker): boolean =>
  voteBy(tracker, (member) => member.active) === 'won';
