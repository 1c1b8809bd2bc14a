/**
 * One submission that has no outcome yet, and what may be said about it.
 *
 * Invariants: `settle` is called exactly once. `mayBeOrdered` never goes back to false: once an attempt may have reached
 * a proposed block, nothing but a receipt, or proof that the id belongs to other bytes, ends the doubt.
 */
import type { Transaction } from '@cairn/ledger';
import { encodedTransactionBytes, TRANSACTION_PREFIX_BYTES } from '@cairn/ledger';
import { type Receipt, type Refusal, refusal } from '@cairn/transport';

/** Where a submission ends: in a block, or refused, or unknown (a refusal with the code `OUTCOME_UNKNOWN`). */
export type Outcome = Receipt | Refusal;

export interface Pending {
  readonly transaction: Transaction;
  /** In body form: length, 0x00 and transaction. */
  readonly bodyBytes: number;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  readonly done: (outcome: Outcome) => void;
  settled: boolean;
  /** Among those whose deadlines are watched; null: not among them. */
  place: number | null;
  /** An attempt is under way whose answer has not come. */
  inFlight: boolean;
  mayBeOrdered: boolean;
  /** The last thing that was said about it. */
  lastRefusal: Refusal | null;
}

export function pendingOf(
  transaction: Transaction,
  deadlineMs: number,
  done: (outcome: Outcome) => void,
): Pending {
  return {
    transaction,
    bodyBytes: TRANSACTION_PREFIX_BYTES + encodedTransactionBytes(transaction),
    deadlineMs,
    done,
    settled: false,
    place: null,
    inFlight: false,
    mayBeOrdered: false,
    lastRefusal: null,
  };
}

export function isReceipt(outcome: Outcome): outcome is Receipt {
  return outcome.status === 200;
}

/** The truth about a submission that ends without an answer: at its deadline, or because the client closes. */
export function lastKnownTruth(channel: string, pending: Pending, otherwise: Refusal): Refusal {
  if (pending.inFlight || pending.mayBeOrdered) return outcomeUnknown(channel, pending);
  return pending.lastRefusal ?? otherwise;
}

export function outcomeUnknown(channel: string, pending: Pending): Refusal {
  const last = pending.lastRefusal?.error.message;
  return refusal('OUTCOME_UNKNOWN', {
    channel,
    id: pending.transaction.id,
    message:
      `Transaction ${pending.transaction.id} may or may not be in a block: no answer settled it in time. ` +
      `Submit it again under the same id, which is always safe.${last ? ` Last heard: ${last}` : ''}`,
  });
}
