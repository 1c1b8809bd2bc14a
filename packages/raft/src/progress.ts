/**
 * What a leader knows of one member, and how that knowledge moves.
 *
 *   from        event                                        to
 *   any         leader elected                               probe (match 0, next last + 1)
 *   probe       append acknowledged                          replicate (next = match + 1)
 *   probe, replicate   needed entry compacted, member alive  snapshot (next = pending + 1)
 *   replicate   rejection above match, or unreachable        probe (next = match + 1)
 *   snapshot    append acknowledged that meets the log       replicate
 *   snapshot    reported done / failed                       probe, paused
 *   snapshot    no word for two election time-outs           probe
 *
 * Invariants: P1 0 <= match < next, always. P2 match never falls while the leader leads.
 * P3 a probe has one append with entries on its way at most; a snapshot has none.
 */

import { higherIndex, indexAfter, lowerIndex, NO_INDEX, violated } from './assert.ts';
import { Inflights } from './inflights.ts';
import type { Ballot } from './quorum.ts';
import type { Index, MemberId, ProgressStatus } from './types.ts';

export interface FlowLimits {
  readonly inflightAppendsMax: number;
  readonly inflightBytesMax: number;
}

export class Progress {
  readonly id: MemberId;
  readonly inflights: Inflights;
  learner: boolean;
  /** The ballot of the election under way; has no meaning on a leader. */
  ballot: Ballot = null;
  /** Heard since the last quorum check. A new member begins active (it had no time to speak). */
  active = true;
  #state: ProgressStatus['state'] = 'probe';
  #match: Index = NO_INDEX;
  #next: Index;
  #sentCommit: Index = NO_INDEX;
  #pendingSnapshot: Index = NO_INDEX;
  #flowPaused = false;
  #snapshotRounds = 0;

  constructor(id: MemberId, learner: boolean, next: Index, limits: FlowLimits) {
    this.id = id;
    this.learner = learner;
    this.#next = next;
    this.inflights = new Inflights(limits.inflightAppendsMax, limits.inflightBytesMax);
  }

  get state(): ProgressStatus['state'] {
    return this.#state;
  }
  get match(): Index {
    return this.#match;
  }
  get next(): Index {
    return this.#next;
  }
  get pendingSnapshot(): Index {
    return this.#pendingSnapshot;
  }
  get isPaused(): boolean {
    return this.#state === 'snapshot' || this.#flowPaused;
  }

  /** Forgets everything: a new term begins. */
  reset(next: Index): void {
    this.#match = NO_INDEX;
    this.#next = next;
    this.#sentCommit = NO_INDEX;
    this.active = false;
    this.ballot = null;
    this.#enter('probe');
  }

  becomeProbe(): void {
    const floor = this.#state === 'snapshot' ? this.#pendingSnapshot : NO_INDEX;
    this.#enter('probe');
    this.#aim(indexAfter(higherIndex(this.#match, floor)));
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.#next = indexAfter(this.#match);
  }

  becomeSnapshot(index: Index): void {
    this.#enter('snapshot');
    this.#pendingSnapshot = index;
    this.#snapshotRounds = 0;
    this.#next = indexAfter(higherIndex(index, this.#match));
    this.#sentCommit = index;
  }

  /** The report on a snapshot came in; either way wait for the member's next word. */
  snapshotDone(ok: boolean): void {
    if (!ok) this.#pendingSnapshot = NO_INDEX;
    this.becomeProbe();
    this.#flowPaused = true;
  }

  /**
   * An election time-out has passed. A snapshot or its acknowledgement may be lost without a report:
   * after the second one the member is asked again, which costs one message if it is still busy.
   */
  ageSnapshot(): void {
    if (this.#state === 'snapshot' && ++this.#snapshotRounds >= 2) this.becomeProbe();
  }

  resume(): void {
    this.#flowPaused = false;
  }

  /** The member holds the log up to `index`. Says whether that is news. */
  acknowledge(index: Index): boolean {
    if (index <= this.#match) return false;
    this.#match = index;
    this.#next = higherIndex(this.#next, indexAfter(index));
    this.#flowPaused = false;
    return true;
  }

  /** The member refused entries after `rejected`; `hint` is where the logs may meet. False if stale. */
  retreat(rejected: Index, hint: Index): boolean {
    if (this.#state === 'replicate') {
      if (rejected <= this.#match) return false;
      this.#aim(indexAfter(this.#match));
      return true;
    }
    if (this.#next - 1 !== rejected) return false;
    this.#aim(higherIndex(lowerIndex(rejected, indexAfter(hint)), indexAfter(this.#match)));
    this.#flowPaused = false;
    return true;
  }

  #aim(next: Index): void {
    this.#next = next;
    this.#sentCommit = lowerIndex(this.#sentCommit, (next - 1) as Index);
  }

  /** An append with `count` entries and commit index `commit` leaves. */
  sent(count: number, bytes: number, commit: Index): void {
    this.sentCommit(commit);
    if (this.#state === 'probe') {
      if (count > 0) this.#flowPaused = true;
      return;
    }
    if (this.#state !== 'replicate') violated(`append sent to member ${this.id} in snapshot state`);
    if (count > 0) {
      this.#next = indexAfter(this.#next, count);
      this.inflights.add((this.#next - 1) as Index, bytes);
    }
    this.#flowPaused = this.inflights.isFull;
  }

  sentCommit(commit: Index): void {
    this.#sentCommit = commit;
  }

  /** Telling commit index `commit` would be news for this member. */
  canTellCommit(commit: Index): boolean {
    return commit > this.#sentCommit && this.#sentCommit < this.#next - 1;
  }

  #enter(state: ProgressStatus['state']): void {
    this.#state = state;
    this.#flowPaused = false;
    this.#pendingSnapshot = NO_INDEX;
    this.inflights.clear();
  }

  assertSound(): void {
    if (this.#match >= this.#next) {
      violated(`match ${this.#match} >= next ${this.#next} of ${this.id}`);
    }
  }

  get status(): ProgressStatus {
    return {
      id: this.id,
      state: this.#state,
      match: this.#match,
      next: this.#next,
      learner: this.learner,
      active: this.active,
      inflight: this.inflights.count,
      inflightFull: this.inflights.isFull,
      paused: this.isPaused,
      pendingSnapshot: this.#pendingSnapshot,
    };
  }
}
