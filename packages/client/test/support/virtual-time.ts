/**
 * Time that passes only when a test says so. Timers fire in order of their time, then of their making; between two, all
 * promises that can settle do.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Cancellable, Clock, Random } from '@cairn/transport';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

export class VirtualTime implements Clock {
  #nowMs = 1_000;
  #order = 0;
  #timers: Timer[] = [];

  wallMs(): number {
    return 1_795_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Cancellable {
    const timer = { atMs: this.#nowMs + delayMs, order: this.#order++, fire: callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  soon(callback: () => void): void {
    this.after(0, callback);
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  /** Lets everything happen that is due within so much time. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      await turn();
      const next = this.#nextBefore(endMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fire();
    }
    this.#nowMs = endMs;
  }

  #nextBefore(endMs: number): Timer | undefined {
    return this.#timers
      .filter((timer) => timer.atMs <= endMs)
      .sort((left, right) => left.atMs - right.atMs || left.order - right.order)[0];
  }
}

/** Small multiplicative generator: the same numbers in every run. */
export function seededRandom(seed = 1): Random {
  let state = seed;
  const step = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  return {
    below: (limit) => step() % limit,
    bytes: (count) => Uint8Array.from({ length: count }, () => step() % 256),
  };
}
