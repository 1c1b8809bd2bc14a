/**
 * Reads everything a store holds and says what is sound and what is not. Changes nothing.
 *
 * For a stopped orderer: open its directory with `readOnly`, which takes the lock. Damage in one place does not end the
 * walk. What only the ledger can tell (hash chain, roots, signatures) is for the caller, who gets every sound block.
 */

import type { Index } from '@cairn/raft';
import type { Disk, DiskRecord } from './disk.ts';
import { StoreError } from './errors.ts';
import { greatestOf, type IndexPage, lowerOf, readPage, recordsOf } from './index-pages.ts';
import { TABLES, tableRange } from './keys.ts';
import {
  damaged,
  neededBlock,
  neededLogRecord,
  neededNumber,
  readChannelState,
} from './reading.ts';
import type { LogRecord } from './records.ts';
import { readPlaces, readStoreRecord } from './store.ts';
import type { ChannelPlace, ChannelState, ChannelView } from './types.ts';

export type StoreFinding =
  | { readonly type: 'store'; readonly formatVersion: number; readonly incarnation: Uint8Array }
  | { readonly type: 'channel'; readonly channel: ChannelPlace; readonly view: ChannelView }
  | {
      readonly type: 'block';
      readonly channel: ChannelPlace;
      readonly number: number;
      /** 0: unknown, the block came with a snapshot. */
      readonly index: Index;
      readonly bytes: Uint8Array;
    }
  /** All entries of the log, or all records of the index, were sound. */
  | { readonly type: 'log' | 'index'; readonly channel: ChannelPlace; readonly records: number }
  | { readonly type: 'damage'; readonly error: StoreError };

const CHUNK = 1_000;

/** Throws what `Store.open` throws: without the store's own records there is nothing to walk. */
export function* verifyStore(disk: Disk): Generator<StoreFinding, void> {
  const store = readStoreRecord(disk);
  if (store === null) throw new StoreError('STORE_MISSING', 'The data directory holds no store.');
  const { formatVersion, incarnation } = store;
  yield { type: 'store', formatVersion, incarnation };
  for (const channel of readPlaces(disk, store)) yield* verifyChannel(disk, channel);
}

function* verifyChannel(disk: Disk, channel: ChannelPlace): Generator<StoreFinding, void> {
  const state = attempt(() => readChannelState(disk, channel));
  if (state instanceof StoreError) {
    yield { type: 'damage', error: state };
    return;
  }
  yield { type: 'channel', channel, view: state };
  for (let number = 0; number <= state.newestNumber; number += 1) {
    yield found(attempt(() => verifiedBlock(disk, channel, state, number)));
  }
  yield found(attempt(() => verifiedLog(disk, channel, state)));
  yield found(attempt(() => verifiedIndex(disk, channel, state)));
}

function found(result: StoreFinding | StoreError): StoreFinding {
  return result instanceof StoreError ? { type: 'damage', error: result } : result;
}

function attempt<Result>(read: () => Result): Result | StoreError {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) return error;
    return new StoreError('DATA_FILE_DAMAGED', `LMDB: ${(error as Error).message}.`, {}, error);
  }
}

function verifiedBlock(
  disk: Disk,
  channel: ChannelPlace,
  { adopted, snapshot }: ChannelState,
  number: number,
): StoreFinding {
  const { index } = neededNumber(disk, channel, adopted, number);
  const bytes = neededBlock(disk, channel, adopted, number);
  if (index > snapshot.index) {
    const { kind, newestNumber } = neededLogRecord(disk, channel, index);
    if (kind === 'noop' || newestNumber !== number) {
      throw damaged(channel, 'block', number, 'contradiction');
    }
  }
  return { type: 'block', channel, number, index, bytes };
}

function verifiedLog(disk: Disk, channel: ChannelPlace, state: ChannelState): StoreFinding {
  let before = neededLogRecord(disk, channel, state.snapshot.index);
  for (let index = state.first; index <= state.last; index = (index + 1) as Index) {
    const entry = neededLogRecord(disk, channel, index);
    if (!follows(before, entry)) throw damaged(channel, 'entry', index, 'contradiction');
    before = entry;
  }
  return { type: 'log', channel, records: state.last - state.first + 1 };
}

function follows(before: LogRecord, entry: LogRecord): boolean {
  const step = entry.kind === 'noop' ? 0 : 1;
  return entry.term >= before.term && entry.newestNumber === before.newestNumber + step;
}

function verifiedIndex(disk: Disk, channel: ChannelPlace, state: ChannelState): StoreFinding {
  let records = 0;
  let greatest = '';
  const { from: start, to } = tableRange(channel.slot, TABLES.transaction);
  let from = start;
  for (;;) {
    const chunk = disk.range({ from, to, limit: CHUNK });
    for (const record of chunk) {
      const page = soundPage(channel, state, record, greatest);
      greatest = greatestOf(page);
      records += page.count;
    }
    if (chunk.length < CHUNK) break;
    from = Buffer.concat([chunk.at(-1)!.key, Uint8Array.of(0)]);
  }
  if (records !== state.indexCount) throw damaged(channel, 'transaction index', null, 'missing');
  return { type: 'index', channel, records };
}

/** A page that follows the one that ends with `before`, in order within itself. */
function soundPage(
  channel: ChannelPlace,
  { indexMark }: ChannelState,
  { key, value }: DiskRecord,
  before: string,
): IndexPage {
  const page = readPage(key, value);
  if (page === null) throw damaged(channel, 'transaction index', null, 'checksum');
  const records = recordsOf(page);
  const isSound = records.every(({ id, block }, at) => {
    const previous = at === 0 ? before : records[at - 1]!.id;
    return id > previous && block <= indexMark;
  });
  if (lowerOf(page) === before && isSound) return page;
  throw damaged(channel, 'transaction index', null, 'contradiction');
}
