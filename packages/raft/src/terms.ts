/**
 * The terms of the whole log as runs: terms change rarely, so a few numbers answer every question
 * about them without touching storage.
 *
 * Invariants:
 * T1 runs are ascending in `first`, strictly ascending in `term`.
 * T2 the first run covers `first - 1`, the index before the log's first entry (0 has term 0).
 */

import { assert, indexBefore, lowerIndex, NO_INDEX, NO_TERM, violated } from './assert.ts';
import type { Index, Term, TermRun } from './types.ts';

/** An index with its term; term 0 where the term is not known. */
export interface EntryId {
  readonly index: Index;
  readonly term: Term;
}

export class TermRuns {
  #runs: TermRun[];

  /** `base` is the index before the log's first entry; T2 holds of itself when it is 0. */
  constructor(runs: readonly TermRun[], base: Index) {
    const covered = runs[0] !== undefined && runs[0].first <= base;
    assert(covered || base === 0, `the terms do not reach back to index ${base}`);
    this.#runs = covered ? [...runs] : [{ first: NO_INDEX, term: NO_TERM }, ...runs];
    for (let slot = 1; slot < this.#runs.length; slot++) {
      this.#assertAscending(this.#runs[slot - 1] as TermRun, this.#runs[slot] as TermRun);
    }
  }

  get runs(): readonly TermRun[] {
    return this.#runs;
  }

  /** The term at `index`; the caller has checked that the log covers it. */
  at(index: Index): Term {
    if (index === 0) return NO_TERM;
    const run = this.#runs[this.#slotOf(index)];
    if (run === undefined) violated(`no term run covers index ${index}`);
    return run.term;
  }

  append(index: Index, term: Term): void {
    const newest = this.#runs[this.#runs.length - 1] as TermRun;
    if (newest.term === term) return;
    const run = { first: index, term };
    this.#assertAscending(newest, run);
    this.#runs.push(run);
  }

  /** Forgets the terms at and above `index`. */
  cut(index: Index): void {
    while (this.#runs.length > 1 && (this.#runs.at(-1) as TermRun).first >= index) this.#runs.pop();
  }

  /** Forgets the terms below `index`, which becomes the oldest one known. */
  compact(index: Index): void {
    const slot = this.#slotOf(index);
    if (slot > 0) this.#runs = this.#runs.slice(slot);
  }

  restart(index: Index, term: Term): void {
    this.#runs = [{ first: index, term }];
  }

  /** The largest index at or below `index`, and not below `floor`, whose term is at most `term`. */
  lastAtMost(index: Index, term: Term, floor: Index): EntryId {
    if (index < floor) return { index, term: NO_TERM };
    let end = index;
    for (let slot = this.#slotOf(index); slot >= 0; slot--) {
      const run = this.#runs[slot] as TermRun;
      if (end === 0) break;
      if (run.term <= term) return { index: end, term: run.term };
      if (run.first === 0) break;
      end = lowerIndex(end, indexBefore(run.first));
      if (end < floor) return { index: end, term: NO_TERM };
    }
    return { index: NO_INDEX, term: NO_TERM };
  }

  #slotOf(index: Index): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#runs[middle] as TermRun).first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #assertAscending(before: TermRun, after: TermRun): void {
    assert(before.first < after.first, `term runs overlap at index ${after.first}`);
    assert(before.term < after.term, `terms fall from ${before.term} to ${after.term}`);
  }
}
