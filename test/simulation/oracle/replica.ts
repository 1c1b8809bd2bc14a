/**
 * One channel on one machine: what its disk was given, what is durable of it, and what its process said of itself.
 *
 * The logs are rebuilt from the transactions that went to the disk, never asked of the node. Two images: `issued` is what
 * the process has handed over, `durable` what a crash would leave for certain.
 */

import type { LogEntry } from './log-tree.ts';
import type { ChannelView, NodeName } from './observer.ts';

export interface HardImage {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

/** A channel's part of a transaction, with its entries found in the tree. */
export interface ResolvedWrite {
  readonly hard: HardImage;
  readonly last: number;
  readonly entries: readonly LogEntry[];
}

const NOTHING: HardImage = { term: 0, vote: 0, commit: 0 };

export class LogImage {
  hard: HardImage = NOTHING;
  /** By index; the root stands at 0. */
  readonly entries: LogEntry[];

  constructor(root: LogEntry) {
    this.entries = [root];
  }

  get last(): number {
    return this.entries.length - 1;
  }

  apply({ hard, last, entries }: ResolvedWrite): void {
    this.hard = hard;
    const first = entries[0];
    const kept = first?.index ?? last + 1;
    if (kept < this.entries.length) this.entries.length = kept;
    for (const entry of entries) this.entries.push(entry);
  }

  become(other: LogImage): void {
    this.hard = other.hard;
    this.entries.length = 0;
    for (const entry of other.entries) this.entries.push(entry);
  }
}

export class Replica {
  readonly node: NodeName;
  readonly channel: string;
  readonly issued: LogImage;
  readonly durable: LogImage;
  /** What the disk held each time it was rolled back or wiped: it owes that no more, but once did. */
  forgotten: readonly LogImage[] = [];
  /** As of the end of the process's last event; null while there is none. */
  view: ChannelView | null = null;
  life = 0;
  /** The newest term in which this life was seen leading. */
  ledTerm = 0;
  /** The highest index it has acknowledged to the leader of that term. */
  acknowledged = { term: 0, index: 0 };
  /** The commit index that its word as a leader was last checked for. */
  leaderCommit = 0;

  constructor(node: NodeName, channel: string, root: LogEntry) {
    this.node = node;
    this.channel = channel;
    this.issued = new LogImage(root);
    this.durable = new LogImage(root);
  }

  get hasForgotten(): boolean {
    return this.forgotten.length > 0;
  }

  get isUp(): boolean {
    return this.view !== null;
  }

  isLeaderIn(term: number): boolean {
    return this.view?.role === 'leader' && this.view.term === term;
  }

  /** The entry is on its disk, or was before the disk lost its word. */
  holds(entry: LogEntry): boolean {
    const { index } = entry;
    if (this.durable.entries[index] === entry) return true;
    return this.forgotten.some(({ entries }) => entries[index] === entry);
  }
}
