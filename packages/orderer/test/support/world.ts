/**
 * Virtual time for a whole cluster in one thread: an event heap, a seeded chance, and nothing else that decides.
 */
import type { Clock, Random } from '../../src/ports.ts';

/** sfc32: small, fast, and the same everywhere. */
export function seededRandom(seed: number): Random {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    below: (limit) => next() % limit,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  };
}

/** A livelock: events that cause events without time passing. */
const EVENTS_PER_INSTANT_MAX = 100_000;

interface TimedEvent {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

export class World {
  readonly random: Random;
  #nowMs = 0;
  #order = 0;
  #eventsNow = 0;
  #events: TimedEvent[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    const event = {
      // A wait is at least a microsecond, or rounding could make it none at all.
      atMs: this.#nowMs + (delayMs > 0 ? Math.max(delayMs, 0.001) : 0),
      order: this.#order++,
      run,
      cancelled: false,
    };
    this.#insert(event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  #insert(event: TimedEvent): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle]!;
      if (other.atMs < event.atMs || (other.atMs === event.atMs && other.order < event.order)) {
        low = middle + 1;
      } else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Runs until `condition` holds; false if the time is over first. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    const endMs = this.#nowMs + limitMs;
    while (!condition()) {
      const event = this.#events[0];
      if (event === undefined || event.atMs > endMs) {
        this.#nowMs = endMs;
        return condition();
      }
      this.#events.shift();
      this.#eventsNow = event.atMs > this.#nowMs ? 0 : this.#eventsNow + 1;
      if (this.#eventsNow > EVENTS_PER_INSTANT_MAX) throw new Error('time stands still');
      this.#nowMs = event.atMs;
      if (!event.cancelled) event.run();
    }
    return true;
  }

  runFor(durationMs: number): void {
    this.runUntil(() => false, durationMs);
  }

  /** A process's clock: its callbacks stop with the process. */
  clockOf(isAlive: () => boolean): Clock {
    const guarded = (run: () => void) => () => {
      if (isAlive()) run();
    };
    return {
      wallMs: () => 1_790_000_000_000 + Math.floor(this.#nowMs),
      monotonicMs: () => this.#nowMs,
      after: (delayMs, callback) => this.after(delayMs, guarded(callback)),
      soon: (callback) => {
        this.after(0, guarded(callback));
      },
    };
  }
}
