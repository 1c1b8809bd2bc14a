/**
 * When each other member was last heard of: what "active" means in metrics and information.
 *
 * Raft's own mark is cleared at every quorum check and therefore says "heard since the last check", which is false for a
 * moment after each. This one is a plain sliding window.
 */
import type { MemberId } from '@cairn/raft';

export class Hearing {
  readonly #heardAtMs = new Map<MemberId, number>();

  heard(member: MemberId, nowMs: number): void {
    this.#heardAtMs.set(member, nowMs);
  }

  isHeard(member: MemberId, nowMs: number, withinMs: number): boolean {
    const atMs = this.#heardAtMs.get(member);
    return atMs !== undefined && nowMs - atMs <= withinMs;
  }
}
