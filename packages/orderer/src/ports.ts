/**
 * The ports the whole orderer is written against: clock, random, bus (twice: for members and for everybody), disk.
 *
 * Production plugs in the real ones (`real-ports.ts`), a simulator plugs in seeded ones and runs the same code for a
 * whole cluster in one thread. Nothing in this package reads time, draws chance or does I/O except through them.
 */
import type { Disk } from '@cairn/store';
import type { Bus, Clock, Random } from '@cairn/transport';

export type { Clock, Random };

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
