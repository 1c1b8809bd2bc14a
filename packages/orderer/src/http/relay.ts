/**
 * Questions of the HTTP door to the channels, over NATS like any client's.
 *
 * A question may be asked as often as it takes: an orderer that is paused keeps its place in NATS' queue groups, so
 * silence is answered by asking again. What nobody serves is no such channel.
 */
import { isName, utf8, utf8Decode } from '@cairn/ledger';
import {
  type Bus,
  type BusMessage,
  type HeaderRecord,
  headerNames,
  type Refusal,
  type RequestOutcome,
  refusal,
  type Subjects,
} from '@cairn/transport';
import type { Clock, Random } from '../ports.ts';

export interface Relay {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Question {
  readonly channel: string;
  readonly subject: string;
  readonly payload: string;
  readonly headers?: HeaderRecord;
  /** How long the one asked may take before it answers. */
  readonly patienceMs?: number;
}

export type Answer =
  | { readonly kind: 'reply'; readonly message: BusMessage }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** As the client library's: after this long the question goes to another orderer. */
export const ATTEMPT_TIMEOUT_MS = 1_000;
const ATTEMPTS_MAX = 3;

export function requestOnce(
  { bus }: Relay,
  subject: string,
  payload: Uint8Array,
  options: { readonly timeoutMs: number; readonly headers?: HeaderRecord },
): Promise<RequestOutcome> {
  return new Promise((resolve) => {
    bus.request(subject, payload, options, resolve);
    bus.flush();
  });
}

export async function ask(relay: Relay, question: Question): Promise<Answer> {
  const { channel, subject, headers = {}, patienceMs = 0 } = question;
  if (!isName(channel)) return refused(channelNotFound(channel));
  const timeoutMs = ATTEMPT_TIMEOUT_MS + patienceMs;
  const payload = utf8(question.payload);
  for (let attempt = 1; ; attempt++) {
    const outcome = await requestOnce(relay, subject, payload, { timeoutMs, headers });
    if (outcome.kind === 'timeout' && attempt < ATTEMPTS_MAX) continue;
    return answerOf(channel, outcome);
  }
}

function answerOf(channel: string, outcome: RequestOutcome): Answer {
  switch (outcome.kind) {
    case 'reply': {
      const found = refusalIn(outcome.message);
      return found === null ? outcome : refused(found);
    }
    case 'noResponders':
      return refused(channelNotFound(channel));
    case 'timeout':
      return refused(refusal('NO_ANSWER', { channel }));
    case 'disconnected':
      return refused(refusal('DISCONNECTED', { channel }));
  }
}

function refused(answer: Refusal): Answer {
  return { kind: 'refused', refusal: answer };
}

/** The refusal a message carries, or null if it carries none. */
export function refusalIn(message: BusMessage): Refusal | null {
  if (message.header(headerNames.errorCode) === undefined) return null;
  const value = parseJson(textOf(message));
  const isRefusal = typeof value === 'object' && value !== null && 'error' in value;
  return isRefusal ? (value as Refusal) : refusal('BAD_REPLY');
}

export function channelNotFound(channel: string): Refusal {
  return refusal('CHANNEL_NOT_FOUND', {
    message: `No orderer serves a channel named ${JSON.stringify(channel.slice(0, 64))}. GET /v1/channels lists those there are.`,
  });
}

export function textOf({ payload }: BusMessage): string {
  return utf8Decode(payload) ?? '';
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
