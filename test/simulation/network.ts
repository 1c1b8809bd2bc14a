/**
 * NATS between processes: what leaves one connection arrives at another after a while, in order, or not at all.
 *
 * Everything that travels passes `transmit`, whatever it is. Per ordered pair of processes: FIFO unless reordering is on,
 * latency, loss, repetition (now, or up to a minute later), a cut, a clog. Per process: a reconnect loses all that is in
 * flight to and from it, and a receiver too slow for what comes is cut off, as NATS does with slow consumers.
 */
import { type FateRates, Fates } from './fates.ts';
import type { Chance } from './random.ts';
import type { World } from './world.ts';

/** How a whole network behaves now; the nemesis changes it. */
export interface NetworkBehaviour extends FateRates {
  latencyMs: { least: number; mean: number };
  corruptRate: number;
  misrouteRate: number;
}

export const calmNetwork: NetworkBehaviour = {
  latencyMs: { least: 1, mean: 1 },
  lossRate: 0,
  repeatRate: 0,
  repeatWithinMs: 0,
  reorderRate: 0,
  corruptRate: 0,
  misrouteRate: 0,
};

interface Pair {
  isCut: boolean;
  clogUntilMs: number;
  /** Nothing sent later arrives before this. */
  lastAtMs: number;
}

/** Called when a message arrives; `passage.read()` once its receiver has read it. */
export type Arrive = (passage: Passage) => void;

/** One message on its way. */
export class Passage {
  readonly #sender: Party;
  readonly #receiver: Party;
  readonly #sentFrom: number;
  readonly #sentTo: number;
  readonly #arrive: Arrive;

  constructor(sender: Party, receiver: Party, arrive: Arrive) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#sentFrom = sender.sendingEpoch;
    this.#sentTo = receiver.epoch;
    this.#arrive = arrive;
  }

  end(): void {
    if (this.#receiver.epoch !== this.#sentTo) return;
    if (this.#sender.sendingEpoch === this.#sentFrom) this.#arrive(this);
    else this.read();
  }

  read(): void {
    if (this.#receiver.epoch === this.#sentTo) this.#receiver.waiting -= 1;
  }
}

const end = (passage: Passage): void => passage.end();

interface Party {
  readonly name: string;
  /** Counts connections: what was on its way to or from an earlier one is lost. */
  epoch: number;
  /** Counts what ends what it had sent, too. */
  sendingEpoch: number;
  connected: boolean;
  /** Messages on their way here, and messages that lie unread in front of a process that does nothing. */
  waiting: number;
  /** More than this, and the receiver is cut off. */
  capacity: number;
  readonly pairs: Map<string, Pair>;
  readonly overflowed: () => void;
}

export class Network {
  readonly behaviour: NetworkBehaviour = { ...calmNetwork };
  readonly #world: World;
  /** Draws how long messages take. */
  readonly #pace: Chance;
  readonly fates: Fates;
  /** What a process had sent when it ended is still delivered. */
  hasLateWords = false;
  readonly #parties = new Map<string, Party>();
  /** Repetitions of an earlier one never come. */
  #generation = 0;
  readonly counts = { sent: 0, lost: 0, repeated: 0, cutOff: 0 };

  constructor(world: World, chance: Chance, pace: Chance = chance) {
    this.#world = world;
    this.#pace = pace;
    this.fates = new Fates(chance, this.behaviour);
  }

  /** `overflowed` is called when more lies in front of the party than it may leave unread. */
  add(name: string, overflowed: () => void, capacity = 50_000): void {
    const pairs = new Map<string, Pair>();
    this.#parties.set(name, {
      name,
      epoch: 0,
      sendingEpoch: 0,
      connected: true,
      waiting: 0,
      capacity,
      pairs,
      overflowed,
    });
  }

  isConnected(name: string): boolean {
    return this.#party(name).connected;
  }

  setCapacity(name: string, capacity: number): void {
    this.#party(name).capacity = capacity;
  }

  /** All that is in flight to and from it is lost. */
  disconnect(name: string): void {
    this.#party(name).sendingEpoch += 1;
    this.#leave(name);
  }

  /** Its process has ended. */
  end(name: string): void {
    if (!this.hasLateWords) this.#party(name).sendingEpoch += 1;
    this.#leave(name);
  }

  #leave(name: string): void {
    const party = this.#party(name);
    party.connected = false;
    party.epoch += 1;
    party.waiting = 0;
  }

  connect(name: string): void {
    this.#party(name).connected = true;
  }

  setCut(from: string, to: string, isCut: boolean): void {
    this.#pair(this.#party(from), to).isCut = isCut;
  }

  isCut(from: string, to: string): boolean {
    return this.#pair(this.#party(from), to).isCut;
  }

  /** Cuts and clogs end; what lay in a clog is lost, and what was to come a second time does not come. */
  heal(): void {
    this.#generation += 1;
    Object.assign(this.behaviour, calmNetwork);
    for (const { pairs } of this.#parties.values()) {
      for (const pair of pairs.values()) {
        pair.isCut = false;
        if (pair.clogUntilMs > this.#world.nowMs) pair.lastAtMs = this.#world.nowMs;
        pair.clogUntilMs = 0;
      }
    }
  }

  clog(from: string, to: string, untilMs: number): void {
    this.#pair(this.#party(from), to).clogUntilMs = untilMs;
  }

  /**
   * Carries one message; `arrive` is called for each time it arrives. What clients send
   * comes at most once and in order, as the broker has it; only Raft's own traffic is repeated and overtaken.
   */
  transmit(from: string, to: string, isOrderly: boolean, arrive: Arrive): void {
    const sender = this.#party(from);
    const receiver = this.#party(to);
    this.counts.sent += 1;
    const number = this.counts.sent;
    if (!sender.connected || !receiver.connected) return;
    const pair = this.#pair(sender, to);
    if (pair.isCut || this.fates.isLost(number)) {
      this.counts.lost += 1;
      return;
    }
    const latencyMs = this.#latency();
    if (!isOrderly) {
      const repeatMs = this.fates.repeatMs(number);
      if (repeatMs !== null) this.#repeat(sender, receiver, latencyMs + repeatMs, arrive);
      const overtakenMs = this.fates.overtakenMs(number);
      if (overtakenMs !== null) {
        this.#carry(sender, receiver, latencyMs + overtakenMs, arrive);
        return;
      }
    }
    const soonest = Math.max(pair.lastAtMs, pair.clogUntilMs);
    const atMs = Math.max(soonest, this.#world.nowMs + latencyMs);
    pair.lastAtMs = atMs;
    const isClogged = pair.clogUntilMs > this.#world.nowMs;
    const carried = isClogged ? this.#unlessHealed(arrive) : arrive;
    this.#carry(sender, receiver, atMs - this.#world.nowMs, carried);
  }

  #repeat(sender: Party, receiver: Party, delayMs: number, arrive: Arrive): void {
    this.counts.repeated += 1;
    this.#carry(sender, receiver, delayMs, this.#unlessHealed(arrive));
  }

  #unlessHealed(arrive: Arrive): Arrive {
    const generation = this.#generation;
    return (passage) => {
      if (generation === this.#generation) arrive(passage);
      else passage.read();
    };
  }

  #latency(): number {
    const { least, mean } = this.behaviour.latencyMs;
    return mean <= least ? least : least + this.#pace.around(mean - least);
  }

  #carry(sender: Party, receiver: Party, delayMs: number, arrive: Arrive): void {
    receiver.waiting += 1;
    if (receiver.waiting > receiver.capacity) {
      this.counts.cutOff += 1;
      receiver.overflowed();
      return;
    }
    this.#world.in(delayMs, end, new Passage(sender, receiver, arrive));
  }

  #party(name: string): Party {
    const party = this.#parties.get(name);
    if (party === undefined) throw new Error(`nobody on the network is called ${name}`);
    return party;
  }

  #pair(sender: Party, to: string): Pair {
    let pair = sender.pairs.get(to);
    if (pair === undefined) {
      pair = { isCut: false, clogUntilMs: 0, lastAtMs: 0 };
      sender.pairs.set(to, pair);
    }
    return pair;
  }
}
