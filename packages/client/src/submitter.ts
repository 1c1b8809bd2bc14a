/**
 * The way of a submission on the client's side: coalesced into frames, sent under a window, tried again until it has an
 * outcome or its deadline passes. One submitter for each channel.
 *
 * Invariants:
 *   I1  Every submission added gets exactly one outcome, unless it is abandoned.
 *   I2  All attempts of a submission carry the same id and the same bytes.
 *   I3  A frame keeps its place in the window until all its submissions are settled, so a channel without a leader
 *       holds a bounded number of bytes on the way; the rest waits.
 *   I4  What has an outcome is never sent again.
 */

import type { Clock, Random } from '@cairn/transport';
import {
  type Bus,
  type BusMessage,
  type Cancellable,
  headerNames,
  type Receipt,
  type Refusal,
  type RequestOutcome,
  refusal,
  type Subjects,
} from '@cairn/transport';
import { checkedAnswers, forAll, receiptsForAll } from './answers.ts';
import { backoffMs } from './backoff.ts';
import type { Connection } from './connection.ts';
import { DeadlineWatch } from './deadlines.ts';
import { frameBodyBytesMax, type RequestContext, requestOf } from './frame.ts';
import { FrameMemory } from './frame-memory.ts';
import { LeaderFinder } from './leader-finder.ts';
import {
  ATTEMPT_TIMEOUT_MS,
  ATTEMPT_TIMEOUT_MS_MAX,
  ENVELOPE_BYTES,
  WAITING_BYTES_MAX,
} from './limits.ts';
import {
  isReceipt,
  lastKnownTruth,
  type Outcome,
  outcomeUnknown,
  type Pending,
} from './pending.ts';
import type { ChannelPin } from './pin.ts';
import { Presence } from './presence.ts';
import { type Answer, type Verdict, verdictOf } from './verdict.ts';
import { WaitingQueue } from './waiting-queue.ts';
import { Window } from './window.ts';

export interface SubmitterOptions {
  readonly channel: string;
  readonly subjects: Subjects;
  readonly pin: ChannelPin;
}

export interface SubmitterPorts {
  readonly bus: Bus;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: Random;
}

interface Frame {
  readonly members: readonly Pending[];
  readonly bytes: number;
  /** Attempts begun. */
  attempts: number;
  /** Attempts without an answer by the same orderer since the last one with. */
  timeouts: number;
}

/** One request for what of a frame had no outcome when it began. */
interface Attempt {
  readonly frame: Frame;
  readonly open: readonly Pending[];
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
  /** The orderer it was sent to by name; null: to whoever leads. */
  readonly orderer: string | null;
  /** Of the window, when the attempt began. */
  readonly shrunk: number;
}

/** `none`: the attempt itself took long enough; `asked`: as long as the service wishes, if it says. */
type Patience = 'none' | 'jitter' | 'asked';

export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #ports: SubmitterPorts;
  readonly #requests: RequestContext;
  readonly #presence: Presence;
  readonly #deadlines: DeadlineWatch;
  readonly #waiting = new WaitingQueue();
  /** Of frames that wait for their next attempt. */
  readonly #pauses = new Set<Cancellable>();
  readonly #window = new Window();
  readonly #leaderFinder: LeaderFinder;
  /** After silence, while it answers: frames go to it by name, not to the group a paused leader may still stand in. */
  #namedLeader: string | null = null;
  #flushIsDue = false;
  #closed = false;

  constructor(options: SubmitterOptions, ports: SubmitterPorts) {
    this.#options = options;
    this.#ports = ports;
    const { channel, subjects, pin } = options;
    this.#requests = { subjects, channel, memory: new FrameMemory() };
    this.#presence = new Presence(ports.bus, subjects, channel, pin);
    this.#leaderFinder = new LeaderFinder(ports.bus, subjects, channel, pin);
    this.#deadlines = new DeadlineWatch(ports.clock, (pending) => this.#expire(pending));
  }

  add(pending: Pending): void {
    const obstacle = this.#obstacleTo(pending);
    if (obstacle !== null) {
      this.#settle(pending, this.#refusal(obstacle, pending));
      return;
    }
    this.#deadlines.add(pending);
    this.#waiting.push(pending);
    this.#flushSoon();
  }

  #obstacleTo({ bodyBytes }: Pending): OwnRefusal | null {
    if (this.#closed) return 'CLIENT_CLOSED';
    if (bodyBytes > this.#ports.bus.payloadBytesMax - ENVELOPE_BYTES)
      return 'TRANSACTION_TOO_LARGE';
    return this.#waiting.bytes + bodyBytes > WAITING_BYTES_MAX ? 'OVERLOADED' : null;
  }

  /** Without an outcome: nobody waits for it any more. It may be ordered all the same. */
  abandon(pending: Pending): void {
    pending.settled = true;
    this.#deadlines.remove(pending);
  }

  /** Settles everything with what is known of it. */
  close(): void {
    this.#closed = true;
    for (const pending of [...this.#deadlines.open]) {
      const closed = this.#refusal('CLIENT_CLOSED', pending);
      this.#settle(pending, lastKnownTruth(this.#options.channel, pending, closed));
    }
    for (const pause of this.#pauses) pause.cancel();
  }

  /** Once a turn, so that all submissions of the turn share frames. */
  #flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    this.#ports.clock.soon(() => this.#flush());
  }

  #flush(): void {
    this.#flushIsDue = false;
    const { bus } = this.#ports;
    while (!this.#waiting.isEmpty && this.#window.isOpen) {
      const members = this.#waiting.takeFrame(frameBodyBytesMax(bus.payloadBytesMax));
      if (members.length > 0) this.#launch(members);
    }
    bus.flush();
  }

  #launch(members: readonly Pending[]): void {
    const bytes = members.reduce((total, pending) => total + pending.bodyBytes, 0);
    this.#window.enter(bytes);
    this.#attempt({ members, bytes, attempts: 0, timeouts: 0 });
  }

  #release(frame: Frame): void {
    this.#window.leave(frame.bytes);
    if (!this.#waiting.isEmpty) this.#flushSoon();
  }

  #attempt(frame: Frame): void {
    const open = frame.members.filter((pending) => !pending.settled);
    if (open.length === 0) this.#release(frame);
    else if (this.#ports.connection.connected) this.#send(frame, open);
    else this.#parkUntilConnected(frame, open);
  }

  #send(frame: Frame, open: readonly Pending[]): void {
    const { bus, clock } = this.#ports;
    const orderer = this.#namedLeader;
    const bodyBytesMax = frameBodyBytesMax(bus.payloadBytesMax);
    const { earliestMs, latestMs } = deadlinesOf(open);
    const nowMs = clock.monotonicMs();
    const limits = { bodyBytesMax, timeoutMs: earliestMs - nowMs };
    const { subject, payload, headers } = requestOf(this.#requests, open, limits, orderer);
    frame.attempts++;
    for (const pending of open) pending.inFlight = true;
    const timeoutMs = attemptTimeoutMs(frame.timeouts, latestMs - nowMs);
    const attempt = { frame, open, payload, timeoutMs, orderer, shrunk: this.#window.shrunk };
    bus.request(subject, payload, { timeoutMs, headers }, (outcome) =>
      this.#heard(attempt, outcome),
    );
  }

  #parkUntilConnected(frame: Frame, open: readonly Pending[]): void {
    for (const pending of open) pending.lastRefusal = this.#refusal('DISCONNECTED', pending);
    this.#ports.connection.whenConnected(() => this.#attemptAgain(frame));
  }

  #heard(attempt: Attempt, outcome: RequestOutcome): void {
    const { frame, open, shrunk } = attempt;
    for (const pending of open) pending.inFlight = false;
    switch (outcome.kind) {
      case 'reply':
        this.#replied(attempt, outcome.message);
        break;
      case 'timeout':
        // At once: a deadline may pass before it is known who leads.
        for (const pending of open) pending.mayBeOrdered = true;
        this.#window.timedOut(shrunk);
        this.#leaderFinder.ask((leader) => this.#turnTo(leader, attempt));
        break;
      case 'disconnected':
        this.#conclude(frame, open, forAll(open, this.#cutOff()), 'jitter');
        break;
      case 'noResponders':
        this.#namedLeader = null;
        this.#presence.ask((answer) => {
          const refused: Answer = { kind: 'refusal', refusal: answer };
          this.#conclude(frame, open, forAll(open, refused), 'jitter');
        });
    }
  }

  #replied({ frame, open, payload }: Attempt, message: BusMessage): void {
    frame.timeouts = 0;
    this.#window.answered();
    if (message.header(headerNames.errorCode) !== undefined) this.#namedLeader = null;
    const ids = open.map(({ id }) => id);
    const receipts = receiptsForAll(this.#options, ids, message.payload);
    if (receipts === null) {
      this.#conclude(frame, open, checkedAnswers(this.#options, ids, message), 'asked');
    } else {
      // Who has ordered all of it has read all of it.
      this.#requests.memory.giveBack(payload);
      this.#settleAll(frame, open, receipts);
    }
  }

  /** What nearly every reply comes to; as `#conclude` would. */
  #settleAll(frame: Frame, open: readonly Pending[], receipts: readonly Receipt[]): void {
    for (let index = 0; index < open.length; index++) {
      if (!open[index]!.settled) this.#settle(open[index]!, receipts[index]!);
    }
    this.#release(frame);
  }

  /** After silence: the next attempt is for this leader, and as patient as it was silent before. */
  #turnTo(leader: string | null, { frame, open, timeoutMs, orderer }: Attempt): void {
    frame.timeouts = leader === orderer ? frame.timeouts + 1 : 0;
    this.#namedLeader = leader;
    this.#conclude(frame, open, forAll(open, this.#noAnswer(timeoutMs)), 'none');
  }

  #noAnswer(timeoutMs: number): Answer {
    const message = `No answer came within ${timeoutMs} ms.`;
    return { kind: 'silence', refusal: refusal('OUTCOME_UNKNOWN', { message }) };
  }

  #cutOff(): Answer {
    const message = 'The connection to NATS was lost before an answer came.';
    return { kind: 'silence', refusal: refusal('DISCONNECTED', { message }) };
  }

  #conclude(
    frame: Frame,
    open: readonly Pending[],
    answers: readonly Answer[],
    patience: Patience,
  ): void {
    let retryAfterMs: number | null = null;
    for (let index = 0; index < open.length; index++) {
      const pending = open[index]!;
      if (pending.settled) continue;
      const verdict = verdictOf(answers[index]!, pending.mayBeOrdered);
      this.#apply(pending, verdict);
      if (verdict.kind !== 'again') continue;
      retryAfterMs = longest(retryAfterMs, verdict.refusal.error.retryAfterMs);
    }
    if (frame.members.every((pending) => pending.settled)) this.#release(frame);
    else this.#attemptLater(frame, patience, retryAfterMs);
  }

  #apply(pending: Pending, verdict: Verdict): void {
    switch (verdict.kind) {
      case 'settled':
        this.#settle(pending, verdict.outcome);
        break;
      case 'unknown':
        pending.lastRefusal = verdict.refusal;
        this.#settle(pending, outcomeUnknown(this.#options.channel, pending));
        break;
      case 'again':
        pending.lastRefusal = verdict.refusal;
        pending.mayBeOrdered = verdict.inDoubt;
    }
  }

  #attemptLater(frame: Frame, patience: Patience, retryAfterMs: number | null): void {
    const { clock, random } = this.#ports;
    const asked = patience === 'asked' ? retryAfterMs : null;
    const delayMs = patience === 'none' ? 0 : backoffMs(random, frame.attempts, asked);
    const pause = clock.after(delayMs, () => {
      this.#pauses.delete(pause);
      this.#attemptAgain(frame);
    });
    this.#pauses.add(pause);
  }

  #attemptAgain(frame: Frame): void {
    this.#attempt(frame);
    this.#ports.bus.flush();
  }

  #expire(pending: Pending): void {
    const late = this.#refusal('DEADLINE_PASSED', pending);
    this.#settle(pending, lastKnownTruth(this.#options.channel, pending, late));
  }

  #settle(pending: Pending, outcome: Outcome): void {
    pending.settled = true;
    this.#deadlines.remove(pending);
    pending.outcome = isReceipt(outcome) ? outcome : { ...outcome, id: pending.id };
    pending.done(pending.outcome);
  }

  #refusal(code: OwnRefusal, of: Pending): Refusal {
    const { channel } = this.#options;
    return refusal(code, { channel, id: of.id, message: sentences[code] });
  }
}

/** What the client says itself, because nobody else can. */
type OwnRefusal = keyof typeof sentences;

const sentences = {
  CLIENT_CLOSED:
    'The client was closed before the transaction was sent. Submit it with a new client.',
  OVERLOADED:
    'Too much waits to be sent from this client. Wait for receipts before submitting more, or use submitMany.',
  DISCONNECTED:
    'There is no connection to NATS. Check the server; the client reconnects by itself.',
  TRANSACTION_TOO_LARGE:
    'The transaction is larger than a message of this NATS server may be (max_payload). Submit its hash instead.',
  DEADLINE_PASSED:
    'The time-out passed before the transaction could be sent: it will never be in a block. Submit it again.',
} as const;

function deadlinesOf(open: readonly Pending[]) {
  let earliestMs = Number.POSITIVE_INFINITY;
  let latestMs = 0;
  for (const { deadlineMs } of open) {
    earliestMs = Math.min(earliestMs, deadlineMs);
    latestMs = Math.max(latestMs, deadlineMs);
  }
  return { earliestMs, latestMs };
}

/**
 * Longer after each time-out: a service that is slow, not silent, would have to do everything again. Not longer than
 * anybody waits, because the frame keeps its place in the window until then.
 */
function attemptTimeoutMs(timeouts: number, longestRemainingMs: number): number {
  const patienceMs = Math.min(ATTEMPT_TIMEOUT_MS * 2 ** timeouts, ATTEMPT_TIMEOUT_MS_MAX);
  return Math.max(ATTEMPT_TIMEOUT_MS, Math.min(patienceMs, longestRemainingMs));
}

function longest(soFar: number | null, next: number | undefined): number | null {
  if (next === undefined) return soFar;
  return Math.max(soFar ?? 0, next);
}
