/**
 * A seeded storm over a handful of real cores, and an oracle that sees everything.
 *
 * Messages are lost, repeated and reordered; disks are slow; nodes crash and lose what was not on disk;
 * members come and go; logs are compacted. The oracle keeps one chain of what was ever committed.
 */

import { type Entry, type Message, type RaftOptions, toIndex } from '@cairn/raft';
import { bytes, change, conf, defaults, emptyDisk, id, Node, seeded, text } from './network.ts';

export interface StormReport {
  readonly committed: number;
  readonly leaders: number;
  readonly crashes: number;
  readonly configs: number;
  readonly snapshots: number;
  readonly truncations: number;
}

const describeEntry = (entry: Entry): string => `${entry.term} ${entry.kind} ${text(entry.data)}`;

/** What must hold over the whole run, whatever happens. */
class Oracle {
  /** The one chain of committed entries. */
  readonly chain = new Map<number, string>();
  readonly #logged = new Map<string, string>();
  readonly #leaders = new Map<number, string>();
  readonly #votes = new Map<string, number>();
  #elections = 0;

  get leaders(): number {
    return this.#elections;
  }

  /** Election safety: one leader a term, and each at most once, across restarts. */
  lead(node: Node, term: number, boots: number): void {
    const before = this.#leaders.get(term);
    if (before !== undefined) {
      throw new Error(`term ${term} is led by ${node.id}/${boots} and was by ${before}`);
    }
    this.#leaders.set(term, `${node.id}/${boots}`);
    this.#elections++;
    this.#complete(node);
  }

  /** Leader completeness: whoever wins holds everything committed. */
  #complete(node: Node): void {
    for (const [at, entry] of this.chain) {
      if (at < node.core.firstIndex) continue;
      const term = node.core.termAt(toIndex(at));
      if (term === null || !entry.startsWith(`${term} `)) {
        throw new Error(`leader ${node.id} lacks committed entry ${at}`);
      }
    }
  }

  /** Log matching: the same index and term is the same entry, everywhere, for ever. */
  append(entry: Entry): void {
    const key = `${entry.index}@${entry.term}`;
    const before = this.#logged.get(key) ?? describeEntry(entry);
    if (before !== describeEntry(entry)) throw new Error(`two entries are ${key}`);
    this.#logged.set(key, before);
  }

  /** State machine safety: what was applied at an index is the same everywhere. */
  apply(entry: Entry): void {
    const before = this.chain.get(entry.index) ?? describeEntry(entry);
    if (before !== describeEntry(entry))
      throw new Error(`index ${entry.index} was committed twice`);
    this.chain.set(entry.index, before);
  }

  /** One vote a term, over the whole run; and it is on disk when it is said. */
  say(node: Node, message: Message): void {
    if (message.type === 'voteResponse' && message.granted && !message.pre) {
      this.#vote(message.from, message.term, message.to, node);
    }
    if (message.type === 'vote' && !message.pre) {
      this.#vote(message.from, message.term, message.from, node);
    }
    if (
      message.type === 'appendResponse' &&
      !message.reject &&
      message.term === node.disk.hard.term
    ) {
      const last = node.disk.base.index + node.disk.entries.length;
      if (message.index > last)
        throw new Error(`${node.id} acknowledged ${message.index} unwritten`);
    }
  }

  #vote(from: number, term: number, candidate: number, node: Node): void {
    const key = `${from}@${term}`;
    const before = this.#votes.get(key) ?? candidate;
    if (before !== candidate) throw new Error(`${from} voted twice in term ${term}`);
    this.#votes.set(key, candidate);
    const { hard } = node.disk;
    const durable = hard.term > term || (hard.term === term && hard.vote === candidate);
    if (!durable) throw new Error(`${from} spoke of a vote in term ${term} that is not on disk`);
  }
}

export class Storm {
  readonly #random: { below(limit: number): number };
  readonly #nodes: Node[] = [];
  readonly #boots = new Map<number, number>();
  readonly #options: Omit<RaftOptions, 'id'>;
  readonly #oracle = new Oracle();
  #messages: Message[] = [];
  #cut = new Set<number>();
  #proposals = 0;
  #crashes = 0;
  #configs = 0;
  #snapshots = 0;
  #truncations = 0;

  constructor(seed: number, count: number, options: Partial<RaftOptions> = {}) {
    this.#random = seeded(seed);
    this.#options = { ...defaults, preVote: true, checkQuorum: true, ...options };
    const voters = Array.from({ length: count }, (_, at) => at + 1);
    for (const member of voters) this.#add(member, emptyDisk(conf(voters)), seed);
    // A member to come knows the configuration that the log begins with, as every member does.
    this.#add(count + 1, emptyDisk(conf(voters)), seed);
  }

  #add(member: number, disk: ReturnType<typeof emptyDisk>, seed: number): void {
    const node = new Node({ ...this.#options, id: id(member) }, disk, seed * 31 + member);
    node.slowDisk = true;
    node.slowApply = true;
    this.#nodes.push(node);
  }

  #chance(percent: number): boolean {
    return this.#random.below(1000) < percent * 10;
  }

  #any(): Node {
    return this.#nodes[this.#random.below(this.#nodes.length)] as Node;
  }

  /** `steps` rounds of trouble, then healing, then a proposal that must commit. */
  run(steps: number): StormReport {
    for (let step = 0; step < steps; step++) this.#step();
    const before = this.#oracle.chain.size;
    this.#recover();
    if (this.#oracle.chain.size <= before) throw new Error('nothing was committed after healing');
    return {
      committed: this.#oracle.chain.size,
      leaders: this.#oracle.leaders,
      crashes: this.#crashes,
      configs: this.#configs,
      snapshots: this.#snapshots,
      truncations: this.#truncations,
    };
  }

  #step(): void {
    const node = this.#any();
    if (this.#chance(30)) node.core.tick();
    if (this.#chance(15)) this.#propose(node);
    if (this.#chance(1)) this.#reconfigure(node);
    if (this.#chance(0.6)) this.#crash(node);
    if (this.#chance(0.5)) this.#partition();
    if (this.#chance(0.3)) node.core.transferTo(this.#any().id);
    if (this.#chance(0.3)) node.core.unreachable(this.#any().id);
    if (this.#chance(0.5)) node.compact(node.disk.applied);
    if (this.#chance(1)) node.core.persistCommit();
    this.#deliverSome();
    this.#work(node, this.#chance(50));
  }

  #propose(node: Node): void {
    const result = node.core.propose(bytes(`${node.id}-${this.#proposals++}`));
    if (result.ok) this.#work(node, false);
  }

  #reconfigure(node: Node): void {
    const operation = ['v', 'l', 'r'][this.#random.below(3)];
    const first = `${operation}${this.#any().id}`;
    const both = this.#chance(40) ? `${first} v${this.#any().id}` : first;
    node.core.proposeConfig(change(both, this.#chance(20) ? 'implicit' : 'auto'));
  }

  #crash(node: Node): void {
    node.flush(this.#random.below(node.pending.length + 1));
    this.#collect(node);
    node.crash();
    this.#boots.set(node.id, (this.#boots.get(node.id) ?? 0) + 1);
    this.#crashes++;
  }

  #partition(): void {
    const away = this.#nodes.filter(() => this.#chance(30)).map((node) => node.id);
    this.#cut = new Set(this.#chance(50) ? [] : away);
  }

  #deliverSome(): void {
    for (let count = this.#random.below(4); count > 0 && this.#messages.length > 0; count--) {
      const at = this.#chance(80) ? 0 : this.#random.below(this.#messages.length);
      const [message] = this.#messages.splice(at, 1) as [Message];
      if (this.#chance(3)) this.#messages.push(message);
      if (!this.#chance(3)) this.#deliver(message);
    }
  }

  #deliver(message: Message): void {
    if (this.#cut.has(message.from) !== this.#cut.has(message.to)) return;
    this.#node(message.to)?.core.step(message);
  }

  #node(member: number): Node | undefined {
    return this.#nodes.find((node) => node.id === member);
  }

  #work(node: Node, flush: boolean): void {
    this.#messages.push(...node.turn());
    this.#collect(node);
    if (flush) {
      const said = node.flush(1 + this.#random.below(2));
      for (const message of said) this.#oracle.say(node, message);
      this.#messages.push(...said, ...node.turn());
      this.#collect(node);
    }
    if (this.#chance(60)) this.#apply(node);
  }

  #apply(node: Node): void {
    const before = node.applied.length;
    node.apply();
    for (const entry of node.applied.slice(before)) this.#oracle.apply(entry);
  }

  #collect(node: Node): void {
    for (const { write } of node.pending) {
      for (const entry of write?.entries ?? []) this.#oracle.append(entry);
      if (write?.snapshot !== null && write !== null) this.#snapshots++;
    }
    for (const event of node.events.splice(0)) {
      if (event.type === 'role' && event.role === 'leader') {
        this.#oracle.lead(node, event.term, this.#boots.get(node.id) ?? 0);
      }
      if (event.type === 'confApplied') this.#configs++;
      if (event.type === 'truncated') this.#truncations++;
    }
  }

  /** Everything works again; within a few election time-outs the group must too. */
  #recover(): void {
    this.#cut.clear();
    for (let round = 0; round < 400; round++) {
      for (const node of this.#nodes) {
        node.core.tick();
        this.#settleNode(node);
      }
      for (const message of this.#messages.splice(0)) this.#deliver(message);
      for (const node of this.#nodes) this.#settleNode(node);
      if (round % 40 === 39) for (const node of this.#nodes) this.#propose(node);
    }
    for (const node of this.#nodes) this.#settleNode(node);
  }

  #settleNode(node: Node): void {
    while (node.core.hasEffects() || node.pending.length > 0) {
      this.#messages.push(...node.turn());
      this.#collect(node);
      const said = node.flush();
      for (const message of said) this.#oracle.say(node, message);
      this.#messages.push(...said);
      this.#apply(node);
    }
    this.#apply(node);
  }
}
