/**
 * The storage of one harness node: a log above a snapshot, in memory, and an appender state machine
 * whose every applied entry leaves a snapshot to offer.
 */

import {
  type ConfState,
  type Entry,
  type Index,
  type SnapshotMeta,
  toIndex,
  toTerm,
} from '@cairn/raft';

export class Storage {
  #entries: Entry[] = [];
  #base: { readonly index: number; readonly term: number };
  readonly #history: SnapshotMeta[];

  constructor(bootstrap: SnapshotMeta) {
    this.#base = { index: bootstrap.index, term: bootstrap.term };
    this.#history = [bootstrap];
  }

  get firstIndex(): Index {
    return toIndex(this.#base.index + 1);
  }
  get lastIndex(): Index {
    return toIndex(this.#base.index + this.#entries.length);
  }
  get entries(): readonly Entry[] {
    return this.#entries;
  }
  get newestSnapshot(): SnapshotMeta {
    return this.#history.at(-1) as SnapshotMeta;
  }

  /** At least one entry of [low, high), then as many as fit. */
  read(low: Index, high: Index, bytesMax: number): readonly Entry[] {
    const entries = this.#entries.slice(low - this.#base.index - 1, high - this.#base.index - 1);
    let bytes = 0;
    const end = entries.findIndex((entry, at) => {
      bytes += entry.data.byteLength;
      return at > 0 && bytes > bytesMax;
    });
    return end === -1 ? entries : entries.slice(0, end);
  }

  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    this.#entries = [...this.#entries.slice(0, first.index - this.#base.index - 1), ...entries];
  }

  restore(snapshot: SnapshotMeta): void {
    this.#base = { index: snapshot.index, term: snapshot.term };
    this.#entries = [];
  }

  compact(index: number): void {
    const entry = this.#entries.find((candidate) => candidate.index === index);
    if (entry === undefined) throw new Error(`cannot compact at ${index}`);
    this.#entries = this.#entries.filter((candidate) => candidate.index > index);
    this.#base = { index: entry.index, term: entry.term };
  }

  /** An entry has been applied under configuration `conf`. */
  record(entry: Entry, conf: ConfState): void {
    const before = this.newestSnapshot;
    const data = new Uint8Array([...before.data, ...(entry.kind === 'data' ? entry.data : [])]);
    this.#history.push({ index: entry.index, term: toTerm(entry.term), conf, data });
  }
}
