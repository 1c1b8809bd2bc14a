/**
 * One orderer: its channels, their turns and ticks, its links to the other orderers, its doors.
 *
 * Everything that happens comes in through the four ports, and no promise decides an order: a simulator runs any number
 * of these in one thread. Whatever breaks one channel stops that channel; what breaks the disk stops the process.
 */
import {
  type Block,
  type Crypto,
  decodeGenesis,
  encodeKey,
  equalBytes,
  LedgerError,
  type Signer,
} from '@cairn/ledger';
import type { MemberId } from '@cairn/raft';
import { RaftInvariantError } from '@cairn/raft';
import { type ChannelStore, Store, StoreError } from '@cairn/store';
import { type Subjects, subjectsOf } from '@cairn/transport';
import { CatchUp } from './catch-up.ts';
import { Channel } from './channel.ts';
import type { ChannelHost, ChannelLimits } from './channel-host.ts';
import { openChannelParts } from './channel-parts.ts';
import { ChannelDoors } from './doors/services.ts';
import { InvariantError, StartError } from './errors.ts';
import { SEEDS } from './id-table.ts';
import { Links } from './links.ts';
import { MemberGate } from './member-gate.ts';
import {
  bytesOfIncarnation,
  incarnationOfBytes,
  type Notice,
  type NoticeContent,
} from './member-notice.ts';
import { type Identity, requireNamed } from './own-membership.ts';
import type { Ports } from './ports.ts';
import {
  type ChannelObserver,
  type Log,
  type StoreObserver,
  silentChannelObserver,
  silentLog,
  silentStoreObserver,
} from './telemetry.ts';
import { Ticker } from './ticker.ts';
import { Traces } from './tracing/traces.ts';
import { Traffic } from './traffic.ts';
import { Turns } from './turns.ts';

export interface OrdererOptions {
  readonly name: string;
  readonly prefix: string;
  readonly version: string;
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly limits: ChannelLimits & { readonly deliverStreamsMax: number };
}

/** Who is told what; all of it optional. */
export interface OrdererTelemetry {
  readonly logOf?: (channel: string | null) => Log;
  readonly channelObserver?: (channel: string) => ChannelObserver;
  readonly storeObserver?: StoreObserver;
  readonly keepEvidence?: (channel: string, reason: string, block: Uint8Array) => void;
}

type NoticeOf<Kind extends NoticeContent['kind']> = Extract<NoticeContent, { kind: Kind }>;

interface OpenChannel {
  readonly channel: Channel;
  readonly doors: ChannelDoors;
}

/** A planned stop waits this long for a successor, then stops anyway. */
export const HAND_OVER_MS = 1_000;
/** After the hand-over: how long answers to what is in flight are awaited. */
const SETTLE_MS = 500;
const STOP_POLL_MS = 5;

export class Orderer {
  readonly name: string;
  readonly store: Store;
  readonly traffic = new Traffic();
  readonly #options: OrdererOptions;
  readonly #identity: Identity;
  readonly #ports: Ports;
  readonly #telemetry: OrdererTelemetry;
  readonly #fatal: (error: Error) => void;
  readonly #subjects: Subjects;
  readonly #turns: Turns;
  readonly #ticker: Ticker;
  readonly #links: Links;
  readonly #open = new Map<string, OpenChannel>();
  /** Those of `#open`, kept because they are asked for all the time. */
  #channels: readonly Channel[] = [];
  readonly #catchUp = new CatchUp();
  readonly #traces: Traces;
  #host: ChannelHost;
  #stopping = false;

  /** `fatal` ends the process: it is called for what no single channel can survive. */
  constructor(
    options: OrdererOptions,
    ports: Ports,
    fatal: (error: Error) => void,
    telemetry: OrdererTelemetry = {},
  ) {
    this.name = options.name;
    this.#options = options;
    this.#identity = { ordererName: this.name, publicKey: encodeKey(options.signer.publicKey) };
    this.#ports = ports;
    this.#fatal = fatal;
    this.#telemetry = telemetry;
    this.#subjects = subjectsOf(options.prefix);
    this.store = Store.open(ports.disk, { incarnation: () => ports.random.bytes(8) });
    this.#turns = new Turns({
      clock: ports.clock,
      observer: telemetry.storeObserver ?? silentStoreObserver,
      commit: (writes, done) => this.store.commit(writes, done),
      endTurn: () => {
        this.#links.outgoing.flush();
        ports.bus.flush();
      },
      fail: (channel, error) => this.#failChannel(channel, error),
    });
    this.#links = new Links({
      bus: ports.memberBus,
      subjects: this.#subjects,
      ordererName: options.name,
      incarnation: incarnationOfBytes(this.store.incarnation),
      traffic: this.traffic,
      deliver: (channel, message) => {
        this.#catchUp.heard(channel, message);
        this.#turns.guard(channel, () => channel.receive(message));
      },
      noticed: (channel, from, notice) => this.#noticed(channel, from, notice),
      flushSoon: () => this.#turns.endSoon(),
      traced: (channel, notice) => this.#traces.heard(channel, notice),
    });
    this.#traces = new Traces({
      logOf: (channel) => telemetry.logOf?.(channel.name) ?? silentLog,
      monotonicMs: () => ports.clock.monotonicMs(),
      tell: (channel, notice) => this.#links.outgoing.tellTrace(channel, notice),
    });
    this.#ticker = new Ticker(
      ports.clock,
      (channel) => this.#turns.guard(channel, () => channel.tick()),
      () => this.#links.tick(),
    );
    this.#host = this.#makeHost();
  }

  get channels(): readonly Channel[] {
    return this.#channels;
  }

  channel(name: string): Channel | undefined {
    return this.#open.get(name)?.channel;
  }

  /** Blocks of the channel that are committed, as far as this orderer has heard, and not yet here. */
  blocksBehind(channel: Channel): number {
    return this.#catchUp.behind(channel);
  }

  get subjects(): Subjects {
    return this.#subjects;
  }

  get connected(): boolean {
    return this.#ports.bus.connected && this.#ports.memberBus.connected;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Makes the channel known to the store if it is new, then opens it. `done` when it takes part. */
  join(genesisBytes: Uint8Array, done: () => void): void {
    const { crypto } = this.#options;
    const genesis = decodeGenesis(crypto, genesisBytes);
    if (genesis instanceof LedgerError) throw badGenesis(genesis.message);
    const { block, config } = genesis;
    const { channel: name } = config;
    const known = this.store.channels().find((place) => place.name === name);
    if (known === undefined) {
      requireNamed(this.#identity, config);
      const channel = { name, channelId: block.hash, genesis: block.bytes };
      this.store.createChannel(channel, () => this.#start(block, done));
    } else if (!equalBytes(block.hash, known.channelId)) {
      throw badGenesis(
        `this data directory holds another channel of the name ${name}; use the genesis file it was made with`,
      );
    } else {
      this.#start(block, done);
    }
  }

  #start(genesis: Block, done: () => void): void {
    const store = this.store.channel(genesis.hash);
    const parts = openChannelParts({
      store,
      crypto: this.#options.crypto,
      ...this.#identity,
      nowMs: this.#ports.clock.monotonicMs(),
      idSeed: this.#ports.random.below(SEEDS),
    });
    const channel = new Channel(parts, this.#host);
    const { bus, clock } = this.#ports;
    const streamsMax = this.#options.limits.deliverStreamsMax;
    const doors = new ChannelDoors(
      channel,
      { bus, clock, streamsMax, guard: (work) => this.#turns.guard(channel, work) },
      {
        subjects: this.#subjects,
        ordererName: this.name,
        version: this.#options.version,
        traces: this.#traces,
      },
    );
    this.#open.set(channel.name, { channel, doors });
    this.#channels = [...this.#channels, channel];
    this.#links.add({ channel, gate: this.#gateOf(channel, store) });
    this.#ticker.add(channel, channel.config.raft.tickMs);
    this.#turns.guard(channel, () => channel.start());
    done();
  }

  #gateOf(channel: Channel, store: ChannelStore): MemberGate {
    const recordOf = (member: MemberId) => {
      const recorded = store.memberIncarnation(member);
      return recorded === null ? null : incarnationOfBytes(recorded);
    };
    const gate = new MemberGate(recordOf, (member, incarnation) => {
      const write = {
        hard: null,
        truncateFrom: 0 as never,
        entries: [],
        snapshot: null,
        index: null,
        memberIncarnations: [{ member, incarnation: bytesOfIncarnation(incarnation) }],
      };
      this.store.commit([{ channel: store, ...write }], () => {
        for (const message of gate.recorded(member)) {
          this.#turns.guard(channel, () => channel.receive(message));
        }
      });
    });
    return gate;
  }

  #makeHost(): ChannelHost {
    const { clock, random, bus } = this.#ports;
    const { limits, crypto, signer } = this.#options;
    const telemetry = this.#telemetry;
    const logOf = (channel: Channel) => telemetry.logOf?.(channel.name) ?? silentLog;
    return {
      limits,
      crypto,
      signer,
      random,
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, callback) => clock.after(delayMs, callback),
      markDirty: (channel) => this.#turns.markDirty(channel),
      send: (channel, message) => {
        this.#links.outgoing.send(channel, message);
        this.#turns.endSoon();
      },
      sendHeartbeat: (channel, to, commit) => {
        this.#links.outgoing.sendHeartbeat(channel, to, commit);
        this.#turns.endSoon();
      },
      write: (channel, seq, write) => this.#turns.issue(channel, seq, write),
      publishEvent: (channel, payload) => {
        bus.publish(this.#subjects.events(channel.name), payload);
      },
      leadershipChanged: (channel, leads) => this.#leadershipChanged(channel, leads),
      blockCreated: (channel, number, inFlight) => {
        const text = `Created block [${number}], there are ${inFlight} blocks in flight`;
        logOf(channel).info({ term: channel.term }, text);
      },
      blockWritten: (channel, number, index) => {
        const text = `Writing block [${number}] (Raft index: ${index}) to ledger`;
        logOf(channel).info({ term: channel.term }, text);
        this.#open.get(channel.name)?.doors.blockApplied();
      },
      keepEvidence: (channel, reason, block) =>
        telemetry.keepEvidence?.(channel.name, reason, block),
      logOf,
      observerOf: (name) => telemetry.channelObserver?.(name) ?? silentChannelObserver,
    };
  }

  #leadershipChanged(channel: Channel, leads: boolean): void {
    this.#open.get(channel.name)?.doors.setLeading(leads);
    if (!leads) return;
    const text = `Start accepting requests as Raft leader at block [${channel.height - 1}]`;
    this.#telemetry.logOf?.(channel.name).info({ term: channel.term }, text);
  }

  #failChannel(channel: Channel, error: unknown): void {
    const { code, message } = problemOf(error);
    channel.fail({ code, message });
  }

  /** A member says that this orderer has lost what it once knew: if that is so, it must not vote. */
  #noticed(channel: Channel, from: MemberId, notice: Notice): void {
    if (notice.member !== channel.memberId) return;
    const name = channel.nameOfMember(from) ?? `member ${from}`;
    if (notice.kind === 'otherDirectory') this.#checkDirectory(channel, name, notice);
    else this.#checkPromise(channel, name, notice);
  }

  #checkDirectory(
    channel: Channel,
    teller: string,
    { heard, recorded }: NoticeOf<'otherDirectory'>,
  ): void {
    const own = incarnationOfBytes(this.store.incarnation);
    if (heard !== own || recorded === own) return;
    this.#fatal(
      new StartError(
        'VOTER_DIRECTORY_EMPTY',
        `${teller} knows ${this.name} in channel ${channel.name} by another data directory than this one: a member that has lost its data must not vote. Restore the directory it had, or remove the member and add it again under a new id.`,
      ),
    );
  }

  /** Terms never fall on a disk, and within a term nothing acknowledged to its leader is ever cut. */
  #checkPromise(
    channel: Channel,
    teller: string,
    { term, acknowledged }: NoticeOf<'olderThanPromised'>,
  ): void {
    const { term: ownTerm, last } = channel.status;
    const isKept = ownTerm > term || (ownTerm === Number(term) && last >= acknowledged);
    if (isKept) return;
    this.#fatal(
      new StartError(
        'DATA_OLDER_THAN_ACKNOWLEDGED',
        `The data directory of ${this.name} is older than what it once acknowledged in channel ${channel.name}: ${teller} has its word for log entry ${acknowledged} of term ${term}, and it holds ${last} of term ${ownTerm}. A member that has lost data must not vote: give it back its newest directory, or remove the member and add it again under a new id.`,
      ),
    );
  }

  /**
   * Hands leadership over, answers what is open, closes the doors, lets the last write finish. `done` is called once,
   * after at most about 1.5 s.
   */
  stop(done: () => void): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#waitUntil(
      () => this.channels.map((channel) => channel.prepareToStop()).every(Boolean),
      HAND_OVER_MS,
      () => this.#settle(done),
    );
  }

  #settle(done: () => void): void {
    const isSettled = () =>
      this.channels.every(({ submissions }) => submissions.openRequests === 0);
    this.#waitUntil(isSettled, SETTLE_MS, () => {
      this.#ticker.stop();
      for (const { channel, doors } of this.#open.values()) {
        channel.endAll();
        doors.close();
      }
      this.#links.close();
      this.#ports.bus.flush();
      this.#turns.whenIdle(done);
    });
  }

  #waitUntil(condition: () => boolean, patienceMs: number, then: () => void): void {
    if (condition() || patienceMs <= 0) then();
    else {
      this.#ports.clock.after(STOP_POLL_MS, () =>
        this.#waitUntil(condition, patienceMs - STOP_POLL_MS, then),
      );
    }
  }
}

function badGenesis(why: string): StartError {
  return new StartError('BAD_GENESIS', `The genesis file cannot be used: ${why}.`);
}

function problemOf(error: unknown): { code: string; message: string } {
  if (error instanceof StoreError || error instanceof InvariantError) {
    return { code: error.code, message: error.message };
  }
  if (error instanceof RaftInvariantError) {
    return { code: 'INVARIANT_BROKEN', message: error.message };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message };
}
