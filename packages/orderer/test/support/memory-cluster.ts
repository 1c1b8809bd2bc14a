/**
 * A whole cluster of real orderers in one thread, over the memory bus and memory disks.
 */
import {
  type Block,
  decodeBlock,
  encodeKey,
  genesisBlock,
  initialConfig,
  orThrow,
  parseChannelName,
  parseOrdererName,
  type Signer,
  utf8,
  utf8Decode,
} from '@cairn/ledger';
import { MemoryDisk } from '@cairn/store';
import {
  type Bus,
  type BusMessage,
  MemoryBroker,
  type MemoryBus,
  nodeCrypto,
  subjectsOf,
} from '@cairn/transport';
import type { Channel } from '../../src/channel.ts';
import { Orderer, type OrdererOptions, type OrdererTelemetry } from '../../src/orderer.ts';
import { requireMembership } from '../../src/own-membership.ts';
import { World } from './world.ts';

export const subjects = subjectsOf('cairn');

export interface ClusterOptions {
  readonly seed: number;
  readonly orderers: number;
  readonly channels?: readonly string[];
  readonly payloadBytesMax?: number;
  readonly batch?: Parameters<typeof initialConfig>[0]['batch'];
}

export interface Node {
  readonly name: string;
  signer: Signer;
  content: Map<string, Uint8Array>;
  orderer: Orderer | null;
  bus: MemoryBus | null;
  life: number;
  readonly problems: string[];
  readonly evidence: { channel: string; reason: string }[];
}

const limits: OrdererOptions['limits'] = {
  queue: { transactionsMax: 20_000, bytesMax: 64 * 1024 * 1024 },
  pipeline: { blocksInFlightMax: 3, bytesInFlightMax: 4 * 1024 * 1024 },
  clockSkewMsMax: 10_000,
  deliverStreamsMax: 10,
};

export class MemoryCluster {
  readonly world: World;
  readonly broker: MemoryBroker;
  readonly nodes: Node[];
  readonly genesis: ReadonlyMap<string, Block>;
  readonly clientBus: MemoryBus;
  /** True for a pair that cannot hear each other. */
  isCut: (from: string, to: string) => boolean = () => false;
  /** Messages of a hundred that are lost, and that arrive twice. */
  lossPercent = 0;
  repeatPercent = 0;
  /** How far the wall clock of an orderer is ahead of the others', by name. */
  readonly clockAheadMs = new Map<string, number>();
  /** What orderers started from now on tell, by name. */
  observe: (name: string) => OrdererTelemetry = () => ({});

  constructor(options: ClusterOptions) {
    this.world = new World(options.seed);
    this.broker = this.#makeBroker(options);
    this.nodes = Array.from({ length: options.orderers }, (_, at) => this.#makeNode(at + 1));
    this.genesis = new Map(
      (options.channels ?? ['mychannel']).map((name) => [name, this.#makeGenesis(name, options)]),
    );
    this.clientBus = this.broker.connect({ name: 'client' });
  }

  #makeBroker({ payloadBytesMax = 1024 * 1024 }: ClusterOptions): MemoryBroker {
    const lastAtMs = new Map<string, number>();
    return new MemoryBroker({
      payloadBytesMax,
      nowMs: () => this.world.nowMs,
      setTimer: (delayMs, fire) => this.world.after(delayMs, fire),
      schedule: (deliver, { from, to }) => {
        if (from !== null && this.isCut(from, to)) return;
        const { random } = this.world;
        if (random.below(100) < this.lossPercent) return;
        if (random.below(100) < this.repeatPercent) this.world.after(random.below(50), deliver);
        const pair = `${from}>${to}`;
        const soonest = lastAtMs.get(pair) ?? 0;
        const atMs = Math.max(soonest, this.world.nowMs + 0.2 + this.world.random.below(10) / 10);
        lastAtMs.set(pair, atMs);
        this.world.after(atMs - this.world.nowMs, deliver);
      },
    });
  }

  #makeNode(number: number): Node {
    const signer = nodeCrypto.createSigner(this.world.random.bytes(32));
    return {
      name: `orderer${number}`,
      signer,
      content: new Map(),
      orderer: null,
      bus: null,
      life: 0,
      problems: [],
      evidence: [],
    };
  }

  #makeGenesis(name: string, { batch }: ClusterOptions): Block {
    const config = initialConfig({
      channel: parseChannelName(name),
      createdMs: 1_790_000_000_000,
      members: this.nodes.map((node) => ({
        name: parseOrdererName(node.name),
        key: encodeKey(node.signer.publicKey),
        role: 'voter' as const,
      })),
      ...(batch !== undefined && { batch }),
    });
    return genesisBlock(config, nodeCrypto);
  }

  start(...names: string[]): void {
    for (const node of this.nodes) {
      if (names.length === 0 || names.includes(node.name)) this.#start(node);
    }
  }

  #start(node: Node): void {
    const life = ++node.life;
    const isAlive = () => node.life === life && node.orderer !== null;
    const worldClock = this.world.clockOf(() => node.life === life);
    const aheadMs = () => this.clockAheadMs.get(node.name) ?? 0;
    const clock = { ...worldClock, wallMs: () => worldClock.wallMs() + aheadMs() };
    const disk = new MemoryDisk(
      {
        schedule: (action) => {
          const delayMs = 0.2 + this.world.random.below(20) / 10;
          this.world.after(delayMs, () => {
            if (node.life === life) action();
          });
        },
      },
      node.content,
    );
    const bus = this.broker.connect({ name: node.name });
    node.bus = bus;
    node.orderer = new Orderer(
      {
        name: node.name,
        prefix: 'cairn',
        version: '0.0.0',
        crypto: nodeCrypto,
        signer: node.signer,
        limits,
      },
      { clock, random: this.world.random, bus, memberBus: bus, disk },
      (error) => {
        node.problems.push(error.message);
        this.kill(node.name);
      },
      {
        ...this.observe(node.name),
        keepEvidence: (channel, reason) => node.evidence.push({ channel, reason }),
      },
    );
    const { orderer } = node;
    let joining = this.genesis.size;
    const joined = () => {
      joining -= 1;
      if (joining === 0) requireMembership(orderer);
    };
    for (const genesis of this.genesis.values()) {
      if (isAlive()) orderer.join(genesis.bytes, joined);
    }
  }

  /** The process is gone at once: nothing pending on its disk or socket happens. */
  kill(name: string): void {
    const node = this.node(name);
    node.life += 1;
    node.orderer = null;
    node.bus?.disconnect();
    void node.bus?.close();
    node.bus = null;
  }

  /** A planned stop; the process ends when it is done. */
  stop(name: string): void {
    const { life, orderer } = this.node(name);
    orderer?.stop(() => {
      if (this.node(name).life === life) this.kill(name);
    });
  }

  wipe(name: string): void {
    this.node(name).content = new Map();
  }

  node(name: string): Node {
    const node = this.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  channelOf(name: string, channel = 'mychannel'): Channel {
    return this.node(name).orderer!.channel(channel)!;
  }

  memberId(name: string, channel = 'mychannel'): number {
    return this.channelOf(this.alive[0]!.name, channel).memberNamed(name)!;
  }

  get alive(): Node[] {
    return this.nodes.filter((node) => node.orderer !== null);
  }

  leader(channel = 'mychannel'): Node | null {
    const leaders = this.alive
      .map((node) => ({ node, state: node.orderer!.channel(channel) }))
      .filter(({ state }) => state?.isLeader);
    leaders.sort((left, right) => right.state!.term - left.state!.term);
    return leaders[0]?.node ?? null;
  }

  /** Runs until there is a leader whose doors are open; its name. */
  awaitLeader(channel = 'mychannel', limitMs = 10_000): string {
    if (!this.world.runUntil(() => this.leader(channel) !== null, limitMs)) {
      throw new Error('no leader was elected');
    }
    this.world.runFor(50);
    return this.leader(channel)!.name;
  }

  /** All living orderers hold `height` committed blocks. */
  awaitHeight(height: number, channel = 'mychannel', limitMs = 20_000): void {
    const isThere = () =>
      this.alive.every(
        (node) => (node.orderer!.channel(channel)?.reader.visibleHeight ?? 0) >= height,
      );
    if (this.world.runUntil(isThere, limitMs)) return;
    const heights = this.alive.map((node) => node.orderer!.channel(channel)?.reader.visibleHeight);
    throw new Error(`heights are ${heights.join(', ')}, not ${height}`);
  }

  request(
    subject: string,
    payload: string | Uint8Array,
    headers: Record<string, string> = {},
    timeoutMs = 20_000,
    bus: Bus = this.clientBus,
  ): Answer {
    const answer: Answer = { done: false, status: 0, json: null, message: null };
    const bytes = typeof payload === 'string' ? utf8(payload) : payload;
    bus.request(subject, bytes, { timeoutMs, headers }, (outcome) => {
      answer.done = true;
      if (outcome.kind !== 'reply') {
        answer.status = outcome.kind === 'noResponders' ? 503 : 504;
        return;
      }
      answer.message = outcome.message;
      answer.json = jsonOf(outcome.message);
      answer.status = answer.json?.status ?? 200;
    });
    return answer;
  }

  /** Submits and runs until the answer has come. */
  ask(subject: string, payload: string | Uint8Array, headers: Record<string, string> = {}): Answer {
    const answer = this.request(subject, payload, headers);
    this.world.runUntil(() => answer.done, 30_000);
    return answer;
  }

  blocksOf(name: string, channel = 'mychannel'): Block[] {
    const state = this.channelOf(name, channel);
    return Array.from({ length: state.reader.visibleHeight }, (_, number) =>
      orThrow(decodeBlock(nodeCrypto, state.reader.blockBytes(number))),
    );
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests check
type Json = any;

export interface Answer {
  done: boolean;
  status: number;
  json: Json;
  message: BusMessage | null;
}

function jsonOf(message: BusMessage): Json {
  try {
    return JSON.parse(utf8Decode(message.payload) ?? '');
  } catch {
    return null;
  }
}
