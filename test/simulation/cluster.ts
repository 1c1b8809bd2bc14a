/**
 * A whole cluster of real orderers, with its network and its disks, in one thread.
 */
import {
  type BatchConfig,
  type Block,
  type Crypto,
  encodeKey,
  equalBytes,
  genesisBlock,
  initialConfig,
  parseChannelName,
  parseOrdererName,
  type RaftConfig,
} from '@cairn/ledger';
import type { OrdererOptions } from '@cairn/orderer';
import { MemoryBroker, type MemoryBus, subjectsOf } from '@cairn/transport';
import { keyedHashCrypto, signerOf } from './crypto.ts';
import { SimulatedDisk } from './disk.ts';
import { MemberMail } from './member-bus.ts';
import { Network } from './network.ts';
import { type Channel, type NodeSurroundings, SimulatedNode } from './node.ts';
import { EPOCH_MS } from './node-clock.ts';
import type { NodeName, Observer } from './oracle/observer.ts';
import { chanceOf } from './random.ts';
import { World } from './world.ts';

export const subjects = subjectsOf('cairn');

export interface ClusterOptions {
  readonly seed: number;
  /** Voters of block 0. */
  readonly orderers: number;
  /** Machines that are there and no members yet. */
  readonly spares?: number;
  readonly channels?: readonly string[];
  readonly crypto?: Crypto;
  readonly batch?: Partial<BatchConfig>;
  readonly raft?: RaftConfig;
  readonly limits?: OrdererOptions['limits'];
  /**
   * False: nobody is told of messages and of what channels say of themselves. All of a node's channels are looked at after
   * each of its events, so a thousand of them are too many for it.
   */
  readonly isWatched?: boolean;
}

export const standardLimits: OrdererOptions['limits'] = {
  queue: { transactionsMax: 20_000, bytesMax: 64 * 1024 * 1024 },
  pipeline: { blocksInFlightMax: 3, bytesInFlightMax: 4 * 1024 * 1024 },
  clockSkewMsMax: 10_000,
  deliverStreamsMax: 10,
};

export class Cluster {
  readonly world = new World();
  readonly network: Network;
  readonly broker: MemoryBroker;
  readonly mail: MemberMail;
  readonly nodes: readonly SimulatedNode[];
  readonly genesis: readonly Block[];
  readonly channels: readonly string[];
  readonly crypto: Crypto;
  readonly #nodesByName = new Map<NodeName, SimulatedNode>();

  constructor(options: ClusterOptions, observer: Observer) {
    const { seed, orderers, spares = 0 } = options;
    this.crypto = options.crypto ?? keyedHashCrypto;
    this.channels = options.channels ?? ['mychannel'];
    this.network = new Network(this.world, chanceOf(seed, 'network'), chanceOf(seed, 'pace'));
    this.broker = this.#makeBroker();
    const { limits = standardLimits, isWatched = true } = options;
    const told = isWatched ? observer : null;
    this.mail = new MemberMail(this.world, this.network, chanceOf(seed, 'frames'), told);
    this.genesis = this.channels.map((name) => this.#makeGenesis(name, options));
    const channelNamed = namesById(this.genesis, this.channels);
    const { world, network, mail, broker, crypto, genesis } = this;
    const surroundings = {
      world,
      network,
      mail,
      broker,
      observer,
      crypto,
      limits,
      genesis,
      channelNamed,
      isWatched,
    };
    this.nodes = Array.from({ length: orderers + spares }, (_, at) =>
      this.#makeNode(at + 1, seed, surroundings),
    );
    for (const node of this.nodes) this.#nodesByName.set(node.name, node);
  }

  #makeBroker(): MemoryBroker {
    return new MemoryBroker({
      nowMs: () => this.world.nowMs,
      setTimer: (delayMs, fire) => this.world.after(delayMs, fire),
      schedule: (deliver, { from, to }) => this.#carry(from ?? to, to, deliver),
    });
  }

  #carry(from: string, to: string, deliver: () => void): void {
    const node = this.#nodesByName.get(to);
    this.network.transmit(from, to, true, (passage) => {
      if (node !== undefined) node.receive(deliver, passage);
      else {
        passage.read();
        deliver();
      }
    });
  }

  #makeNode(number: number, seed: number, surroundings: NodeSurroundings): SimulatedNode {
    const name = `orderer${number}`;
    const { world, observer } = surroundings;
    const disk = new SimulatedDisk(world, chanceOf(seed, `disk ${name}`), name, observer);
    const chance = chanceOf(seed, `node ${name}`);
    const signer = signerOf(this.crypto, number);
    return new SimulatedNode(name, signer, disk, chance, surroundings);
  }

  #makeGenesis(name: string, { orderers, batch, raft }: ClusterOptions): Block {
    const config = initialConfig({
      channel: parseChannelName(name),
      createdMs: EPOCH_MS,
      members: Array.from({ length: orderers }, (_, at) => ({
        name: parseOrdererName(`orderer${at + 1}`),
        key: encodeKey(signerOf(this.crypto, at + 1).publicKey),
        role: 'voter' as const,
      })),
      ...(batch !== undefined && { batch }),
      ...(raft !== undefined && { raft }),
    });
    return genesisBlock(config, this.crypto);
  }

  /** A process that is no orderer. */
  connectClient(name: string): MemoryBus {
    this.network.add(name, () => {});
    return this.broker.connect({ name });
  }

  node(name: NodeName): SimulatedNode {
    const found = this.#nodesByName.get(name);
    if (found === undefined) throw new Error(`no node is called ${name}`);
    return found;
  }

  get alive(): SimulatedNode[] {
    return this.nodes.filter((node) => node.isAlive);
  }

  /** Who leads the channel in the highest term, if anybody does. */
  leader(channel: string): { readonly node: SimulatedNode; readonly channel: Channel } | null {
    let found: { node: SimulatedNode; channel: Channel } | null = null;
    for (const node of this.nodes) {
      const own = node.channel(channel);
      if (own?.isLeader && own.term > (found?.channel.term ?? 0)) found = { node, channel: own };
    }
    return found;
  }
}

/** By the first four bytes of the id, then by all: as quick as a table of texts would be slow. */
function namesById(
  genesis: readonly Block[],
  names: readonly string[],
): (channelId: Uint8Array) => string | null {
  const startOf = (id: Uint8Array) => (id[0]! << 24) | (id[1]! << 16) | (id[2]! << 8) | id[3]!;
  const places = new Map<number, number[]>();
  for (const [at, { hash }] of genesis.entries()) {
    const start = startOf(hash);
    places.set(start, [...(places.get(start) ?? []), at]);
  }
  return (id) => {
    for (const at of places.get(startOf(id)) ?? []) {
      if (equalBytes(genesis[at]!.hash, id)) return names[at]!;
    }
    return null;
  };
}
