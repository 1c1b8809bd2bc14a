/**
 * Ticks for all channels: Raft's only notion of time.
 *
 * Deadlines are counted from a fixed origin, in ten phases, so that a thousand channels do not all act at once. After a
 * stall a channel gets at most one tick, and what has arrived meanwhile is handled before it: a process that slept must
 * not call an election against messages that already lie in its inbox. A channel that has nothing to do for some ticks is
 * passed over, and told how many there were when something happens to it.
 */
import type { Channel } from './channel.ts';
import type { Clock } from './ports.ts';
import { TickCount } from './pulse.ts';

const PHASES = 10;

interface Bucket {
  readonly count: TickCount;
  readonly tickMs: number;
  /** Counted up in whole ticks from its origin, never from "now": no drift, no tick twice. */
  dueAtMs: number;
  /** By seat. */
  readonly channels: Channel[];
  timer: { cancel(): void } | null;
}

export class Ticker {
  readonly #clock: Clock;
  readonly #onTick: (channel: Channel) => void;
  readonly #onTime: () => void;
  readonly #buckets = new Map<string, Bucket>();
  #added = 0;

  /** `onTime` comes once for each tick of the channel that was added first. */
  constructor(clock: Clock, onTick: (channel: Channel) => void, onTime: () => void) {
    this.#clock = clock;
    this.#onTick = onTick;
    this.#onTime = onTime;
  }

  add(channel: Channel, tickMs: number): void {
    const isFirst = this.#added === 0;
    const phase = this.#added++ % PHASES;
    const key = `${tickMs}/${phase}`;
    const known = this.#buckets.get(key);
    const bucket = known ?? {
      count: new TickCount(),
      tickMs,
      dueAtMs: this.#clock.monotonicMs() + ((phase + 1) * tickMs) / PHASES,
      channels: [],
      timer: null,
    };
    bucket.channels[channel.pulse.follow(bucket.count)] = channel;
    if (known !== undefined) return;
    this.#buckets.set(key, bucket);
    this.#arm(bucket, isFirst);
  }

  stop(): void {
    for (const bucket of this.#buckets.values()) bucket.timer?.cancel();
    this.#buckets.clear();
  }

  #arm(bucket: Bucket, isFirst: boolean): void {
    const delayMs = bucket.dueAtMs - this.#clock.monotonicMs();
    bucket.timer = this.#clock.after(Math.max(0, delayMs), () => {
      const missed = Math.floor((this.#clock.monotonicMs() - bucket.dueAtMs) / bucket.tickMs);
      bucket.dueAtMs += (Math.max(0, missed) + 1) * bucket.tickMs;
      this.#arm(bucket, isFirst);
      this.#clock.soon(() => this.#tick(bucket, isFirst));
    });
  }

  #tick(bucket: Bucket, isFirst: boolean): void {
    const { count, channels } = bucket;
    count.ticks += 1;
    for (let seat = 0; seat < channels.length; seat++) {
      if (count.isDue(seat)) this.#onTick(channels[seat]!);
    }
    if (isFirst) this.#onTime();
  }
}
