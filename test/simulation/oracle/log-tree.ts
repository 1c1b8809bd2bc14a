/**
 * Every log that was ever written in a channel, as one tree: an entry stands below the one before it.
 *
 * An entry is its term, its kind, its bytes and everything before it. The same entry is one object, wherever it is written,
 * so two logs agree up to an index exactly if they hold the same object there: what a chained hash would say, without its
 * cost and without its doubt.
 */
import type { EntryKind } from '@cairn/raft';

export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  /** Null for a no-op. */
  readonly block: Uint8Array | null;
  /** Null for the root alone, which stands at index 0. */
  readonly parent: LogEntry | null;
  /** The newest config entry at or below this one. */
  readonly config: LogEntry | null;
  /** How many config entries stand at or below this one. */
  readonly configCount: number;
  /** How many blocks stand at or below this one: its own has this number less one. */
  readonly blockCount: number;
  readonly children: LogEntry[];
}

export type EntryContent = Pick<LogEntry, 'term' | 'kind' | 'block'>;

export class LogTree {
  readonly root: LogEntry = {
    index: 0,
    term: 0,
    kind: 'noop',
    block: null,
    parent: null,
    config: null,
    configCount: 0,
    blockCount: 0,
    children: [],
  };
  /** By index: of each term the first entry that was seen there. Mostly there is one term. */
  readonly #places: LogEntry[][] = [];
  readonly #contradicted: (first: LogEntry, other: LogEntry) => void;

  /** `contradicted` is told of two different entries of one index and term. */
  constructor(contradicted: (first: LogEntry, other: LogEntry) => void) {
    this.#contradicted = contradicted;
  }

  at(index: number, term: number): LogEntry | undefined {
    return this.#places[index]?.find((entry) => entry.term === term);
  }

  /** The entry of this content after `parent`; made if it was never seen. */
  after(parent: LogEntry, content: EntryContent): LogEntry {
    for (const child of parent.children) if (isSame(child, content)) return child;
    const made = entryAfter(parent, content);
    parent.children.push(made);
    this.#place(made);
    return made;
  }

  #place(made: LogEntry): void {
    const first = this.at(made.index, made.term);
    const places = this.#places[made.index];
    if (first !== undefined) this.#contradicted(first, made);
    else if (places !== undefined) places.push(made);
    else this.#places[made.index] = [made];
  }
}

function entryAfter(parent: LogEntry, { term, kind, block }: EntryContent): LogEntry {
  const isConfig = kind === 'config';
  const made = {
    index: parent.index + 1,
    term,
    kind,
    block,
    parent,
    config: parent.config,
    configCount: parent.configCount + (isConfig ? 1 : 0),
    blockCount: parent.blockCount + (block === null ? 0 : 1),
    children: [],
  };
  if (isConfig) made.config = made;
  return made;
}

function isSame(entry: LogEntry, { term, kind, block }: EntryContent): boolean {
  if (entry.term !== term || entry.kind !== kind) return false;
  if (entry.block === block) return true;
  return entry.block !== null && block !== null && Buffer.compare(entry.block, block) === 0;
}

/** Where two logs part, in words: for sentences about entries that should be one. */
export function describeEntry(entry: LogEntry | undefined): string {
  if (entry === undefined) return 'nothing';
  const size = entry.block === null ? '' : ` of ${entry.block.length} bytes`;
  return `${entry.kind} ${entry.index}/t${entry.term}${size} after t${entry.parent?.term ?? 0}`;
}
