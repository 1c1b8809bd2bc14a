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

export async function* streamBlocks<T>(
  ports: AskingPorts,
  options: StreamOptions,
  check: Check<T>,
): AsyncGenerator<T, void, undefined> {
  const { clock } = ports;
  const { subject, to, signal } = options;
  let next = options.from;
  let failures = 0;
  let progressMs = clock.monotonicMs();
  while (to === null || next <= to) {
    await untilDoneOrAborted(signal, (done) => ports.connection.whenConnected(done));
    signal.throwIfAborted();
    const delivery = new Delivery(ports, { subject, start: next, stop: to, signal });
    try {
      for (;;) {
        const arrival = await delivery.next();
        signal.throwIfAborted();
        if (arrival.kind === 'block' && arrival.number < next) continue;
        if (arrival.kind === 'block' && arrival.number === next) {
          yield await check(arrival.message.payload, next);
          next++;
          failures = 0;
          progressMs = clock.monotonicMs();
          if (next - 1 === to) return;
          continue;
        }
        const why = interruption(arrival, next);
        throwIfHopeless(why, clock.monotonicMs() - progressMs, options);
        failures++;
        await pause(ports, signal, failures, why);
        break;
      }
    } finally {
      delivery.close();
    }
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
  return refusal('NO_ANSWER', { message: `The stream of blocks ${how}.`, retryAfterMs: 0 });
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
