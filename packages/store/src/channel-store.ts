/**
 * One channel's log, blocks and index.
 *
 * Two views of the same state: `load()` and every read tell what is durable; `prepare` holds an update against what was
 * issued, durable or not, since updates are issued before earlier ones are on disk. An issued truncation takes effect on
 * reads at once: what is about to be replaced is no longer served from here.
 */

import type { Index, MemberId } from '@cairn/raft';
import { advance } from './advance.ts';
import type { Disk, DiskOperation, DiskRecord } from './disk.ts';
import { assert } from './errors.ts';
import {
  findRecord,
  type IndexPage,
  lowerOf,
  operationsForIndex,
  readPage,
} from './index-pages.ts';
import { type IndexRun, runOf } from './index-run.ts';
import { ADOPTED_TABLES, numberedKey, TABLES, tableRange, transactionKey } from './keys.ts';
import { operationsFor, putBlock, removedFrom } from './operations.ts';
import {
  damaged,
  neededBlock,
  neededLogRecord,
  neededNumber,
  readLogRecord,
  readNeeded,
  readRecord,
} from './reading.ts';
import { isTransactionId, readIncarnation, readNumber } from './records.ts';
import type {
  ChannelPlace,
  ChannelState,
  ChannelUpdate,
  ChannelView,
  EntryPlace,
  IndexedTransaction,
  StoredBlock,
  StoredEntry,
} from './types.ts';

/** What the rest of the orderer sees of a channel's storage. All reads are synchronous and verified. */
export interface ChannelStore extends ChannelPlace {
  /** What is durable now; at a start, what to begin with. */
  load(): ChannelView;
  /** Durable entries in [low, high): at least one, then as many as fit `bytesMax` of blocks. `low` >= first. */
  entries(low: Index, high: Index, bytesMax: number): StoredEntry[];
  /** Null outside [first, last]. */
  entryAt(index: Index): EntryPlace | null;
  /** Canonical bytes, null for a number that is not (or not durably) in the log. */
  block(number: number): Uint8Array | null;
  /** Null for an unknown number and for a block that came with a snapshot. */
  indexOfBlock(number: number): Index | null;
  /** Newest block number at or below a log index; null where the log no longer reaches. */
  numberAtIndex(index: Index): number | null;
  /** Only of the blocks up to `load().indexMark`. */
  lookup(id: string): IndexedTransaction | null;
  /** The greatest id in the index, bytewise: a greater one needs no lookup. */
  greatestId(): string | null;
  memberIncarnation(member: MemberId): Uint8Array | null;
  /** Keeps blocks for a snapshot's installation, in any order, beside the log: nothing reads them until adopted. */
  stageBlocks(blocks: readonly StoredBlock[], done: () => void): void;
  /** A staged block that is durable, verified; null if there is none. */
  stagedBlock(number: number): Uint8Array | null;
}

/** An update that was checked and not yet handed to the disk. */
export interface Prepared {
  readonly after: ChannelState;
  readonly operations: readonly DiskOperation[];
  /** Reads end below this log index and block number until the update is durable. */
  readonly readableLast: number;
  readonly readableNumber: number;
  /** It writes pages of the index: the next batch is made from what this one leaves on disk. */
  readonly isIndexed: boolean;
  readonly update: ChannelUpdate;
}

export class StoredChannel implements ChannelStore {
  readonly name: string;
  readonly channelId: Uint8Array;
  readonly slot: number;
  readonly #disk: Disk;
  readonly #pending: Prepared[] = [];
  readonly #numberAt = (index: Index): number => this.#issuedNumberAt(index);
  #durable: ChannelState;

  constructor(disk: Disk, place: ChannelPlace, durable: ChannelState) {
    this.name = place.name;
    this.channelId = place.channelId;
    this.slot = place.slot;
    this.#disk = disk;
    this.#durable = durable;
  }

  load(): ChannelView {
    const { hard, terms, first, last, snapshot, newestNumber, configBlocks, indexMark } =
      this.#durable;
    return { hard, terms, first, last, snapshot, newestNumber, configBlocks, indexMark };
  }

  entries(low: Index, high: Index, bytesMax: number): StoredEntry[] {
    assert(low >= this.#durable.first && low < high, 'entries are read from within the log');
    assert(high <= this.#readableLast() + 1, 'only durable entries are read from the store');
    const entries: StoredEntry[] = [];
    let bytes = 0;
    for (let index = low; index < high; index = (index + 1) as Index) {
      const place = this.#placeAt(index);
      const { term, kind } = place;
      if (place.number !== null) bytes += this.#numberRecord(place.number).length;
      if (entries.length > 0 && bytes > bytesMax) break;
      const block = place.number === null ? null : this.#neededBlock(place.number);
      entries.push({ index, term, kind, number: place.number, block });
    }
    return entries;
  }

  entryAt(index: Index): EntryPlace | null {
    const within = index >= this.#durable.first && index <= this.#readableLast();
    return within ? this.#placeAt(index) : null;
  }

  block(number: number): Uint8Array | null {
    return this.#isReadable(number) ? this.#neededBlock(number) : null;
  }

  indexOfBlock(number: number): Index | null {
    if (!this.#isReadable(number)) return null;
    const { index } = this.#numberRecord(number);
    return index === 0 ? null : index;
  }

  numberAtIndex(index: Index): number | null {
    if (index < 1 || index > this.#readableLast()) return null;
    const needed = index >= this.#durable.snapshot.index;
    const read = needed ? neededLogRecord : readLogRecord;
    return read(this.#disk, this, index)?.newestNumber ?? null;
  }

  lookup(id: string): IndexedTransaction | null {
    const { greatestId } = this.#durable;
    if (greatestId === null || id > greatestId || !isTransactionId(id)) return null;
    const key = transactionKey(this.slot, id);
    const page = this.#pageFrom(key);
    if (page === null) throw damaged(this, 'transaction index', null, 'missing');
    if (lowerOf(page) >= id) throw damaged(this, 'transaction index', null, 'contradiction');
    return findRecord(page, key);
  }

  greatestId(): string | null {
    return this.#durable.greatestId;
  }

  memberIncarnation(member: MemberId): Uint8Array | null {
    const key = numberedKey(this.slot, TABLES.memberIncarnation, member);
    const payload = readRecord(this.#disk, this, key, 'incarnation of member', member);
    return payload && readIncarnation(payload);
  }

  stageBlocks(blocks: readonly StoredBlock[], done: () => void): void {
    const { adopted } = this.#issued;
    for (const { number } of blocks) {
      assert(
        adopted.every(({ from, to }) => number < from || number > to),
        'an adopted block is not staged again',
      );
    }
    const operations: DiskOperation[] = [];
    for (const block of blocks) putBlock(operations, this.slot, block, 0 as Index, ADOPTED_TABLES);
    this.#disk.commit(operations, done);
  }

  stagedBlock(number: number): Uint8Array | null {
    const key = numberedKey(this.slot, TABLES.stagedNumber, number);
    if (readRecord(this.#disk, this, key, 'staged block', number) === null) return null;
    return neededBlock(this.#disk, this, [{ from: number, to: number }], number);
  }

  /** Checks an update against all rules and says what it does. Changes nothing. */
  prepare(update: ChannelUpdate): Prepared {
    const before = this.#issued;
    const run = update.index && runOf(update.index);
    const after = advance(before, update, run, this.#numberAt);
    const removed = removedFrom(before, update);
    const keptNumber =
      removed > before.last ? before.newestNumber : this.#issuedNumberAt((removed - 1) as Index);
    if (update.snapshot !== null) this.#checkStaged(keptNumber + 1, update.snapshot.number);
    return {
      after,
      operations: this.#operationsOf(update, before, after, keptNumber, run),
      isIndexed: update.index !== null,
      readableLast: removed - 1,
      readableNumber: keptNumber,
      update,
    };
  }

  #operationsOf(
    update: ChannelUpdate,
    before: ChannelState,
    after: ChannelState,
    keptNumber: number,
    run: IndexRun | null,
  ): readonly DiskOperation[] {
    const operations = operationsFor(this.slot, before, after, update, keptNumber);
    return run === null ? operations : operations.concat(this.#indexOperations(run));
  }

  /** The prepared update was handed to the disk. */
  issue(prepared: Prepared): void {
    this.#pending.push(prepared);
  }

  /** The oldest issued update is durable. */
  settle(): void {
    this.#durable = this.#pending.shift()!.after;
  }

  get #issued(): ChannelState {
    return this.#pending.at(-1)?.after ?? this.#durable;
  }

  #issuedNumberAt(index: Index): number {
    for (let at = this.#pending.length - 1; at >= 0; at -= 1) {
      const number = numberIn(this.#pending[at]!, index);
      if (number !== null) return number;
    }
    return neededLogRecord(this.#disk, this, index).newestNumber;
  }

  #readableLast(): number {
    let last: number = this.#durable.last;
    for (const { readableLast } of this.#pending) last = Math.min(last, readableLast);
    return last;
  }

  #isReadable(number: number): boolean {
    return (
      number >= 0 &&
      number <= this.#durable.newestNumber &&
      this.#pending.every(({ readableNumber }) => number <= readableNumber)
    );
  }

  #placeAt(index: Index): EntryPlace {
    const { term, kind, newestNumber } = neededLogRecord(this.#disk, this, index);
    return { index, term, kind, number: kind === 'noop' ? null : newestNumber };
  }

  #numberRecord(number: number) {
    return neededNumber(this.#disk, this, this.#durable.adopted, number);
  }

  #neededBlock(number: number): Uint8Array {
    return neededBlock(this.#disk, this, this.#durable.adopted, number);
  }

  #indexOperations(run: IndexRun): DiskOperation[] {
    assert(
      this.#pending.every(({ isIndexed }) => !isIndexed),
      'an index batch is durable before the next one is made',
    );
    const { greatestId } = this.#durable;
    return operationsForIndex(this.slot, run, {
      lastKey: greatestId === null ? null : transactionKey(this.slot, greatestId),
      pageFor: (key) => this.#pageFrom(key) ?? this.#lastPage(),
    });
  }

  /** The page whose key is the first not below `from`. */
  #pageFrom(from: Uint8Array): IndexPage | null {
    const { to } = tableRange(this.slot, TABLES.transaction);
    return this.#soundPage(this.#disk.range({ from, to, limit: 1 }));
  }

  #lastPage(): IndexPage | null {
    const { from, to } = tableRange(this.slot, TABLES.transaction);
    return this.#soundPage(this.#disk.range({ from, to, reverse: true, limit: 1 }));
  }

  #soundPage([record]: readonly DiskRecord[]): IndexPage | null {
    if (record === undefined) return null;
    const page = readPage(record.key, record.value);
    if (page === null) throw damaged(this, 'transaction index', null, 'checksum');
    return page;
  }

  #checkStaged(from: number, to: number): void {
    for (let number = from; number <= to; number += 1) {
      const key = numberedKey(this.slot, TABLES.stagedNumber, number);
      readNumber(readNeeded(this.#disk, this, key, 'staged block', number));
    }
  }
}

/** Newest block number at an entry that the update brings; null if it does not bring it. */
function numberIn({ update, readableNumber }: Prepared, wanted: Index): number | null {
  if (update.snapshot?.index === wanted) return update.snapshot.number;
  let newest = readableNumber;
  for (const { index, block } of update.entries) {
    newest = block?.number ?? newest;
    if (index === wanted) return newest;
  }
  return null;
}
