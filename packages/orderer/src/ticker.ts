/**
 * Ticks for all channels: Raft's only notion of time.
 *
 * Deadlines are counted from a fixed origin, in ten phases, so that a thousand channels do not all act at once. After a
 * stall a channel gets at most one tick, and what has arrived meanwhile is handled before it: a process that slept must
 * not call an election against messages that already lie in its inbox.
 */
import type { Channel } from './channel.ts';
import type { Clock } from './ports.ts';

const PHASES = 10;

interface Bucket {
  readonly tickMs: number;
  /** Counted up in whole ticks from its origin, never from "now": no drift, no tick twice. */
  dueAtMs: number;
  readonly channels: Set<Channel>;
  timer: { cancel(): void } | null;
}

export class Ticker {
  readonly #clock: Clock;
  readonly #onTick: (channel: Channel) => void;
  readonly #buckets = new Map<string, Bucket>();
  #added = 0;

  constructor(clock: Clock, onTick: (channel: Channel) => void) {
    this.#clock = clock;
    this.#onTick = onTick;
  }

  add(channel: Channel, tickMs: number): void {
    const phase = this.#added++ % PHASES;
    const key = `${tickMs}/${phase}`;
    const known = this.#buckets.get(key);
    const bucket = known ?? {
      tickMs,
      dueAtMs: this.#clock.monotonicMs() + ((phase + 1) * tickMs) / PHASES,
      channels: new Set<Channel>(),
      timer: null,
    };
    bucket.channels.add(channel);
    if (known !== undefined) return;
    this.#buckets.set(key, bucket);
    this.#arm(bucket);
  }

  stop(): void {
    for (const bucket of this.#buckets.values()) bucket.timer?.cancel();
    this.#buckets.clear();
  }

  #arm(bucket: Bucket): void {
    const delayMs = bucket.dueAtMs - this.#clock.monotonicMs();
    bucket.timer = this.#clock.after(Math.max(0, delayMs), () => {
      const missed = Math.floor((this.#clock.monotonicMs() - bucket.dueAtMs) / bucket.tickMs);
      bucket.dueAtMs += (Math.max(0, missed) + 1) * bucket.tickMs;
      this.#arm(bucket);
      this.#clock.soon(() => {
        for (const channel of bucket.channels) this.#onTick(channel);
      });
    });
  }
}
