/**
 * What clients did and were told: one record for each transaction id, from its first submission to what is known of it.
 *
 * Invariant: an id has one record and one payload, which follows from the id; the outcome is the strongest thing anybody
 * was told (a receipt over all else).
 */
import { createHash } from 'node:crypto';

export interface Place {
  readonly block: number;
  readonly index: number;
  readonly blockHash: string;
}

export type Outcome =
  | { readonly kind: 'open' }
  | { readonly kind: 'acknowledged'; readonly place: Place }
  /** Told that it will never be in a block. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unknown' };

export interface Attempt {
  readonly id: string;
  /** Monotonic time of its first submission and of the first receipt. */
  readonly submittedMs: number;
  endedMs: number;
  outcome: Outcome;
}

/** A receipt that contradicts another of the same id, or a conflict that was not told. */
export interface Contradiction {
  readonly id: string;
  readonly sentence: string;
}

export class History {
  readonly attempts = new Map<string, Attempt>();
  readonly contradictions: Contradiction[] = [];
  openCount = 0;

  begin(id: string): Attempt {
    const attempt: Attempt = {
      id,
      submittedMs: performance.now(),
      endedMs: Number.POSITIVE_INFINITY,
      outcome: { kind: 'open' },
    };
    this.attempts.set(id, attempt);
    this.openCount += 1;
    return attempt;
  }

  end(attempt: Attempt, outcome: Outcome): void {
    attempt.outcome = outcome;
    attempt.endedMs = performance.now();
    this.openCount -= 1;
  }

  contradict(id: string, sentence: string): void {
    this.contradictions.push({ id, sentence });
  }

  count(kind: Outcome['kind']): number {
    let count = 0;
    for (const { outcome } of this.attempts.values()) if (outcome.kind === kind) count += 1;
    return count;
  }
}

const FILLER = 'the quick brown fox jumps over the lazy dog, '.repeat(16);

/** The one payload of an id: its own name and 0 to 500 bytes more. */
export function payloadOf(id: string): string {
  const length = createHash('sha256').update(id).digest().readUInt16BE(0) % 500;
  return `${id}|${FILLER.slice(0, length)}`;
}
