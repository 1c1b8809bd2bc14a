/**
 * From one reply to one answer for each transaction of a frame. Pure, total: whatever the bytes are, there are exactly
 * as many answers as transactions, in order.
 *
 * A reply is one JSON line for each transaction, in frame order; or one refusal, marked as a service error, for all.
 * A line is believed only if it names the transaction it stands for and the pinned channel.
 */
import { utf8Decode } from '@cairn/ledger';
import {
  type BusMessage,
  headerNames,
  type Receipt,
  type Refusal,
  type RefusalError,
  refusal,
} from '@cairn/transport';
import type { ChannelPin } from './pin.ts';
import { readReceipts } from './receipt-lines.ts';
import type { Answer } from './verdict.ts';

export interface FrameContext {
  readonly channel: string;
  readonly pin: ChannelPin;
}

/** The usual reply, read the short way; null if it is any other, or the channel id is yet to be learnt. */
export function receiptsForAll(
  { channel, pin }: FrameContext,
  ids: readonly string[],
  payload: Uint8Array,
): readonly Receipt[] | null {
  const { channelId } = pin;
  if (channelId === null) return null;
  const receipts = readReceipts({ channel, channelId, ids }, payload);
  return receipts !== null && pin.accepts(channelId) ? receipts : null;
}

/** Any reply, each line checked for itself. */
export function checkedAnswers(
  { channel, pin }: FrameContext,
  ids: readonly string[],
  message: BusMessage,
): readonly Answer[] {
  const lines = linesOf(message.payload);
  if (lines === null) return forAll(ids, nonsense(channel, 'the reply is not UTF-8'));
  if (message.header(headerNames.errorCode) !== undefined && lines.length === 1) {
    return forAll(ids, answerToAll(channel, pin, lines[0]!));
  }
  if (lines.length !== ids.length) {
    const found = `${lines.length} lines for ${ids.length} transactions`;
    return forAll(ids, nonsense(channel, `the reply has ${found}`));
  }
  return ids.map((id, index) => answerTo(channel, pin, id, lines[index]!));
}

export function forAll(transactions: readonly unknown[], answer: Answer): readonly Answer[] {
  return transactions.map(() => answer);
}

function answerTo(channel: string, pin: ChannelPin, id: string, line: string): Answer {
  const value = parseJson(line);
  if (isReceipt(value)) {
    if (!pin.accepts(value.channelId)) return mismatch(pin, value.channelId);
    return value.id === id
      ? { kind: 'receipt', receipt: value }
      : nonsense(channel, `a receipt for ${value.id} stands in the place of ${id}`);
  }
  if (!isRefusal(value)) return nonsense(channel, 'a line is neither receipt nor refusal');
  return believedRefusal(pin, value);
}

function answerToAll(channel: string, pin: ChannelPin, line: string): Answer {
  const value = parseJson(line);
  if (!isRefusal(value)) return nonsense(channel, 'a service error without a refusal');
  return believedRefusal(pin, value);
}

function believedRefusal(pin: ChannelPin, value: Refusal): Answer {
  // A refusal made before the channel was looked up has no channel id.
  if (value.channelId !== undefined && !pin.accepts(value.channelId)) {
    return mismatch(pin, value.channelId);
  }
  return { kind: 'refusal', refusal: value };
}

function mismatch(pin: ChannelPin, channelId: unknown): Answer {
  return { kind: 'refusal', refusal: pin.mismatch(channelId).refusal };
}

function nonsense(channel: string, why: string): Answer {
  const message = `What answered for ${channel} is not a Cairn orderer: ${why}.`;
  return { kind: 'silence', refusal: refusal('BAD_REPLY', { channel, message }) };
}

function linesOf(payload: Uint8Array): string[] | null {
  const text = utf8Decode(payload);
  if (text === null) return null;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== 'object' || value === null) return false;
  const { status, id, block, index, blockHash, channelId } = value as Partial<Receipt>;
  return (
    status === 200 &&
    typeof id === 'string' &&
    isCount(block) &&
    isCount(index) &&
    typeof blockHash === 'string' &&
    typeof channelId === 'string'
  );
}

export function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== 'object' || value === null) return false;
  const { status, error } = value as { status?: unknown; error?: Partial<RefusalError> | null };
  return (
    typeof status === 'number' &&
    status >= 400 &&
    typeof error === 'object' &&
    error !== null &&
    typeof error.code === 'string' &&
    typeof error.message === 'string' &&
    typeof error.retryable === 'boolean'
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
