/**
 * From what an application wants to submit to a transaction, or to the refusal the service would give: what can be
 * known to be wrong here is not sent.
 */
import {
  checkClientTxId,
  encodedTransactionBytes,
  LedgerError,
  TRANSACTION_BYTES_MAX,
  type Transaction,
  type TxId,
  utf8,
} from '@cairn/ledger';
import { type ErrorCode, type Refusal, refusal } from '@cairn/transport';

export interface Submission {
  /** 1 to 64 printable ASCII characters without spaces, not beginning with `config-`; a UUIDv7 if absent. */
  readonly id?: string | undefined;
  /** At least one byte; text is sent as UTF-8. Must not be changed until the submission has an outcome. */
  readonly payload: Uint8Array | string;
}

export function transactionOf(
  channel: string,
  { id, payload }: Submission,
  freshId: () => TxId,
): Transaction | Refusal {
  const checkedId = id === undefined ? freshId() : checkClientTxId(id);
  if (checkedId instanceof LedgerError) {
    const code = checkedId.code === 'RESERVED_ID' ? 'RESERVED_ID' : 'BAD_ID';
    return refuse(
      code,
      channel,
      id,
      `The id ${JSON.stringify(id)} cannot be used: ${checkedId.message}.`,
    );
  }
  const transaction = {
    id: checkedId,
    payload: typeof payload === 'string' ? utf8(payload) : payload,
  };
  if (transaction.payload.length === 0) {
    return refuse('EMPTY_TRANSACTION', channel, checkedId, 'A payload needs at least one byte.');
  }
  const bytes = encodedTransactionBytes(transaction);
  if (bytes <= TRANSACTION_BYTES_MAX) return transaction;
  const sentence = `The transaction has ${bytes} bytes; no channel takes more than ${TRANSACTION_BYTES_MAX}.`;
  return refuse(
    'TRANSACTION_TOO_LARGE',
    channel,
    checkedId,
    `${sentence} Submit its hash instead.`,
  );
}

export function isTransaction(value: Transaction | Refusal): value is Transaction {
  return 'payload' in value;
}

function refuse(
  code: ErrorCode,
  channel: string,
  id: string | undefined,
  message: string,
): Refusal {
  return refusal(code, { channel, id, message });
}
