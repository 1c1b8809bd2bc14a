/**
 * A machine's clock: it runs a little fast or slow, its wall time may jump, and callbacks stop with the process.
 */
import type { Clock } from '@cairn/orderer';
import type { World } from './world.ts';

/** Wall time at the beginning of every run. */
export const EPOCH_MS = 1_790_000_000_000;

export interface ClockBehaviour {
  /** Milliseconds this clock counts in a true one. */
  rate: number;
  /** What the wall clock is ahead. */
  wallAheadMs: number;
}

/** `timed` runs a timer's callback as an event of the process, if it still lives. */
export function clockOf(
  world: World,
  behaviour: ClockBehaviour,
  timed: (run: () => void) => void,
): Clock {
  const startedAtMs = world.nowMs;
  const { rate } = behaviour;
  return {
    wallMs: () => EPOCH_MS + world.nowMs + behaviour.wallAheadMs,
    monotonicMs: () => (world.nowMs - startedAtMs) * rate,
    after: (delayMs, callback) => world.after(delayMs / rate, timed, callback),
    soon: (callback) => world.in(0, timed, callback),
  };
}
