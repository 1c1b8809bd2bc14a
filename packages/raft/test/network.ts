/**
 * A synchronous fake network of real cores: the workbench of every scenario test.
 *
 * Each node has a disk that is an array; `flush` makes writes durable, `crash` forgets what was not.
 * By default writes are durable at once and messages travel until nobody has anything to say.
 */

import {
  type ConfChange,
  type ConfState,
  type Effects,
  EMPTY_CONF,
  type Entry,
  type HardState,
  type Index,
  type MemberId,
  type Message,
  RaftCore,
  type RaftEvent,
  type RaftInit,
  type RaftOptions,
  type SnapshotMeta,
  type Term,
  type TermRun,
  toIndex,
  toMemberId,
  toTerm,
  type Write,
} from '@cairn/raft';

export const id = toMemberId;
export const index = toIndex;
export const term = toTerm;
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array): string => new TextDecoder().decode(data);

export const defaults: Omit<RaftOptions, 'id'> = {
  electionTicks: 10,
  heartbeatTicks: 1,
  preVote: false,
  checkQuorum: false,
  stepDownOnRemoval: true,
  validateConfChange: true,
  appendBytesMax: 1 << 20,
  inflightAppendsMax: 256,
  inflightBytesMax: 1 << 30,
  uncommittedBytesMax: 1 << 30,
  applyBytesMax: 1 << 20,
};

export const conf = (
  voters: readonly number[],
  rest: Partial<Record<'outgoing' | 'learners' | 'learnersNext', readonly number[]>> & {
    readonly autoLeave?: boolean;
  } = {},
): ConfState => ({
  voters: voters.map(id),
  outgoing: (rest.outgoing ?? []).map(id),
  learners: (rest.learners ?? []).map(id),
  learnersNext: (rest.learnersNext ?? []).map(id),
  autoLeave: rest.autoLeave ?? false,
});

/** Config entries carry their change as JSON; no data means: leave the joint configuration. */
export const encodeChange = (change: ConfChange): Uint8Array => bytes(JSON.stringify(change));
export const decodeChange = (entry: Entry): ConfChange =>
  entry.data.byteLength === 0
    ? { transition: 'auto', operations: [] }
    : (JSON.parse(text(entry.data)) as ConfChange);

const kinds = { v: 'addVoter', l: 'addLearner', r: 'remove', u: 'update' } as const;

/** `change('v4 r1')` adds voter 4 and removes 1. */
export function change(
  operations: string,
  transition: ConfChange['transition'] = 'auto',
): Uint8Array {
  const parsed = operations
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ kind: kinds[word[0] as keyof typeof kinds], id: id(Number(word.slice(1))) }));
  return encodeChange({ transition, operations: parsed });
}

/** Entries of the given terms from `first` on: `log(1, 1, 2)` is 1/1 1/2 2/3. */
export const entriesOf = (terms: readonly number[], first = 1): Entry[] =>
  terms.map((each, offset) => ({
    index: index(first + offset),
    term: term(each),
    kind: 'data',
    data: bytes(`${each}/${first + offset}`),
  }));

export const runsOf = (entries: readonly Entry[], base?: TermRun): TermRun[] => {
  const runs: TermRun[] = base === undefined ? [] : [base];
  for (const entry of entries) {
    if (runs.at(-1)?.term !== entry.term) runs.push({ first: entry.index, term: entry.term });
  }
  return runs;
};

/** What a node would find after a crash. */
export interface Disk {
  hard: HardState;
  entries: Entry[];
  base: { readonly index: Index; readonly term: Term };
  conf: ConfState;
  applied: Index;
}

export const emptyDisk = (configuration: ConfState = EMPTY_CONF): Disk => ({
  hard: { term: term(0), vote: id(0), commit: index(0) },
  entries: [],
  base: { index: index(0), term: term(0) },
  conf: configuration,
  applied: index(0),
});

export function initOf(disk: Disk): RaftInit {
  const base = disk.base.index === 0 ? undefined : { first: disk.base.index, term: disk.base.term };
  return {
    hard: disk.hard,
    conf: disk.conf,
    terms: runsOf(disk.entries, base),
    first: index(disk.base.index + 1),
    last: index(disk.base.index + disk.entries.length),
    applied: disk.applied,
  };
}

function store(disk: Disk, write: Write): void {
  if (write.snapshot !== null) {
    disk.entries = [];
    disk.base = { index: write.snapshot.index, term: write.snapshot.term };
    disk.conf = write.snapshot.conf;
    disk.applied = write.snapshot.index;
  }
  if (write.truncateFrom !== 0) {
    disk.entries = disk.entries.slice(0, write.truncateFrom - disk.base.index - 1);
  }
  disk.entries.push(...write.entries);
  if (write.hard !== null) {
    // The host notes what it applied (and so committed) beside these writes: commit never falls.
    const commit = index(Math.max(write.hard.commit, disk.hard.commit));
    disk.hard = { ...write.hard, commit };
  }
}

/** Numbers in [0, limit) from a seed: enough chance for elections, the same every time. */
export function seeded(seed: number): { below(limit: number): number } {
  let state = (seed * 2654435761 + 88172645463325) % 4294967296;
  return {
    below(limit) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % limit;
    },
  };
}

export class Node {
  readonly id: MemberId;
  readonly disk: Disk;
  core: RaftCore;
  readonly events: RaftEvent[] = [];
  readonly applied: Entry[] = [];
  /** Writes given out and not yet on disk, with the messages that wait for each. */
  readonly pending: { readonly write: Write | null; readonly messages: readonly Message[] }[] = [];
  /** With a slow disk, writes stay pending until `flush`. */
  slowDisk = false;
  slowApply = false;
  /** The lock-step copy of the configuration, as the host would keep it beside `applied`. */
  readonly #options: RaftOptions;
  readonly #seed: number;
  #unapplied: Entry[] = [];

  constructor(options: RaftOptions, disk: Disk, seed: number = options.id) {
    this.id = options.id;
    this.disk = disk;
    this.#options = options;
    this.#seed = seed;
    this.core = this.#boot();
  }

  #boot(): RaftCore {
    return new RaftCore(this.#options, initOf(this.disk), {
      reader: {
        entries: (low, high, bytesMax) => {
          const found = this.disk.entries.filter((e) => e.index >= low && e.index < high);
          let sum = 0;
          const end = found.findIndex((e, at) => {
            sum += e.data.byteLength;
            return at > 0 && sum > bytesMax;
          });
          return end === -1 ? found : found.slice(0, end);
        },
      },
      random: seeded(this.#seed),
      confChangeOf: decodeChange,
      autoLeaveEntry: () => new Uint8Array(0),
      snapshot: () => this.snapshot(),
    });
  }

  /** The newest snapshot this node can offer: everything it has applied. */
  snapshot(): SnapshotMeta | null {
    const at = this.disk.applied;
    if (at === 0) return null;
    const known = this.disk.entries.find((entry) => entry.index === at)?.term;
    return { index: at, term: known ?? this.disk.base.term, conf: this.disk.conf, data: bytes('') };
  }

  /** Loses everything that was not on disk and starts again. */
  crash(): void {
    this.pending.length = 0;
    this.#unapplied = [];
    this.core = this.#boot();
  }

  compact(at: number): void {
    const kept = this.disk.entries.filter((entry) => entry.index > at);
    const newest = this.disk.entries.find((entry) => entry.index === at);
    if (newest === undefined) return;
    this.disk.base = { index: newest.index, term: newest.term };
    this.disk.entries = kept;
    this.core.compact(newest.index);
  }

  /** Collects effects; returns the messages that may leave. */
  turn(): Message[] {
    const effects: Effects = this.core.take();
    this.events.push(...effects.events);
    const out: Message[] = [...effects.send];
    if (effects.write !== null || effects.afterWrite.length > 0) {
      this.pending.push({ write: effects.write, messages: effects.afterWrite });
    }
    // A snapshot stands for everything before it: what was handed out earlier is void.
    if (effects.write !== null && effects.write.snapshot !== null) this.#unapplied = [];
    this.#unapplied.push(...effects.commit);
    if (!this.slowDisk) out.push(...this.flush());
    if (!this.slowApply) this.apply();
    return out;
  }

  /** The oldest `count` pending writes reach the disk. */
  flush(count = this.pending.length): Message[] {
    const out: Message[] = [];
    for (const { write, messages } of this.pending.splice(0, count)) {
      if (write !== null) {
        store(this.disk, write);
        this.core.persisted(write.seq);
      }
      out.push(...messages);
    }
    return out;
  }

  apply(): void {
    for (const entry of this.#unapplied.splice(0)) {
      if (entry.index <= this.disk.applied) continue;
      this.applied.push(entry);
      this.core.applied(entry.index);
      this.disk.applied = entry.index;
      this.disk.conf = this.core.status.conf;
      if (this.disk.hard.commit < entry.index) {
        this.disk.hard = { ...this.disk.hard, commit: entry.index };
      }
    }
  }

  get log(): string {
    return this.disk.entries.map((entry) => `${entry.term}/${entry.index}`).join(' ');
  }

  get data(): string[] {
    return this.applied.filter((entry) => entry.kind === 'data').map((entry) => text(entry.data));
  }
}

export class Network {
  readonly nodes = new Map<number, Node>();
  /** Messages for which this says true are lost. */
  drop: (message: Message) => boolean = () => false;
  readonly sent: Message[] = [];

  constructor(
    count: number,
    options: Partial<RaftOptions> = {},
    makeDisk: (member: number) => Disk = () =>
      emptyDisk(conf(Array.from({ length: count }, (_, at) => at + 1))),
  ) {
    for (let member = 1; member <= count; member++) {
      this.add(member, options, makeDisk(member));
    }
  }

  add(member: number, options: Partial<RaftOptions>, disk: Disk): Node {
    const node = new Node({ ...defaults, ...options, id: id(member) }, disk);
    this.nodes.set(member, node);
    return node;
  }

  node(member: number): Node {
    const node = this.nodes.get(member);
    if (node === undefined) throw new Error(`no node ${member}`);
    return node;
  }

  core(member: number): RaftCore {
    return this.node(member).core;
  }

  /** Delivers until silence. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      const messages = [...this.nodes.values()].flatMap((node) => node.turn());
      const busy = [...this.nodes.values()].some((node) => node.core.hasEffects());
      if (messages.length === 0 && !busy) return;
      for (const message of messages) this.deliver(message);
    }
    throw new Error('the network never falls silent');
  }

  deliver(message: Message): void {
    this.sent.push(message);
    if (!this.drop(message)) this.nodes.get(message.to)?.core.step(message);
  }

  campaign(member: number): void {
    this.core(member).campaign();
    this.settle();
  }

  propose(member: number, data: string): ReturnType<RaftCore['propose']> {
    const result = this.core(member).propose(bytes(data));
    this.settle();
    return result;
  }

  change(member: number, data: Uint8Array): ReturnType<RaftCore['propose']> {
    const result = this.core(member).proposeConfig(data);
    this.settle();
    return result;
  }

  tick(member: number, count = 1): void {
    for (let done = 0; done < count; done++) {
      this.core(member).tick();
      this.settle();
    }
  }

  /** Cuts every link of these members. */
  isolate(...members: readonly number[]): void {
    this.drop = (message) => members.includes(message.from) || members.includes(message.to);
  }

  /** Cuts links between the two groups. */
  split(...groups: readonly (readonly number[])[]): void {
    const groupOf = (member: number): number => groups.findIndex((g) => g.includes(member));
    this.drop = (message) => groupOf(message.from) !== groupOf(message.to);
  }

  heal(): void {
    this.drop = () => false;
  }

  /** `1:leader@1 2:follower@1` */
  get roles(): string {
    return [...this.nodes.values()]
      .map((node) => `${node.id}:${node.core.role}@${node.core.term}`)
      .join(' ');
  }
}
