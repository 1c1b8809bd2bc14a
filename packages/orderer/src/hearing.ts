/**
 * When each other member was last heard of: what "active" means in metrics and information.
 *
 * Raft's own mark is cleared at every quorum check and therefore says "heard since the last check", which is false for a
 * moment after each. This one is a plain sliding window.
 */
import type { MemberId } from '@cairn/raft';

export class Hearing {
  /** A handful of members, each heard several times a second. */
  readonly #members: MemberId[] = [];
  readonly #heardAtMs: number[] = [];

  heard(member: MemberId, nowMs: number): void {
    let at = this.#members.indexOf(member);
    if (at < 0) at = this.#members.push(member) - 1;
    this.#heardAtMs[at] = nowMs;
  }

  isHeard(member: MemberId, nowMs: number, withinMs: number): boolean {
    const atMs = this.#heardAtMs[this.#members.indexOf(member)];
    return atMs !== undefined && nowMs - atMs <= withinMs;
  }
}
