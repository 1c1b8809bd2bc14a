/**
 * Time and chance as ports, beside the bus: what everything above this room is written against.
 *
 * Production plugs in the real ones below; tests and a simulator plug in their own and decide every order. Here because the
 * orderer and the client need the same, and this is the room that both stand on.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Cancellable } from './bus.ts';

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. Only for timestamps shown to people. */
  wallMs(): number;
  /** Milliseconds that never run backwards; every deadline is counted in these. */
  monotonicMs(): number;
  after(delayMs: number, callback: () => void): Cancellable;
  /** Runs the callback once what has already arrived has been handled: the end of this turn. */
  soon(callback: () => void): void;
}

export interface Random {
  /** A whole number in [0, limit). */
  below(limit: number): number;
  bytes(count: number): Uint8Array;
}

export const realClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (callback) => {
    setImmediate(callback);
  },
};

export const realRandom: Random = {
  below: (limit) => randomInt(limit),
  bytes: (count) => new Uint8Array(randomBytes(count)),
};
