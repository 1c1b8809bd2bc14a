/**
 * How far this orderer is behind what the leaders of its channels have said to be committed.
 *
 * An append tells the leader's commit index to everybody, also to a member that does not have the entries yet. What is
 * committed never becomes uncommitted, so the highest index ever heard stays true, whoever leads later.
 */
import type { Message, RaftStatus } from '@cairn/raft';

/** A member with more than this to come is catching up; less is usually on its way. */
export const BEHIND_MAX = 64;

interface Follower {
  readonly status: Pick<RaftStatus, 'applied'>;
}

export class CatchUp {
  readonly #committed = new WeakMap<Follower, number>();

  heard(channel: Follower, message: Message): void {
    if (message.type !== 'append') return;
    if (message.commit > (this.#committed.get(channel) ?? 0)) {
      this.#committed.set(channel, message.commit);
    }
  }

  /** Entries known to be committed and not yet applied here: blocks, but for one in each term. */
  behind(channel: Follower): number {
    return Math.max(0, (this.#committed.get(channel) ?? 0) - channel.status.applied);
  }
}
