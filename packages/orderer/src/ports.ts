/**
 * The ports the whole orderer is written against: clock, random, bus (twice: for members and for everybody), disk.
 *
 * Production plugs in the real ones (`real-ports.ts`), a simulator plugs in seeded ones and runs the same code for a
 * whole cluster in one thread. Nothing in this package reads time, draws chance or does I/O except through them.
 */
import type { Disk } from '@cairn/store';
import type { Bus, Cancellable } from '@cairn/transport';

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

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  /** Doors, events, requests of this orderer's own. */
  readonly bus: Bus;
  /**
   * Raft's traffic, on a connection of its own: what clients pour in must not stand in front of a heartbeat. May be the same
   * bus where nothing is poured in.
   */
  readonly memberBus: Bus;
  readonly disk: Disk;
}
