/**
 * One orderer's machine: a disk that outlives processes, and at most one process that runs the real orderer.
 *
 * Everything that happens to the process comes in through `enter`: one event, after which it is looked at. A process ends
 * between any two of its effects: once it is dead its ports do nothing, whatever the code above them still tries. A paused
 * process keeps what arrives; when it goes on its timers fire before it reads, as they do in a real event loop.
 */
import type { Block, Crypto, Signer } from '@cairn/ledger';
import { Orderer, type OrdererOptions, type Random, requireMembership } from '@cairn/orderer';
import type { MemberId } from '@cairn/raft';
import type { MemoryBroker, MemoryBus } from '@cairn/transport';
import type { DiskMoment, SimulatedDisk } from './disk.ts';
import type { MemberEndpoint, MemberMail } from './member-bus.ts';
import type { Network, Passage } from './network.ts';
import { type ClockBehaviour, clockOf } from './node-clock.ts';
import type { ChannelView, LifeEvent, NodeName, Observer } from './oracle/observer.ts';
import type { Chance } from './random.ts';
import type { World } from './world.ts';

export type Channel = NonNullable<ReturnType<Orderer['channel']>>;

/** Where a process is to die: at a moment of its storage turn, or after so many more messages were sent. */
export type CrashPoint =
  | { readonly at: 'disk'; readonly moment: DiskMoment }
  | { readonly at: 'send'; sends: number };

export interface NodeSurroundings {
  readonly world: World;
  readonly network: Network;
  readonly mail: MemberMail;
  readonly broker: MemoryBroker;
  readonly observer: Observer;
  readonly crypto: Crypto;
  readonly limits: OrdererOptions['limits'];
  /** Block 0 of each channel. */
  readonly genesis: readonly Block[];
  /** By the hash of block 0; null for a channel that is none of ours. */
  readonly channelNamed: (channelId: Uint8Array) => string | null;
  /** Its channels are looked at after each event of a process. */
  readonly isWatched: boolean;
}

const NOBODY = 0 as MemberId;

interface Process {
  readonly life: number;
  orderer: Orderer | null;
  readonly doors: MemoryBus;
  /** What waits for a paused process: timers before everything else. */
  readonly timers: (() => void)[];
  readonly inbox: (() => void)[];
  readonly views: Map<string, ChannelView>;
  /** Channels that have stopped here. */
  readonly failed: Set<string>;
}

export class SimulatedNode {
  readonly name: NodeName;
  readonly disk: SimulatedDisk;
  readonly clock: ClockBehaviour = { rate: 1, wallAheadMs: 0 };
  signer: Signer;
  crashPoint: CrashPoint | null = null;
  /** Ticks that it waits beyond the least election time-out; null: drawn by chance. For stories. */
  electionDelayTicks: number | null = null;
  /** Ended itself and must not be started as it is: a refusal to vote, or a damaged disk. */
  refusal: { readonly code: string; readonly message: string } | null = null;
  readonly #surroundings: NodeSurroundings;
  readonly #chance: Chance;
  #process: Process | null = null;
  #life = 0;
  #paused = false;

  constructor(
    name: NodeName,
    signer: Signer,
    disk: SimulatedDisk,
    chance: Chance,
    surroundings: NodeSurroundings,
  ) {
    this.name = name;
    this.signer = signer;
    this.disk = disk;
    this.#chance = chance;
    this.#surroundings = surroundings;
    surroundings.network.add(name, () => this.reconnect(1_000));
  }

  get isAlive(): boolean {
    return this.#process !== null;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  get orderer(): Orderer | null {
    return this.#process?.orderer ?? null;
  }

  channel(name: string): Channel | undefined {
    return this.orderer?.channel(name);
  }

  /** What the channel said of itself after the last event. */
  view(channel: string): ChannelView | undefined {
    return this.#process?.views.get(channel);
  }

  start(): void {
    if (this.#process !== null) return;
    const { broker, network } = this.#surroundings;
    network.connect(this.name);
    this.#life += 1;
    this.#paused = false;
    this.crashPoint = null;
    const process: Process = {
      life: this.#life,
      orderer: null,
      doors: broker.connect({ name: this.name }),
      timers: [],
      inbox: [],
      views: new Map(),
      failed: new Set(),
    };
    this.#process = process;
    this.#tell({ kind: 'started', life: process.life });
    this.#run(process, () => this.#boot(process));
  }

  #boot(process: Process): void {
    const { world, mail, crypto, limits, observer } = this.#surroundings;
    const fatal = (error: Error) => this.#end(process, error);
    try {
      const disk = this.disk.open({
        enter: (run) => this.#arrive(process, run, null),
        moment: (moment) => this.#isAliveAfter(process, moment),
        fatal,
      });
      const clock = clockOf(world, this.clock, (run) => this.#time(process, run));
      const ports = {
        clock,
        random: this.#random,
        bus: process.doors,
        memberBus: mail.open(this.#endpointOf(process)),
        disk,
      };
      const { name, signer } = this;
      const options = { name, prefix: 'cairn', version: '0.0.0', crypto, signer, limits };
      const write =
        (channel: string | null) =>
        (fields: Readonly<Record<string, unknown>>, text: string): void => {
          if (this.#process === process) {
            observer.logged(name, channel ?? '', Number(fields.term ?? 0), text);
          }
        };
      process.orderer = new Orderer(options, ports, fatal, {
        logOf: (channel) => {
          const line = write(channel);
          return { debug: () => {}, info: line, warn: line, error: line };
        },
      });
      this.#join(process, process.orderer);
    } catch (error) {
      this.#end(process, error as Error);
    }
  }

  #join(process: Process, orderer: Orderer): void {
    const { genesis } = this.#surroundings;
    let joining = genesis.length;
    const joined = (): void => {
      joining -= 1;
      if (joining === 0) requireMembership(orderer);
    };
    for (const block of genesis) {
      if (this.#process === process) orderer.join(block.bytes, joined);
    }
  }

  get #random(): Random {
    const chance = this.#chance;
    return {
      below: (limit) => this.electionDelayTicks ?? chance.below(limit),
      bytes: (count) => chance.bytes(count),
    };
  }

  #endpointOf(process: Process): MemberEndpoint {
    // An id, once given, means the same name for ever.
    const known = new Map<string, Map<string, MemberId>>();
    const memberNamed = (channel: string, name: string): MemberId => {
      let ids = known.get(channel);
      if (ids === undefined) {
        ids = new Map();
        known.set(channel, ids);
      }
      const given = ids.get(name);
      if (given !== undefined) return given;
      const open = process.orderer?.channel(channel);
      // Who was removed is in no configuration any more, and speaks as the member it was.
      const id = (name === this.name ? open?.memberId : open?.memberNamed(name)) ?? NOBODY;
      if (id !== NOBODY) ids.set(name, id);
      return id;
    };
    return {
      name: this.name,
      receive: (work, passage) => this.#arrive(process, work, passage),
      mayPublish: () => this.#mayPublish(process),
      memberId: memberNamed,
      channelNamed: this.#surroundings.channelNamed,
    };
  }

  /** Runs what has arrived as one event of whatever process runs now; lost if there is none. */
  receive(work: () => void, passage: Passage): void {
    if (this.#process !== null) this.#arrive(this.#process, work, passage);
  }

  /** What came over the network is read when it is worked on. */
  #arrive(process: Process, run: () => void, passage: Passage | null): void {
    if (this.#process !== process) return;
    if (this.#paused) {
      process.inbox.push(() => this.#arrive(process, run, passage));
      return;
    }
    passage?.read();
    this.#run(process, run);
  }

  #time(process: Process, run: () => void): void {
    if (this.#process !== process) return;
    if (this.#paused) process.timers.push(run);
    else this.#run(process, run);
  }

  /** What an operator asks of the process: an event of its own, and what comes of it is not laid to the next one. */
  operate(work: () => void): void {
    if (this.#process !== null) this.#run(this.#process, work);
  }

  #run(process: Process, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end(process, error as Error);
    }
    if (this.#process === process && this.#surroundings.isWatched) this.#look(process);
  }

  /** Tells what has changed in the channels since the last event. */
  #look(process: Process): void {
    const { orderer, views } = process;
    if (orderer === null) return;
    for (const channel of orderer.channels) {
      if (channel.problem !== null) this.#noticeFailure(process, channel);
      const before = views.get(channel.name) ?? null;
      const now = viewOf(channel, before);
      if (now === before) continue;
      views.set(channel.name, now);
      this.#surroundings.observer.channelChanged(this.name, channel.name, now, before);
    }
  }

  #noticeFailure({ failed }: Process, { problem, name }: Channel): void {
    if (problem === null || failed.has(name)) return;
    failed.add(name);
    this.#tell({ kind: 'channelFailed', channel: name, ...problem });
  }

  #isAliveAfter(process: Process, moment: DiskMoment): boolean {
    const point = this.crashPoint;
    if (point?.at === 'disk' && point.moment === moment) this.crash();
    return this.#process === process;
  }

  #mayPublish(process: Process): boolean {
    const point = this.crashPoint;
    if (point?.at === 'send') {
      point.sends -= 1;
      if (point.sends < 0) this.crash();
    }
    return this.#process === process;
  }

  /** The process is gone at once: nothing pending on its disk or socket happens. */
  crash(): void {
    if (this.#process === null) return;
    this.#tell({ kind: 'crashed' });
    this.#gone();
    this.disk.crash();
  }

  #gone(): void {
    const process = this.#process;
    this.#process = null;
    this.#paused = false;
    this.crashPoint = null;
    const { mail, network } = this.#surroundings;
    mail.close(this.name);
    network.end(this.name);
    void process?.doors.close();
  }

  #end(process: Process, error: Error): void {
    if (this.#process !== process) return;
    const code = 'code' in error ? String(error.code) : 'INTERNAL';
    this.refusal = { code, message: error.stack ?? error.message };
    this.#tell({ kind: 'fatal', code, message: error.message });
    this.#gone();
    this.disk.crash();
  }

  /** A planned stop; the process ends when it is done. */
  stop(): void {
    const process = this.#process;
    if (process?.orderer == null || this.#paused) return;
    this.#tell({ kind: 'stopping' });
    process.orderer.stop(() => {
      if (this.#process !== process) return;
      this.#tell({ kind: 'stopped' });
      this.#gone();
      this.disk.crash();
    });
  }

  pause(): void {
    if (this.#process === null || this.#paused) return;
    this.#paused = true;
    this.#tell({ kind: 'paused' });
  }

  resume(): void {
    const process = this.#process;
    if (process === null || !this.#paused) return;
    this.#paused = false;
    this.#tell({ kind: 'resumed' });
    const { world } = this.#surroundings;
    for (const run of process.timers.splice(0)) world.in(0, () => this.#arrive(process, run, null));
    for (const again of process.inbox.splice(0)) world.in(0, again);
  }

  /** The connection is lost for so long, and with it all that is in flight. */
  reconnect(awayMs: number): void {
    const process = this.#process;
    if (process === null) return;
    const { network, world } = this.#surroundings;
    network.disconnect(this.name);
    process.doors.disconnect();
    world.in(awayMs, () => {
      if (this.#process !== process) return;
      network.connect(this.name);
      process.doors.reconnect();
    });
  }

  #tell(event: LifeEvent): void {
    this.#surroundings.observer.life(this.name, event);
  }
}

/** The view before, if nothing has changed. */
function viewOf(channel: Channel, before: ChannelView | null): ChannelView {
  const { role, term, leader, commit, applied, last } = channel.standing;
  if (
    before !== null &&
    before.role === role &&
    before.term === term &&
    before.leader === leader &&
    before.commit === commit &&
    before.applied === applied &&
    before.last === last
  ) {
    return before;
  }
  return { memberId: channel.memberId, role, term, leader, commit, applied, last };
}
