/**
 * Could two members win one term? Counted over all sets of voters, for the few members a channel has.
 */

/** A member who might stand: who would vote for it, and which sets of voters would make it a leader. */
export interface Contender {
  readonly supporters: readonly number[];
  readonly isQuorum: (members: ReadonlySet<number>) => boolean;
}

/** Two disjoint quorums of supporters, one for each; null if there are none. */
export function disjointQuorums(one: Contender, other: Contender): readonly number[] | null {
  const { supporters } = one;
  for (let bits = 1; bits < 1 << supporters.length; bits++) {
    const chosen = supporters.filter((_, at) => (bits & (1 << at)) !== 0);
    if (!one.isQuorum(new Set(chosen))) continue;
    const rest = other.supporters.filter((id) => !chosen.includes(id));
    if (other.isQuorum(new Set(rest))) return chosen;
  }
  return null;
}
