/**
 * Questions that may be asked as often as it takes: fetch, info, transaction. Retried until the caller's deadline.
 *
 * A refusal that is not retryable ends the asking at once; nobody on the subject does too, with what that means there.
 */

import { utf8Decode } from '@cairn/ledger';
import type { Clock, Random } from '@cairn/transport';
import {
  type Bus,
  type BusMessage,
  CairnError,
  type HeaderRecord,
  headerNames,
  type Refusal,
  type RequestOutcome,
  refusal,
} from '@cairn/transport';
import { isRefusal, parseJson } from './answers.ts';
import { backoffMs } from './backoff.ts';
import type { Connection } from './connection.ts';
import { flushSoon } from './flush.ts';
import { READ_ATTEMPT_TIMEOUT_MS, TIMEOUT_MS_DEFAULT } from './limits.ts';
import { untilDoneOrAborted } from './signals.ts';

export interface Question {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers?: HeaderRecord;
  /** Until the asking ends without an answer; 10,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** What it means that nobody serves the subject. */
  readonly nobody: Refusal;
  /** Ends the asking at once with the signal's reason. */
  readonly signal: AbortSignal;
}

export interface AskingPorts {
  readonly bus: Bus;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: Random;
}

type Attempt =
  | { readonly kind: 'answer'; readonly message: BusMessage }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Rejects with a `CairnError`: the refusal, or what kept the last attempt from an answer. */
export async function ask(ports: AskingPorts, question: Question): Promise<BusMessage> {
  const { clock, random } = ports;
  const deadlineMs = clock.monotonicMs() + (question.timeoutMs ?? TIMEOUT_MS_DEFAULT);
  for (let attempt = 1; ; attempt++) {
    const remainingMs = deadlineMs - clock.monotonicMs();
    const result = await attemptOnce(ports, question, Math.max(1, remainingMs));
    question.signal.throwIfAborted();
    if (result.kind === 'answer') return result.message;
    const { error } = result.refusal;
    const pauseMs = backoffMs(random, attempt, error.retryAfterMs ?? null);
    const isLast = clock.monotonicMs() + pauseMs >= deadlineMs;
    if (!error.retryable || isLast) throw new CairnError(result.refusal);
    await untilDoneOrAborted(question.signal, (done) => clock.after(pauseMs, done));
    question.signal.throwIfAborted();
  }
}

async function attemptOnce(
  ports: AskingPorts,
  question: Question,
  remainingMs: number,
): Promise<Attempt> {
  await connectedWithin(ports, remainingMs, question.signal);
  if (!ports.connection.connected) return refused(notConnected());
  const timeoutMs = Math.min(READ_ATTEMPT_TIMEOUT_MS, remainingMs);
  const outcome = await requestOnce(ports.bus, question, timeoutMs);
  switch (outcome.kind) {
    case 'reply':
      return judge(outcome.message);
    case 'noResponders':
      return refused(question.nobody);
    case 'timeout':
      return refused(noAnswer(question.subject));
    case 'disconnected':
      return refused(notConnected());
  }
}

async function requestOnce(
  bus: Bus,
  question: Question,
  timeoutMs: number,
): Promise<RequestOutcome> {
  const { subject, payload, headers = {}, signal } = question;
  let outcome: RequestOutcome = { kind: 'disconnected' };
  await untilDoneOrAborted(signal, (done) => {
    const request = bus.request(subject, payload, { timeoutMs, headers }, (heard) => {
      outcome = heard;
      done();
    });
    flushSoon(bus);
    return request;
  });
  return outcome;
}

function connectedWithin(
  { clock, connection }: AskingPorts,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  return untilDoneOrAborted(signal, (done) => {
    const timer = clock.after(timeoutMs, () => {
      waiting.cancel();
      done();
    });
    const waiting = connection.whenConnected(() => {
      timer.cancel();
      done();
    });
    return {
      cancel: () => {
        timer.cancel();
        waiting.cancel();
      },
    };
  });
}

function judge(message: BusMessage): Attempt {
  const found = refusalIn(message);
  return found === null ? { kind: 'answer', message } : refused(found);
}

/** The refusal a message carries, or null if it carries none. */
export function refusalIn(message: BusMessage): Refusal | null {
  const code = message.header(headerNames.errorCode);
  if (code === undefined) return null;
  const value = parseJson(utf8Decode(message.payload) ?? '');
  if (isRefusal(value)) return value;
  const sentence = message.header(headerNames.error) ?? 'no reason given';
  return refusal('BAD_REPLY', {
    message: `What answered is not a Cairn orderer: status ${code}, ${sentence}.`,
  });
}

function refused(why: Refusal): Attempt {
  return { kind: 'refused', refusal: why };
}

export function notConnected(): Refusal {
  const message =
    'There is no connection to NATS. Check the server; the client reconnects by itself.';
  return refusal('DISCONNECTED', { message });
}

function noAnswer(subject: string): Refusal {
  return refusal('NO_ANSWER', {
    message: `No answer came on ${subject} in time. Try again; if it lasts, see \`cairn status\`.`,
  });
}
