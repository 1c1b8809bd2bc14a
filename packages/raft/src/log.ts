/**
 * The log as the rules see it: which entries exist, which are on disk, committed, handed out, applied.
 *
 * Terms are held as runs, entries only while they are young; older ones come from the reader.
 * Invariants:
 * L1 first - 1 <= commit <= last.
 * L2 applied <= handed <= min(commit, durable), except right after a snapshot, which counts as applied.
 * L3 an entry at or below commit is never cut.
 * L4 commit, handed and applied never fall.
 * L5 the tail in memory is contiguous, ends at last, and begins at or below durable + 1.
 */

import {
  assert,
  higherIndex,
  indexAfter,
  indexBefore,
  lowerIndex,
  NO_INDEX,
  NO_TERM,
  toIndex,
  violated,
} from './assert.ts';
import { Durability } from './durability.ts';
import { type EntryId, TermRuns } from './terms.ts';
import type { Entry, EntryReader, Index, RaftInit, SnapshotMeta, Term } from './types.ts';

/** The tail keeps entries that are on disk but not yet handed out, to spare reads, up to this. */
const tailBytesMax = 8 * 1024 * 1024;
const scanBytes = 1024 * 1024;

export class RaftLog {
  readonly disk: Durability;
  readonly #reader: EntryReader;
  readonly #terms: TermRuns;
  #first: Index;
  #last: Index;
  #commit: Index;
  #handed: Index;
  #applied: Index;
  /** A snapshot taken in and not yet given out in a write. */
  #snapshot: SnapshotMeta | null = null;
  #tail: Entry[] = [];
  #tailBytes = 0;
  /** Config entries above applied, ascending. */
  #configs: Entry[] = [];
  /** Payload bytes of the entries in (applied, handed], in order, and their sum. */
  #handedSizes: number[] = [];
  #handedBytes = 0;

  constructor(init: RaftInit, reader: EntryReader) {
    this.#reader = reader;
    this.#first = toIndex(init.first);
    this.#terms = new TermRuns(init.terms, indexBefore(this.#first));
    this.#last = toIndex(init.last);
    this.#commit = toIndex(init.hard.commit);
    this.#applied = toIndex(init.applied);
    this.#handed = this.#applied;
    this.disk = new Durability(this.#last, this.#commit);
    assert(this.#first <= this.#last + 1, 'the log ends before it begins');
    assert(this.#commit <= this.#last, 'the stored commit index is beyond the log');
    assert(this.#applied <= this.#commit, 'the stored applied index is beyond commit');
    assert(this.#applied >= this.#first - 1, 'the applied index is before the log');
    this.#scanConfigs();
  }

  get first(): Index {
    return this.#first;
  }
  get last(): Index {
    return this.#last;
  }
  get commit(): Index {
    return this.#commit;
  }
  get handed(): Index {
    return this.#handed;
  }
  get applied(): Index {
    return this.#applied;
  }
  get lastTerm(): Term {
    return this.#terms.at(this.#last);
  }
  get lastId(): EntryId {
    return { index: this.#last, term: this.lastTerm };
  }
  /** The oldest config entry not yet applied, or null. */
  get nextConfig(): Entry | null {
    return this.#configs[0] ?? null;
  }
  /** Guard 3: a committed configuration is waiting to be applied. */
  get hasUnappliedConfig(): boolean {
    const next = this.nextConfig;
    return next !== null && next.index <= this.#commit;
  }

  /** The term at `index`, or null where the log does not reach. */
  termAt(index: Index): Term | null {
    if (index < this.#first - 1 || index > this.#last) return null;
    return this.#terms.at(index);
  }

  matches(index: Index, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** The vote rule (paper, 5.4.1): terms first, then length. */
  isUpToDate(candidate: EntryId): boolean {
    const term = this.lastTerm;
    return candidate.term > term || (candidate.term === term && candidate.index >= this.#last);
  }

  /**
   * The largest index at or below `index` whose term is at most `term`: where two logs could still
   * agree. An index outside the log may agree for all we know and is returned with term 0.
   */
  lastAtMost(index: Index, term: Term): EntryId {
    if (index > this.#last) return { index, term: NO_TERM };
    return this.#terms.lastAtMost(index, term, indexBefore(this.#first));
  }

  /** The first of `entries` that this log does not hold; 0 if it holds them all. */
  firstNew(entries: readonly Entry[]): Index {
    for (const entry of entries) {
      if (!this.matches(entry.index, entry.term)) return entry.index;
    }
    return NO_INDEX;
  }

  /** Adds contiguous entries, cutting what they replace. Says from where it cut, 0 if nothing. */
  append(entries: readonly Entry[]): Index {
    const from = entries[0]?.index ?? indexAfter(this.#last);
    if (from > this.#last + 1) violated(`entry ${from} would leave a gap after ${this.#last}`);
    const cut = from <= this.#last ? from : NO_INDEX;
    if (cut !== 0) this.#cut(cut);
    for (const entry of entries) this.#push(entry);
    return cut;
  }

  #push(entry: Entry): void {
    if (entry.index !== this.#last + 1) {
      violated(`entry ${entry.index} does not follow ${this.#last}`);
    }
    this.#terms.append(entry.index, entry.term);
    this.#tail.push(entry);
    this.#tailBytes += entry.data.byteLength;
    if (entry.kind === 'config') this.#configs.push(entry);
    this.#last = entry.index;
  }

  #cut(from: Index): void {
    assert(from > this.#commit, `cutting at ${from} would lose committed entries`);
    this.disk.cut(from);
    this.#terms.cut(from);
    for (const entry of this.#tail.splice(Math.max(0, from - this.#tailFirst))) {
      this.#tailBytes -= entry.data.byteLength;
    }
    this.#last = indexBefore(from);
    this.#configs = this.#configs.filter((entry) => entry.index < from);
  }

  get #tailFirst(): Index {
    return toIndex(this.#last - this.#tail.length + 1);
  }

  /** Raises commit; says whether it moved. */
  commitTo(index: Index): boolean {
    if (index <= this.#commit) return false;
    if (index > this.#last) violated(`commit ${index} is beyond the last index ${this.#last}`);
    this.#commit = index;
    return true;
  }

  /** Entries in [low, last] up to `bytesMax` of payload, at least one; null if low was compacted. */
  from(low: Index, bytesMax: number): readonly Entry[] | null {
    if (low < this.#first) return null;
    return this.#slice(low, indexAfter(this.#last), bytesMax);
  }

  #slice(low: Index, high: Index, bytesMax: number): readonly Entry[] {
    if (low >= high) return [];
    const tailFirst = this.#tailFirst;
    if (low >= tailFirst) return this.#tailSlice(low, high, bytesMax);
    const stored = this.#read(low, lowerIndex(high, tailFirst), bytesMax);
    const next = indexAfter(low, stored.length);
    const rest = bytesMax - payloadBytes(stored);
    if (next < tailFirst || next >= high || rest <= 0) return stored;
    const young = this.#tailSlice(next, high, rest);
    return payloadBytes(young) > rest ? stored : [...stored, ...young];
  }

  #read(low: Index, high: Index, bytesMax: number): readonly Entry[] {
    const entries = this.#reader.entries(low, high, bytesMax);
    assert(entries.length > 0 && entries.length <= high - low, `reader gave no entry at ${low}`);
    for (let offset = 0; offset < entries.length; offset++) {
      assert(entries[offset]?.index === low + offset, `reader gave a gap after ${low}`);
    }
    return entries;
  }

  #tailSlice(low: Index, high: Index, bytesMax: number): readonly Entry[] {
    const begin = low - this.#tailFirst;
    const end = high - this.#tailFirst;
    let bytes = this.#tail[begin]?.data.byteLength ?? 0;
    let stop = begin + 1;
    while (stop < end) {
      bytes += this.#tail[stop]?.data.byteLength ?? 0;
      if (bytes > bytesMax) break;
      stop++;
    }
    return this.#tail.slice(begin, stop);
  }

  get #handable(): Index {
    return lowerIndex(this.#commit, this.disk.durable);
  }

  canHandOut(bytesMax: number): boolean {
    return this.#handable > this.#handed && this.#roomToHand(bytesMax);
  }

  #roomToHand(bytesMax: number): boolean {
    return this.#handed === this.#applied || this.#handedBytes < bytesMax;
  }

  /** The next entries to apply: committed, on disk, within `bytesMax` of what is not yet applied. */
  handOut(bytesMax: number): readonly Entry[] {
    if (!this.canHandOut(bytesMax)) return [];
    const low = indexAfter(this.#handed);
    const entries = this.#slice(low, indexAfter(this.#handable), bytesMax - this.#handedBytes);
    for (const entry of entries) {
      this.#handedSizes.push(entry.data.byteLength);
      this.#handedBytes += entry.data.byteLength;
    }
    this.#handed = indexAfter(this.#handed, entries.length);
    this.#trim();
    return entries;
  }

  appliedTo(index: Index): void {
    if (index <= this.#applied) return;
    if (index > this.#handed) {
      violated(`applied ${index} but only ${this.#handed} was handed out`);
    }
    for (const bytes of this.#handedSizes.splice(0, index - this.#applied)) {
      this.#handedBytes -= bytes;
    }
    this.#applied = index;
    while (this.#configs[0] !== undefined && this.#configs[0].index <= index) this.#configs.shift();
  }

  get hasUnwritten(): boolean {
    return this.disk.issued < this.#last || this.disk.truncating || this.#snapshot !== null;
  }

  /** What the next write must carry of the log; the caller numbers it. */
  takeUnwritten(): {
    readonly truncateFrom: Index;
    readonly entries: readonly Entry[];
    readonly snapshot: SnapshotMeta | null;
  } {
    const low = indexAfter(this.disk.issued);
    const snapshot = this.#snapshot;
    this.#snapshot = null;
    return {
      truncateFrom: this.disk.truncating ? low : NO_INDEX,
      entries: low > this.#last ? [] : this.#tail.slice(low - this.#tailFirst),
      snapshot,
    };
  }

  persisted(seq: number): void {
    this.disk.acknowledge(seq);
    this.#trim();
  }

  /** Releases from memory what is on disk, keeping what is about to be handed out while it is small. */
  #trim(): void {
    const keepYoung = this.#tailBytes <= tailBytesMax;
    const upTo = keepYoung ? lowerIndex(this.disk.durable, this.#handed) : this.disk.durable;
    const count = Math.min(this.#tail.length, upTo - this.#tailFirst + 1);
    if (count <= 0) return;
    for (const entry of this.#tail.splice(0, count)) this.#tailBytes -= entry.data.byteLength;
  }

  /** The log becomes what the snapshot says: everything up to its index applied, nothing after it. */
  restore(snapshot: SnapshotMeta): void {
    assert(snapshot.index > this.#commit, `snapshot ${snapshot.index} is not beyond commit`);
    this.#terms.restart(snapshot.index, snapshot.term);
    this.disk.restart(snapshot.index);
    this.#first = indexAfter(snapshot.index);
    this.#last = snapshot.index;
    this.#commit = snapshot.index;
    this.#handed = snapshot.index;
    this.#applied = snapshot.index;
    this.#tail = [];
    this.#tailBytes = 0;
    this.#configs = [];
    this.#handedSizes = [];
    this.#handedBytes = 0;
    this.#snapshot = snapshot;
  }

  /** The host no longer offers entries at or below `index`. */
  compact(index: Index): void {
    if (index < this.#first) return;
    assert(index <= this.#applied, `compacting at ${index} beyond applied ${this.#applied}`);
    this.#terms.compact(index);
    this.#first = indexAfter(index);
  }

  #scanConfigs(): void {
    let next = indexAfter(this.#applied);
    while (next <= this.#last) {
      const entries = this.#read(next, indexAfter(this.#last), scanBytes);
      for (const entry of entries) if (entry.kind === 'config') this.#configs.push(entry);
      next = indexAfter(next, entries.length);
    }
  }

  /** L1 and D1, asserted at the end of every turn. */
  assertSound(): void {
    assert(this.#commit <= this.#last, 'commit is beyond the log');
    assert(this.#first - 1 <= this.#commit, 'the log begins beyond commit');
    assert(this.#applied <= this.#handed && this.#handed <= this.#commit, 'applied beyond commit');
    assert(this.disk.durable <= this.disk.issued, 'durable beyond issued');
    assert(this.disk.issued <= this.#last, 'issued beyond the log');
    assert(this.#tailFirst <= higherIndex(this.disk.durable, this.#first) + 1, 'entries lost');
  }
}

export function payloadBytes(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.data.byteLength;
  return bytes;
}
