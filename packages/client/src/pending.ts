/**
 * One submission that has no outcome yet, and what may be said about it.
 *
 * Invariants: `done` is called exactly once, unless nobody waits any more. `mayBeOrdered` never goes back to false: once
 * an attempt may have reached a proposed block, nothing but a receipt, or proof that the id belongs to other bytes, ends
 * the doubt.
 */
import type { Transaction, TxId } from '@cairn/ledger';
import { encodedTransactionBytes, TRANSACTION_PREFIX_BYTES } from '@cairn/ledger';
import { type Receipt, type Refusal, refusal } from '@cairn/transport';

/** Where a submission ends: in a block, or refused, or unknown (a refusal with the code `OUTCOME_UNKNOWN`). */
export type Outcome = Receipt | Refusal;

export interface Pending {
  readonly id: TxId;
  readonly transaction: Transaction;
  /** In body form: length, 0x00 and transaction. */
  readonly bodyBytes: number;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** Is told when `outcome` is there. */
  readonly done: (outcome: Outcome) => void;
  outcome: Outcome | null;
  /** It has an outcome, or nobody waits for one any more. */
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
    id: transaction.id,
    transaction,
    bodyBytes: TRANSACTION_PREFIX_BYTES + encodedTransactionBytes(transaction),
    deadlineMs,
    done,
    outcome: null,
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
    id: pending.id,
    message:
      `Transaction ${pending.id} may or may not be in a block: no answer settled it in time. ` +
      `Submit it again under the same id, which is always safe.${last ? ` Last heard: ${last}` : ''}`,
  });
}
