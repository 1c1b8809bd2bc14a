/**
 * Blocks in order, each exactly once, for as long as it takes: `blocks` and `follow`.
 *
 * A stream that ends early, breaks, skips or falls silent is started again at the next number, on whichever orderer
 * answers. Invariant: the numbers yielded are from, from + 1, from + 2, ... without gap or repeat.
 */
import { CairnError, type Refusal, refusal } from '@cairn/transport';
import type { AskingPorts } from './asking.ts';
import { backoffMs } from './backoff.ts';
import { type Arrival, Delivery } from './delivery.ts';
import { untilDoneOrAborted } from './signals.ts';

export interface StreamOptions {
  readonly subject: string;
  readonly from: number;
  /** The last number wanted; null: never ends by itself. */
  readonly to: number | null;
  /** So long without a new block, and what was heard last is thrown; null: never. */
  readonly stallTimeoutMs: number | null;
  /** Ends the stream at once: it throws the signal's reason. */
  readonly signal: AbortSignal;
}

/** Makes of the bytes of the next number what is yielded, or throws. */
export type Check<T> = (bytes: Uint8Array, number: number) => Promise<T>;

interface Progress {
  /** The number that is due. */
  next: number;
  /** When a block last came. */
  atMs: number;
  /** Streams that broke since then. */
  failures: number;
}

export async function* streamBlocks<T>(
  ports: AskingPorts,
  options: StreamOptions,
  check: Check<T>,
): AsyncGenerator<T, void, undefined> {
  const { clock, connection } = ports;
  const { from, to, signal } = options;
  const progress: Progress = { next: from, atMs: clock.monotonicMs(), failures: 0 };
  while (to === null || progress.next <= to) {
    await untilDoneOrAborted(signal, (done) => connection.whenConnected(done));
    signal.throwIfAborted();
    const why = yield* oneStream(ports, options, progress, check);
    if (why === null) return;
    throwIfHopeless(why, clock.monotonicMs() - progress.atMs, options);
    progress.failures++;
    await pause(ports, signal, progress.failures, why);
  }
}

/** Yields what one stream brings; returns why it is not enough, or null if all that was wanted has come. */
async function* oneStream<T>(
  ports: AskingPorts,
  { subject, to, signal }: StreamOptions,
  progress: Progress,
  check: Check<T>,
): AsyncGenerator<T, Refusal | null, undefined> {
  const delivery = new Delivery(ports, { subject, start: progress.next, stop: to, signal });
  try {
    while (to === null || progress.next <= to) {
      const arrival = await delivery.next();
      signal.throwIfAborted();
      if (arrival.kind !== 'block' || arrival.number > progress.next) {
        return interruption(arrival, progress.next);
      }
      if (arrival.number < progress.next) continue;
      yield await check(arrival.message.payload, progress.next);
      progress.next++;
      progress.failures = 0;
      progress.atMs = ports.clock.monotonicMs();
    }
    return null;
  } finally {
    delivery.close();
  }
}

function interruption(arrival: Arrival, next: number): Refusal {
  switch (arrival.kind) {
    case 'block':
      return interrupted(`went on with block ${arrival.number} where ${next} is due`);
    case 'end':
      return interrupted(`ended before block ${next}`);
    case 'broken':
      return arrival.refusal;
  }
}

function interrupted(how: string): Refusal {
  return refusal('NO_ANSWER', { message: `The stream of blocks ${how}.` });
}

/** An orderer that lags has no block yet of a number another one has served: that passes. */
function throwIfHopeless(why: Refusal, stalledMs: number, { stallTimeoutMs }: StreamOptions): void {
  const passes = why.error.retryable || why.error.code === 'BLOCK_NOT_FOUND';
  const hasStalled = stallTimeoutMs !== null && stalledMs >= stallTimeoutMs;
  if (!passes || hasStalled) throw new CairnError(why);
}

async function pause(
  { clock, random }: AskingPorts,
  signal: AbortSignal,
  failures: number,
  why: Refusal,
): Promise<void> {
  // The first interruption costs no time: another orderer answers.
  if (failures === 1) return;
  const delayMs = backoffMs(random, failures, why.error.retryAfterMs ?? null);
  await untilDoneOrAborted(signal, (done) => clock.after(delayMs, done));
}
