/**
 * From a row of the error table to what somebody sees: a refusal on the wire, an error in code, an exit code.
 *
 * Nobody writes a refusal by hand: status and retryability always come from the table.
 */
import { type ErrorCode, errorRow } from './error-table.ts';
import type { Refusal, RefusalError } from './replies.ts';

export interface RefusalDetails {
  /** Better than the row's meaning: names the value that is wrong. */
  readonly message?: string | undefined;
  /** Instead of the row's; ignored where the row is not retryable. */
  readonly retryAfterMs?: number | undefined;
  /** null: there is none, or none is known. */
  readonly leader?: string | null | undefined;
  readonly height?: number | undefined;
  readonly proposed?: boolean | undefined;
  readonly channel?: string | undefined;
  readonly channelId?: string | undefined;
  readonly id?: string | undefined;
}

/** The refusal of a code. `DEADLINE_PASSED` says `proposed: false`, which is what it means. */
export function refusal(code: ErrorCode, details: RefusalDetails = {}): Refusal {
  const { channel, channelId, id } = details;
  return {
    status: errorRow(code).status,
    ...(channel !== undefined && { channel }),
    ...(channelId !== undefined && { channelId }),
    ...(id !== undefined && { id }),
    error: refusalError(code, details),
  };
}

function refusalError(code: ErrorCode, details: RefusalDetails): RefusalError {
  const row = errorRow(code);
  const { leader, height } = details;
  const retryAfterMs = row.retryable ? (details.retryAfterMs ?? row.retryAfterMs) : undefined;
  const proposed = details.proposed ?? (code === 'DEADLINE_PASSED' ? false : undefined);
  return {
    code,
    message: details.message ?? row.meaning,
    retryable: row.retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(leader !== undefined && { leader }),
    ...(height !== undefined && { height }),
    ...(proposed !== undefined && { proposed }),
  };
}

/** What code throws when the answer is a refusal; `refusal` is the whole answer. */
export class CairnError extends Error {
  override readonly name = 'CairnError';
  readonly code: ErrorCode;
  readonly refusal: Refusal;

  constructor(answer: Refusal, options?: ErrorOptions) {
    super(answer.error.message, options);
    this.code = answer.error.code;
    this.refusal = answer;
  }

  get status(): number {
    return this.refusal.status;
  }

  get retryable(): boolean {
    return this.refusal.error.retryable;
  }
}

export function cairnError(
  code: ErrorCode,
  details: RefusalDetails = {},
  cause?: unknown,
): CairnError {
  return new CairnError(refusal(code, details), cause === undefined ? undefined : { cause });
}

export const exitCodes = {
  done: 0,
  refused: 1,
  usage: 2,
  notFound: 3,
  unavailable: 4,
  verificationFailed: 5,
  interrupted: 130,
} as const;

/** What a command exits with after an answer of this status: 200 done, 404 not found, 429, 503 and 504 unavailable. */
export function exitCodeOf(status: number): number {
  if (status === 200) return exitCodes.done;
  if (status === 404) return exitCodes.notFound;
  if (status === 429 || status === 503 || status === 504) return exitCodes.unavailable;
  return exitCodes.refused;
}

/** As `exitCodeOf`, but knows that `VERIFICATION_FAILED` has an exit code of its own. */
export function exitCodeOfError(error: CairnError): number {
  return error.code === 'VERIFICATION_FAILED'
    ? exitCodes.verificationFailed
    : exitCodeOf(error.status);
}
