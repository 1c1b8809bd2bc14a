/**
 * What all judges share: every disk as its transactions left it, every log, who led, what is committed.
 *
 * Told first of everything; it then tells the judges what follows from it, in one place and once. Nothing here comes from
 * the inside of a node but what is asked of `Watched`.
 */
import type { ChannelConfig } from '@cairn/ledger';
import type { RaftStatus } from '@cairn/raft';
import { ChannelModel, type Leading } from './channel-model.ts';
import { describeEntry, type LogEntry } from './log-tree.ts';
import type {
  ChannelRecordWrite,
  ChannelView,
  DiskDamage,
  DiskTransaction,
  LifeEvent,
  NodeName,
  Observer,
  SentMessage,
  Verdict,
} from './observer.ts';
import type { HardImage, Replica, ResolvedWrite } from './replica.ts';

/** What is asked of the world beside what it tells. */
export interface Watched {
  /** Events run so far: what is told under one number belongs to one event. */
  eventNumber(): number;
  nowMs(): number;
  /** What Raft knows on that node; undefined if the channel does not run there. */
  statusOf(node: NodeName, channel: string): RaftStatus | undefined;
  /** Everything on the disk, as one transaction. */
  stored(node: NodeName): DiskTransaction;
  configIn(block: Uint8Array): ChannelConfig;
  hashOf(block: Uint8Array): string;
  idsIn(block: Uint8Array): readonly string[];
  /** Transactions and blocks that wait on that node for the channel. */
  loadOf(node: NodeName, channel: string): Load | undefined;
}

export interface Load {
  readonly queued: number;
  readonly queuedBytes: number;
  readonly queuedMax: number;
  readonly queuedBytesMax: number;
}

/** A write that has just gone to a disk. */
export interface SeenWrite {
  readonly channel: ChannelModel;
  readonly replica: Replica;
  readonly write: ResolvedWrite;
  readonly record: ChannelRecordWrite;
  readonly before: HardImage;
  /** Entries that stood in the log and do not any more, ascending. */
  readonly removed: readonly LogEntry[];
}

/** A leader says that more is committed than it has said before. */
export interface CommitRaise {
  readonly channel: ChannelModel;
  readonly replica: Replica;
  readonly term: number;
  readonly index: number;
  /** Undefined if nobody has ever written what it may mean. */
  readonly entry: LogEntry | undefined;
}

export interface Judge extends Partial<Observer> {
  wrote?(write: SeenWrite): void;
  /** Somebody leads a term: seen for the first time in this life. `before`: who was seen leading it. */
  led?(channel: ChannelModel, leading: Leading, before: Leading | undefined): void;
  leaderCommitted?(raise: CommitRaise): void;
  committed?(channel: ChannelModel, entry: LogEntry): void;
}

/** Who cares for what, found once: asking eleven judges each time whether they do costs more than the answer. */
function toldOf(judges: readonly Judge[]) {
  return {
    wrote: judges.flatMap((judge) => judge.wrote?.bind(judge) ?? []),
    led: judges.flatMap((judge) => judge.led?.bind(judge) ?? []),
    leaderCommitted: judges.flatMap((judge) => judge.leaderCommitted?.bind(judge) ?? []),
    committed: judges.flatMap((judge) => judge.committed?.bind(judge) ?? []),
  };
}

interface PendingWrite {
  readonly seq: number;
  readonly writes: readonly { readonly replica: Replica; readonly write: ResolvedWrite }[];
}

export class Model implements Partial<Observer> {
  readonly watched: Watched;
  readonly channels = new Map<string, ChannelModel>();
  readonly #verdict: Verdict;
  readonly #pending = new Map<NodeName, PendingWrite[]>();
  readonly #lives = new Map<NodeName, number>();
  #judges = toldOf([]);

  constructor(watched: Watched, verdict: Verdict) {
    this.watched = watched;
    this.#verdict = verdict;
  }

  tell(judges: readonly Judge[]): void {
    this.#judges = toldOf(judges);
  }

  channel(name: string): ChannelModel {
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = new ChannelModel(name, this.watched.configIn, (first, other) => {
        const both = `${describeEntry(first)} and another ${describeEntry(other)}`;
        this.#verdict.fail('I-5', `${name}: two logs of one term and index hold ${both}`);
      });
      this.channels.set(name, channel);
    }
    return channel;
  }

  lifeOf(node: NodeName): number {
    return this.#lives.get(node) ?? 0;
  }

  /** A directory lost its word: what it once said binds it no more. */
  isForgetful(node: NodeName): boolean {
    return [...this.channels.values()].some((each) => each.replica(node).hasForgotten);
  }

  messageSent({ from, channel: name, message }: SentMessage): void {
    const { type } = message;
    if (type !== 'append' && type !== 'heartbeat') return;
    const channel = this.channel(name);
    const replica = channel.replica(from);
    this.#leads(channel, replica, message.term);
    if (message.commit > replica.leaderCommit) {
      this.#leaderCommits(channel, replica, message.term, message.commit);
    }
  }

  channelChanged(node: NodeName, name: string, now: ChannelView): void {
    const channel = this.channel(name);
    const replica = channel.replica(node);
    if (now.role === 'leader') {
      this.#leads(channel, replica, now.term);
      if (now.commit > replica.leaderCommit) {
        this.#leaderCommits(channel, replica, now.term, now.commit);
      }
    }
    replica.view = now;
  }

  #leads(channel: ChannelModel, replica: Replica, term: number): void {
    if (replica.ledTerm === term) return;
    const leading = { term, node: replica.node, life: this.lifeOf(replica.node) };
    replica.ledTerm = term;
    replica.leaderCommit = 0;
    const before = channel.leaders.get(term);
    channel.leaders.set(term, leading);
    channel.highestTerm = Math.max(channel.highestTerm, term);
    for (const led of this.#judges.led) led(channel, leading, before);
  }

  #leaderCommits(channel: ChannelModel, replica: Replica, term: number, index: number): void {
    replica.leaderCommit = index;
    const own = replica.issued.entries[index];
    // A leader whose disk stands still may have handed over less than others have of it.
    const entry = own ?? channel.tree.at(index, term);
    // What was committed before the node led is no news, if it holds it: the log below says so.
    if (index <= channel.commit && entry === channel.committed[index]) return;
    const raise = { channel, replica, term, index, entry };
    for (const leaderCommitted of this.#judges.leaderCommitted) leaderCommitted(raise);
    if (entry === undefined) return;
    const contradicted = this.#commit(channel, entry);
    channel.commitOf.set(term, Math.max(index, channel.commitOf.get(term) ?? 0));
    if (contradicted === null) return;
    const { node } = replica;
    const other = describeEntry(channel.committed[contradicted.index]);
    const text = `${node} commits ${describeEntry(contradicted)} in term ${term}, where ${other} was committed`;
    this.#verdict.fail('I-9', text);
  }

  #commit(channel: ChannelModel, entry: LogEntry): LogEntry | null {
    return channel.extendTo(entry, (each) => {
      for (const committed of this.#judges.committed) committed(channel, each);
    });
  }

  diskIssued(node: NodeName, transaction: DiskTransaction): void {
    if (transaction.channels.length === 0) return;
    const writes = transaction.channels.map((record) => this.#issued(node, record));
    const pending = this.#pending.get(node);
    if (pending === undefined) this.#pending.set(node, [{ seq: transaction.seq, writes }]);
    else pending.push({ seq: transaction.seq, writes });
  }

  #issued(node: NodeName, record: ChannelRecordWrite): PendingWrite['writes'][number] {
    const channel = this.channel(record.channel);
    const replica = channel.replica(node);
    const write = this.#resolve(channel, replica, record);
    const { hard: before, entries } = replica.issued;
    const from = write.entries.findIndex((entry) => entries[entry.index] !== entry);
    const kept = from < 0 ? record.last : write.entries[from]!.index - 1;
    const removed = kept < replica.issued.last ? entries.slice(kept + 1) : [];
    const seen = { channel, replica, write, record, before, removed };
    for (const wrote of this.#judges.wrote) wrote(seen);
    replica.issued.apply(write);
    const { term, commit } = record.hard;
    if (replica.ledTerm === term && commit > replica.leaderCommit) {
      this.#leaderCommits(channel, replica, term, commit);
    }
    return { replica, write };
  }

  #resolve(channel: ChannelModel, { node, issued }: Replica, record: ChannelRecordWrite) {
    const first = record.entries[0];
    let parent = issued.entries[(first?.index ?? 1) - 1];
    const entries: LogEntry[] = [];
    for (const written of record.entries) {
      if (parent === undefined || written.index !== parent.index + 1) {
        const text = `${node} writes entry ${written.index} after ${parent?.index ?? issued.last}`;
        this.#verdict.fail('I-15', `${text} in ${channel.name}: the log has a gap`);
        break;
      }
      parent = channel.tree.after(parent, written);
      if (parent.kind === 'config') channel.configOf(parent);
      if (parent.index === 1) this.#commit(channel, parent);
      entries.push(parent);
    }
    const end = entries.at(-1)?.index ?? Math.min(record.last, issued.last);
    if (end !== record.last) {
      const text = `${node} writes that its log of ${channel.name} ends at ${record.last}`;
      this.#verdict.fail('I-15', `${text}, and it ends at ${end}`);
    }
    return { hard: record.hard, last: end, entries };
  }

  diskDurable(node: NodeName, { seq, channels }: DiskTransaction): void {
    if (channels.length === 0) return;
    const oldest = this.#pending.get(node)?.shift();
    if (oldest?.seq !== seq) {
      const text = `${node}: transaction ${seq} is durable before ${oldest?.seq ?? 'it was issued'}`;
      this.#verdict.fail('I-15', text);
      return;
    }
    for (const { replica, write } of oldest.writes) replica.durable.apply(write);
  }

  diskCrashed(node: NodeName, survived: readonly DiskTransaction[]): void {
    for (const transaction of survived) this.diskDurable(node, transaction);
    this.#pending.delete(node);
    for (const { replicas } of this.channels.values()) {
      const replica = replicas.get(node);
      if (replica !== undefined) replica.issued.become(replica.durable);
    }
  }

  /** What stands on the disk now was written by nobody of late: it is read anew. */
  diskDamaged(node: NodeName, damage: DiskDamage): void {
    if (damage !== 'rolledBack' && damage !== 'wiped') return;
    for (const channel of this.channels.values()) {
      const { replicas } = channel;
      const before = channel.replica(node);
      replicas.delete(node);
      channel.replica(node).forgotten = [...before.forgotten, before.durable];
    }
    for (const record of this.watched.stored(node).channels) this.#reread(node, record);
  }

  /**
   * A copy may hold flipped bits of its own, which are nobody's writing: what was written at a place is known. Read from the
   * end, since an entry tells all before it; one whose term is damaged is what the disk held there before.
   */
  #reread(node: NodeName, record: ChannelRecordWrite): void {
    const channel = this.channel(record.channel);
    const { issued, durable, forgotten } = channel.replica(node);
    const entries: LogEntry[] = [];
    for (const { index, term } of record.entries.toReversed()) {
      const entry =
        entries.at(-1)?.parent ??
        channel.tree.at(index, term) ??
        forgotten.findLast(({ last }) => index <= last)?.entries[index];
      if (entry !== undefined) entries.push(entry);
    }
    entries.reverse();
    issued.apply({ hard: record.hard, last: entries.length, entries });
    durable.become(issued);
  }

  life(node: NodeName, event: LifeEvent): void {
    switch (event.kind) {
      case 'started':
        this.#lives.set(node, event.life);
        this.#down(node);
        break;
      case 'crashed':
      case 'stopped':
      case 'fatal':
        this.#down(node);
        break;
      default:
        break;
    }
  }

  #down(node: NodeName): void {
    for (const { replicas } of this.channels.values()) {
      const replica = replicas.get(node);
      if (replica === undefined) continue;
      replica.view = null;
      replica.ledTerm = 0;
      replica.leaderCommit = 0;
    }
  }
}
