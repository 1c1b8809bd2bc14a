/**
 * What of the log is on disk, told from numbered writes alone.
 *
 * Writes are numbered 1, 2, 3, ..., applied in that order and acknowledged cumulatively. A write in
 * flight vouches for the log up to `last`; cutting the log lowers that, so an acknowledgement of an
 * overwritten range can never be taken for one of the entries that replaced it (the ABA race of
 * acknowledging by index and term).
 *
 * Invariants:
 * D1 durable <= issued <= the log's last index.
 * D2 numbers are acknowledged only after they were issued.
 * D3 the log is not shortened on disk except by a write that says so (`truncateFrom`).
 */

import { higherIndex, indexBefore, lowerIndex, NO_INDEX, violated } from './assert.ts';
import type { Index } from './types.ts';

interface PendingWrite {
  readonly seq: number;
  last: Index;
  readonly commit: Index;
}

export class Durability {
  /** Entries up to here are on disk, as they are in the log now. */
  durable: Index;
  /** Entries up to here have been given out in a write. */
  issued: Index;
  /** The commit index that a restart would find. */
  commit: Index;
  /** The log was cut below what was issued; the next write must say so. */
  truncating = false;
  /** The newest number issued, and the newest acknowledged. */
  seq = 0;
  acknowledged = 0;
  #restoreSeq = 0;
  #pending: PendingWrite[] = [];

  constructor(last: Index, commit: Index) {
    this.durable = last;
    this.issued = last;
    this.commit = commit;
  }

  /** A snapshot has been taken in whose write is not yet on disk. */
  get restoring(): boolean {
    return this.#restoreSeq > this.acknowledged;
  }

  cut(from: Index): void {
    const kept = indexBefore(from);
    if (this.issued > kept) this.truncating = true;
    this.#vouchUpTo(kept);
  }

  /** A snapshot replaces the log: nothing before it counts, and the next write carries it. */
  restart(index: Index): void {
    this.#vouchUpTo(NO_INDEX);
    this.issued = index;
    this.truncating = false;
    this.#restoreSeq = this.seq + 1;
  }

  #vouchUpTo(index: Index): void {
    this.durable = lowerIndex(this.durable, index);
    this.issued = lowerIndex(this.issued, index);
    for (const write of this.#pending) write.last = lowerIndex(write.last, index);
  }

  issue(last: Index, commit: Index): number {
    this.seq++;
    this.issued = last;
    this.truncating = false;
    this.#pending.push({ seq: this.seq, last, commit });
    return this.seq;
  }

  acknowledge(seq: number): void {
    if (seq > this.seq) {
      violated(`write ${seq} is acknowledged but only ${this.seq} were issued`);
    }
    let done = 0;
    for (const write of this.#pending) {
      if (write.seq > seq) break;
      this.durable = higherIndex(this.durable, write.last);
      this.commit = higherIndex(this.commit, write.commit);
      done++;
    }
    this.#pending.splice(0, done);
    this.acknowledged = Math.max(this.acknowledged, seq);
  }
}
