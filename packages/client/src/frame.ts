/**
 * From submissions to one request: the batch frame, or the submit door for a transaction too large for any frame.
 *
 *   batch frame: 0x01 | count u32 | count x { length u32 | 0x00 | transaction }
 *
 * Pure. What is given fits: the waiting queue decides which submissions share a frame.
 */
import {
  assert,
  encodeKey,
  type Transaction,
  toHex,
  writeBodyTransaction,
  writeU32,
} from '@cairn/ledger';
import { type HeaderRecord, headerNames, type Subjects } from '@cairn/transport';
import type { FrameMemory } from './frame-memory.ts';
import { ENVELOPE_BYTES, FRAME_BYTES_MAX } from './limits.ts';
import type { Pending } from './pending.ts';

const FRAME_VERSION = 0x01;
const FRAME_HEAD_BYTES = 5;

export interface FrameRequest {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: HeaderRecord;
}

/** The bytes of transactions one frame may carry under a server's `max_payload`. */
export function frameBodyBytesMax(payloadBytesMax: number): number {
  return Math.min(FRAME_BYTES_MAX, payloadBytesMax - ENVELOPE_BYTES) - FRAME_HEAD_BYTES;
}

/** What the requests of one channel have in common. */
export interface RequestContext {
  readonly subjects: Subjects;
  readonly channel: string;
  readonly memory: FrameMemory;
}

/**
 * The request that carries these submissions, the earliest deadline of which is `timeoutMs` away: to one orderer by name, or
 * to whoever leads. A frame is written into memory of `memory`; a payload for the submit door stays the application's.
 */
export function requestOf(
  { subjects, channel, memory }: RequestContext,
  members: readonly Pending[],
  limits: { readonly bodyBytesMax: number; readonly timeoutMs: number },
  orderer: string | null,
): FrameRequest {
  const timeout = { [headerNames.timeoutMs]: String(Math.max(1, Math.ceil(limits.timeoutMs))) };
  const [first] = members;
  if (first !== undefined && first.bodyBytes > limits.bodyBytesMax) {
    return {
      subject: orderer === null ? subjects.submit(channel) : subjects.submitTo(channel, orderer),
      payload: first.transaction.payload,
      headers: { ...timeout, ...headersOf(first.transaction) },
    };
  }
  const subject = orderer === null ? subjects.batch(channel) : subjects.batchTo(channel, orderer);
  return { subject, payload: encodeFrame(members, memory), headers: timeout };
}

export function encodeFrame(members: readonly Pending[], memory: FrameMemory): Uint8Array {
  let length = FRAME_HEAD_BYTES;
  for (const pending of members) length += pending.bodyBytes;
  const frame = memory.take(length);
  frame[0] = FRAME_VERSION;
  writeU32(frame, 1, members.length);
  let offset = FRAME_HEAD_BYTES;
  for (const { transaction } of members) {
    offset = writeBodyTransaction(transaction, frame, offset);
  }
  assert(offset === length, 'a frame is filled by its transactions');
  return frame;
}

function headersOf({ id, author, signature }: Transaction): HeaderRecord {
  const headers = { [headerNames.transactionId]: id };
  if (author === undefined || signature === undefined) return headers;
  return {
    ...headers,
    [headerNames.author]: encodeKey(author),
    [headerNames.signature]: toHex(signature),
  };
}
