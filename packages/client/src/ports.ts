/**
 * What the client needs of its surroundings beside the bus: time and chance.
 *
 * Applications never see these: `connect` plugs in the real ones. Tests and the simulator plug in their own through
 * `createClient` and decide every order. Nothing in this package reads time or draws chance except through them.
 */
import type { Cancellable } from '@cairn/transport';

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. Only for the time inside a UUIDv7. */
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
