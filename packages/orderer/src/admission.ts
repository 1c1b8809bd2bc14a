/**
 * What can be said of a submission from its own bytes: whether it is a transaction that may be ordered at all.
 *
 * Whether it is new, and whether there is room for it, is for the desk (`submissions.ts`).
 */
import {
  checkTransaction,
  isReservedId,
  type LedgerError,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_PREFIX_BYTES,
} from '@cairn/ledger';
import type { ErrorCode } from '@cairn/transport';
import { sentenceOf } from './answers.ts';
import type { Whose } from './endings.ts';
import type { SubmitRequest } from './submit-request.ts';

export interface Problem {
  readonly whose: Whose;
  readonly code: ErrorCode;
  readonly details?: { readonly message: string };
}

const codeOfLedgerError: Partial<Record<LedgerError['code'], ErrorCode>> = {
  TX_ID: 'BAD_ID',
  TX_PAYLOAD_EMPTY: 'EMPTY_TRANSACTION',
  TX_TOO_LARGE: 'TRANSACTION_TOO_LARGE',
};

const CODE_OF_C = 'c'.charCodeAt(0);

/** Null: it may be ordered. */
export function problemOf(request: SubmitRequest, position: number): Problem | null {
  const start = request.startOf(position) + TRANSACTION_PREFIX_BYTES;
  const end = request.endOf(position);
  const fault = checkTransaction(request.bytes, start, end, TRANSACTION_BYTES_MAX);
  if (fault !== null) {
    const code = codeOfLedgerError[fault.code] ?? 'MALFORMED_TRANSACTION';
    return { whose: { request, position }, code, details: { message: sentenceOf(fault.message) } };
  }
  if (isReserved(request, position)) {
    return { whose: { request, position, id: request.idOf(position) }, code: 'RESERVED_ID' };
  }
  return null;
}

/** Reserved ids begin with a letter that few others begin with. */
function isReserved(request: SubmitRequest, position: number): boolean {
  if (request.bytes[request.idStartOf(position)] !== CODE_OF_C) return false;
  return isReservedId(request.idOf(position));
}
