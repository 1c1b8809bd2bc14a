/**
 * What is known of one channel over all machines and the whole run: its tree of logs, who led when, what is committed.
 *
 * The committed chain grows by what leaders say is committed, after the judges have heard of it; it is never taken back.
 */
import type { ChannelConfig } from '@cairn/ledger';
import { majorityOf } from '@cairn/raft';
import { type LogEntry, LogTree } from './log-tree.ts';
import type { NodeName } from './observer.ts';
import { Replica } from './replica.ts';

export interface Leading {
  readonly term: number;
  readonly node: NodeName;
  readonly life: number;
}

export class ChannelModel {
  readonly name: string;
  readonly tree: LogTree;
  readonly replicas = new Map<NodeName, Replica>();
  /** By term. */
  readonly leaders = new Map<number, Leading>();
  readonly committed: LogEntry[];
  /** By number. */
  readonly committedBlocks: LogEntry[] = [];
  /** The highest index that a leader of each term has said to be committed. */
  readonly commitOf = new Map<number, number>();
  highestTerm = 0;
  readonly #names = new Map<number, NodeName>();
  readonly #configs = new Map<LogEntry, ChannelConfig>();
  readonly #configIn: (block: Uint8Array) => ChannelConfig;

  constructor(
    name: string,
    configIn: (block: Uint8Array) => ChannelConfig,
    contradicted: (first: LogEntry, other: LogEntry) => void,
  ) {
    this.name = name;
    this.#configIn = configIn;
    this.tree = new LogTree(contradicted);
    this.committed = [this.tree.root];
  }

  get commit(): number {
    return this.committed.length - 1;
  }

  replica(node: NodeName): Replica {
    let replica = this.replicas.get(node);
    if (replica === undefined) {
      replica = new Replica(node, this.name, this.tree.root);
      this.replicas.set(node, replica);
    }
    return replica;
  }

  replicaOfMember(id: number): Replica | undefined {
    const name = this.#names.get(id);
    return name === undefined ? undefined : this.replicas.get(name);
  }

  /** The document in a config entry. */
  configOf(entry: LogEntry): ChannelConfig {
    let config = this.#configs.get(entry);
    if (config === undefined) {
      config = this.#configIn(entry.block!);
      this.#configs.set(entry, config);
      for (const { id, name } of config.members) this.#names.set(id, name);
    }
    return config;
  }

  /** The config entries in force at `applied` and at each index after it up to `to`, newest first. */
  configsBetween(entry: LogEntry, applied: number): LogEntry[] {
    const found: LogEntry[] = [];
    let config = entry.config;
    while (config !== null) {
      found.push(config);
      if (config.index <= applied) break;
      config = config.parent?.config ?? null;
    }
    return found;
  }

  /** A majority of each set of voters of the configuration satisfies `has`. */
  isQuorum(configEntry: LogEntry, has: (member: number) => boolean): boolean {
    const { members, outgoing } = this.configOf(configEntry);
    const voters = members.filter(({ role }) => role === 'voter');
    const incoming = voters.filter(({ id }) => has(id)).length;
    if (incoming < majorityOf(voters.length)) return false;
    return outgoing.length === 0 || outgoing.filter(has).length >= majorityOf(outgoing.length);
  }

  /** The whole chain below `entry` is committed. Null, or where it contradicts what was committed before. */
  extendTo(entry: LogEntry, grown: (entry: LogEntry) => void): LogEntry | null {
    const added: LogEntry[] = [];
    let below: LogEntry | null = entry;
    while (below !== null && below.index > this.commit) {
      added.push(below);
      below = below.parent;
    }
    if (below !== null && this.committed[below.index] !== below) return below;
    for (const each of added.reverse()) {
      this.committed.push(each);
      if (each.block !== null) this.committedBlocks.push(each);
      grown(each);
    }
    return null;
  }
}
