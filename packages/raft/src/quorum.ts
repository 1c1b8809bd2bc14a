/**
 * What a set of voters agrees on: the index a quorum holds, and the outcome of a vote.
 *
 * Pure functions over whatever carries a match or a ballot. Invariants:
 * Q1 an index counts only if a majority of the set holds it (paper, 5.3).
 * Q2 a joint configuration needs both majorities (thesis, 4.3).
 * Q3 the empty set agrees to everything, so a joint half that is empty does not constrain the other.
 */

export type VoteResult = 'won' | 'lost' | 'pending';
export type Ballot = boolean | null;

export interface Matched {
  readonly match: number;
}

export const majorityOf = (count: number): number => Math.floor(count / 2) + 1;

let scratch = new Float64Array(16);

/** The highest index that a majority of `members` holds; Infinity for the empty set. */
export function majorityIndex(members: readonly Matched[]): number {
  const count = members.length;
  if (count === 0) return Number.POSITIVE_INFINITY;
  if (scratch.length < count) scratch = new Float64Array(count * 2);
  sortMatches(members);
  return scratch[count - majorityOf(count)] as number;
}

/** Insertion sort into the scratch array: a handful of voters, on every acknowledgement. */
function sortMatches(members: readonly Matched[]): void {
  for (let position = 0; position < members.length; position++) {
    const match = (members[position] as Matched).match;
    let slot = position;
    while (slot > 0 && (scratch[slot - 1] as number) > match) {
      scratch[slot] = scratch[slot - 1] as number;
      slot--;
    }
    scratch[slot] = match;
  }
}

export function jointIndex(incoming: readonly Matched[], outgoing: readonly Matched[]): number {
  return Math.min(majorityIndex(incoming), majorityIndex(outgoing));
}

/** The outcome of one majority; null is a ballot not yet seen. */
export function majorityVote(ballots: readonly Ballot[]): VoteResult {
  if (ballots.length === 0) return 'won';
  const quorum = majorityOf(ballots.length);
  let granted = 0;
  let missing = 0;
  for (const ballot of ballots) {
    if (ballot === null) missing++;
    else if (ballot) granted++;
  }
  if (granted >= quorum) return 'won';
  return granted + missing >= quorum ? 'pending' : 'lost';
}

export function jointVote(incoming: readonly Ballot[], outgoing: readonly Ballot[]): VoteResult {
  const first = majorityVote(incoming);
  const second = majorityVote(outgoing);
  if (first === second) return first;
  return first === 'lost' || second === 'lost' ? 'lost' : 'pending';
}
