/**
 * One timer for the deadlines of all open submissions.
 *
 * Invariant: while any submission is open, a timer runs that fires no later than the earliest deadline. A timer for each
 * would cost more than the submission itself.
 */
import type { Cancellable, Clock } from '@cairn/transport';
import type { Pending } from './pending.ts';

export class DeadlineWatch {
  readonly #clock: Clock;
  readonly #expired: (pending: Pending) => void;
  /** In no order: each knows its place, which costs less than a set of them would. */
  readonly #open: Pending[] = [];
  #timer: Cancellable | null = null;
  #firesAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, expired: (pending: Pending) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  get open(): readonly Pending[] {
    return this.#open;
  }

  add(pending: Pending): void {
    pending.place = this.#open.push(pending) - 1;
    if (pending.deadlineMs < this.#firesAtMs) this.#arm(pending.deadlineMs);
  }

  /** The timer stays: at its time it finds out what is left. */
  remove(pending: Pending): void {
    const { place } = pending;
    if (place === null) return;
    const last = this.#open.pop()!;
    if (last !== pending) {
      this.#open[place] = last;
      last.place = place;
    }
    pending.place = null;
    if (this.#open.length === 0) this.#disarm();
  }

  #arm(deadlineMs: number): void {
    this.#timer?.cancel();
    this.#firesAtMs = deadlineMs;
    const delayMs = Math.max(0, deadlineMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.after(delayMs, () => this.#sweep());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
  }

  #sweep(): void {
    this.#disarm();
    const nowMs = this.#clock.monotonicMs();
    for (const pending of [...this.#open]) {
      if (pending.deadlineMs <= nowMs) this.#expired(pending);
    }
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const pending of this.#open) earliestMs = Math.min(earliestMs, pending.deadlineMs);
    if (earliestMs < this.#firesAtMs) this.#arm(earliestMs);
  }
}
