/**
 * The doors `submit` and `batch`: one bare payload, or a frame of transactions in block-body form.
 */
import {
  encodeBodyTransaction,
  type LedgerError,
  parseTxId,
  readU32,
  TRANSACTION_PREFIX_BYTES,
  type Transaction,
} from '@cairn/ledger';
import { type ErrorCode, headerNames, type ServiceRequest } from '@cairn/transport';
import { sentenceOf } from '../answers.ts';
import type { Channel } from '../channel.ts';
import type { Frame } from '../submit-request.ts';
import { countReason } from '../telemetry.ts';
import { authorshipOf } from './authorship.ts';
import { respondLine, respondRefusal } from './replies.ts';
import { timeoutMsOf } from './request-options.ts';

export const BATCH_TRANSACTIONS_MAX = 500;
export const BATCH_BYTES_MAX = 512 * 1024;
const BATCH_VERSION = 0x01;
const BATCH_HEADER_BYTES = 5;

interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

export function handleSubmit(channel: Channel, request: ServiceRequest): void {
  const timeoutMs = timeoutMsOf(request);
  const encoded = timeoutMs === null ? badTimeout : encodeBare(channel, request);
  if (!(encoded instanceof Uint8Array)) {
    countReason(channel.counters.refused, encoded.code);
    respondRefusal(request, channel.identity, encoded.code, { message: encoded.message });
    return;
  }
  const frame = { bytes: encoded, bounds: Uint32Array.of(0, encoded.length) };
  request.release();
  channel.submit(frame, timeoutMs!, (line) => respondLine(request, line));
}

const badTimeout: Problem = {
  code: 'BAD_HEADER',
  message: `${headerNames.timeoutMs} is a whole number of milliseconds`,
};

function encodeBare(channel: Channel, request: ServiceRequest): Uint8Array | Problem {
  const authorship = authorshipOf(request);
  if (authorship !== null && 'code' in authorship) return authorship;
  const idText = request.header(headerNames.transactionId) ?? '';
  try {
    const id = parseTxId(idText === '' ? channel.newTransactionId() : idText);
    const transaction: Transaction = { id, payload: request.payload, ...authorship };
    return encodeBodyTransaction(transaction);
  } catch (error) {
    const { code, message } = error as LedgerError;
    return { code: codes[code] ?? 'MALFORMED_TRANSACTION', message: sentenceOf(message) };
  }
}

const codes: Partial<Record<LedgerError['code'], ErrorCode>> = {
  BAD_TX_ID: 'BAD_ID',
  TX_PAYLOAD_EMPTY: 'EMPTY_TRANSACTION',
  TX_TOO_LARGE: 'TRANSACTION_TOO_LARGE',
};

export function handleBatch(channel: Channel, request: ServiceRequest): void {
  const timeoutMs = timeoutMsOf(request);
  const frame = timeoutMs === null ? badTimeout : readFrame(request.payload);
  if ('code' in frame) {
    countReason(channel.counters.refused, frame.code);
    respondRefusal(request, channel.identity, frame.code, { message: frame.message });
    return;
  }
  const refusal = channel.refusalNow();
  if (refusal !== null) {
    // One answer for the whole frame: nothing in it was looked at.
    countReason(channel.counters.refused, refusal, frame.bounds.length - 1);
    respondRefusal(request, channel.identity, refusal, { leader: channel.leaderName });
    return;
  }
  request.release();
  channel.submit(frame, timeoutMs!, (lines) => request.respond(lines));
}

/** The frame's outer form: version, count, and lengths that tile it exactly. What lies inside is judged one by one. */
export function readFrame(bytes: Uint8Array): Frame | Problem {
  if (bytes.length < BATCH_HEADER_BYTES || bytes[0] !== BATCH_VERSION) {
    return malformed('A batch frame begins with 0x01 and a count of four bytes.');
  }
  const count = readU32(bytes, 1);
  if (count > BATCH_TRANSACTIONS_MAX || bytes.length > BATCH_BYTES_MAX) {
    const found = `${count} transactions and ${bytes.length} bytes`;
    return { code: 'BATCH_TOO_LARGE', message: `The frame has ${found}.` };
  }
  if (count === 0) return malformed('The batch frame holds no transaction.');
  const bounds = new Uint32Array(count + 1);
  let end = BATCH_HEADER_BYTES;
  for (let seen = 0; ; seen++) {
    bounds[Math.min(seen, count)] = end;
    if (end + TRANSACTION_PREFIX_BYTES > bytes.length) {
      if (end !== bytes.length) return malformed('The lengths in the batch frame do not fill it.');
      if (seen === count) return { bytes, bounds };
      return malformed(`The frame says ${count} transactions and has ${seen}.`);
    }
    if (bytes[end + 4] !== 0) return malformed('A 0x00 follows each length in a batch frame.');
    end += TRANSACTION_PREFIX_BYTES + readU32(bytes, end);
  }
}

function malformed(message: string): Problem {
  return { code: 'MALFORMED_REQUEST', message };
}
