/**
 * What an answer means for one submission: the whole retry policy as one pure function.
 *
 *   answer                                 in doubt before?   verdict
 *   -------------------------------------  -----------------  -----------------------------------------
 *   receipt                                any                settled: committed (also when a duplicate)
 *   refusal ID_CONFLICT, CHANNEL_MISMATCH  any                settled: refused
 *   other refusal, not retryable           no                 settled: refused
 *   other refusal, not retryable           yes                settled: OUTCOME_UNKNOWN
 *   refusal, retryable                     any                again; in doubt if it was, or if 504 unless
 *                                                             the leader says it was never proposed
 *   silence, lost connection, nonsense     any                again; in doubt from now on
 */
import type { Receipt, Refusal } from '@cairn/transport';

export type Answer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  /** Nothing that can be believed came back; `refusal` says what happened instead. */
  | { readonly kind: 'silence'; readonly refusal: Refusal };

export type Verdict =
  | { readonly kind: 'settled'; readonly outcome: Receipt | Refusal }
  | { readonly kind: 'unknown'; readonly refusal: Refusal }
  | { readonly kind: 'again'; readonly refusal: Refusal; readonly inDoubt: boolean };

export function verdictOf(answer: Answer, inDoubt: boolean): Verdict {
  switch (answer.kind) {
    case 'receipt':
      return { kind: 'settled', outcome: answer.receipt };
    case 'silence':
      return { kind: 'again', refusal: answer.refusal, inDoubt: true };
    case 'refusal':
      return verdictOfRefusal(answer.refusal, inDoubt);
  }
}

function verdictOfRefusal(refusal: Refusal, inDoubt: boolean): Verdict {
  const { retryable, proposed } = refusal.error;
  if (retryable) {
    const leavesDoubt = refusal.status === 504 && proposed !== false;
    return { kind: 'again', refusal, inDoubt: inDoubt || leavesDoubt };
  }
  return inDoubt && !holdsForEarlierAttempts(refusal)
    ? { kind: 'unknown', refusal }
    : { kind: 'settled', outcome: refusal };
}

/** With another transaction under its id, none of the attempts can ever be in a block. */
function holdsForEarlierAttempts(refusal: Refusal): boolean {
  return refusal.error.code === 'ID_CONFLICT' || refusal.error.code === 'CHANNEL_MISMATCH';
}
