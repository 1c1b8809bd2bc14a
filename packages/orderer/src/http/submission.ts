/**
 * One transaction that came in over HTTP: handed to the channel's leader, again while its fate is in doubt, until there is
 * an outcome or its deadline passes.
 *
 * The id is there before the first attempt, and every attempt carries it: whatever happened to the one before, at most
 * one of them is ever ordered. What each answer means:
 *
 *   answer                                     in doubt before?   then
 *   -----------------------------------------  -----------------  ------------------------------------------------
 *   receipt; refusal ID_CONFLICT               any                is relayed
 *   any other refusal, no leader included      no                 is relayed at once: whoever asked decides
 *   no leader, not leader, stopping, failed    yes                again, until the deadline: the id will tell
 *   silence, lost connection, OUTCOME_UNKNOWN  any                again; in doubt from now on
 *   any other refusal, the deadline            yes                504 OUTCOME_UNKNOWN
 */
import {
  type ErrorCode,
  type HeaderRecord,
  headerNames,
  type Refusal,
  type RequestOutcome,
  refusal,
} from '@cairn/transport';
import type { Clock } from '../ports.ts';
import {
  ATTEMPT_TIMEOUT_MS,
  channelNotFound,
  type Relay,
  refusalIn,
  requestOnce,
  textOf,
} from './relay.ts';

export interface Submission {
  readonly channel: string;
  readonly id: string;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
  /** Author and signature, if there are any. */
  readonly headers: HeaderRecord;
}

export type SubmissionOutcome =
  | { readonly kind: 'receipt'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

type Verdict =
  | { readonly kind: 'ended'; readonly outcome: SubmissionOutcome }
  | { readonly kind: 'again'; readonly refusal: Refusal; readonly inDoubt: boolean };

/** The leader looks at deadlines once a tick; its own answer is the better one. */
const GRACE_MS = 500;
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 200;

/** Answers that say nothing about an earlier attempt and will change with the next leader. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NOT_LEADER',
  'NO_LEADER',
  'STOPPING',
  'CHANNEL_FAILED',
]);

/** `signal`: whoever asked has gone; nothing more is attempted. */
export async function relaySubmission(
  relay: Relay,
  submission: Submission,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  const { clock } = relay;
  const deadlineMs = clock.monotonicMs() + submission.timeoutMs;
  let inDoubt = false;
  for (let attempt = 1; ; attempt++) {
    const remainingMs = Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs()));
    const verdict = await attemptOnce(relay, submission, remainingMs, inDoubt);
    if (verdict.kind === 'ended') return verdict.outcome;
    inDoubt = verdict.inDoubt;
    const pauseMs = pauseAfter(relay, attempt);
    if (signal.aborted || clock.monotonicMs() + pauseMs >= deadlineMs) {
      return refused(inDoubt ? outcomeUnknown(submission) : verdict.refusal);
    }
    await sleep(clock, pauseMs);
  }
}

async function attemptOnce(
  relay: Relay,
  submission: Submission,
  remainingMs: number,
  inDoubt: boolean,
): Promise<Verdict> {
  const { channel, id, payload, headers } = submission;
  const isConnected = relay.bus.connected;
  const outcome = await requestOnce(relay, relay.subjects.submit(channel), payload, {
    timeoutMs: Math.min(ATTEMPT_TIMEOUT_MS, remainingMs + GRACE_MS),
    headers: {
      ...headers,
      [headerNames.transactionId]: id,
      [headerNames.timeoutMs]: String(remainingMs),
    },
  });
  if (outcome.kind === 'noResponders') {
    return verdictOf(await whyNobody(relay, channel), submission, inDoubt);
  }
  return verdictOfOutcome(outcome, submission, inDoubt, isConnected);
}

function verdictOfOutcome(
  outcome: Exclude<RequestOutcome, { kind: 'noResponders' }>,
  submission: Submission,
  inDoubt: boolean,
  isConnected: boolean,
): Verdict {
  const { channel, id } = submission;
  switch (outcome.kind) {
    case 'reply': {
      const found = refusalIn(outcome.message);
      if (found !== null) return verdictOf(found, submission, inDoubt);
      return { kind: 'ended', outcome: { kind: 'receipt', text: textOf(outcome.message) } };
    }
    case 'timeout':
      return { kind: 'again', refusal: refusal('NO_ANSWER', { channel, id }), inDoubt: true };
    case 'disconnected': {
      const why = refusal('DISCONNECTED', { channel, id });
      if (!inDoubt && !isConnected) return { kind: 'ended', outcome: refused(why) };
      return { kind: 'again', refusal: why, inDoubt: true };
    }
  }
}

function verdictOf(answer: Refusal, submission: Submission, inDoubt: boolean): Verdict {
  const { code } = answer.error;
  if (code === 'OUTCOME_UNKNOWN' || (inDoubt && passing.has(code))) {
    return { kind: 'again', refusal: answer, inDoubt: true };
  }
  const isSettled = !inDoubt || code === 'ID_CONFLICT';
  const outcome = refused(isSettled ? answer : outcomeUnknown(submission));
  return { kind: 'ended', outcome };
}

/** Nobody takes submissions: is there no leader, or no such channel? */
async function whyNobody(relay: Relay, channel: string): Promise<Refusal> {
  const options = { timeoutMs: ATTEMPT_TIMEOUT_MS };
  const subject = relay.subjects.info(channel);
  const outcome = await requestOnce(relay, subject, new Uint8Array(0), options);
  return outcome.kind === 'noResponders'
    ? channelNotFound(channel)
    : refusal('NO_LEADER', { channel, leader: null });
}

function refused(answer: Refusal): SubmissionOutcome {
  return { kind: 'refused', refusal: answer };
}

function outcomeUnknown({ channel, id }: Submission): Refusal {
  return refusal('OUTCOME_UNKNOWN', { channel, id });
}

/** Longer with every attempt, and never the same for two. */
function pauseAfter({ random }: Relay, attempt: number): number {
  const mostMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(attempt, 10));
  return PAUSE_MS_MIN + random.below(mostMs - PAUSE_MS_MIN + 1);
}

function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
