/**
 * The transaction index as sorted pages: some thirty records a page, keyed by its greatest id.
 *
 *   key   := table start | greatest id of the page
 *   value := length u8 | lower | count u16 | count records | crc32           ids of the page are in (lower, greatest]
 *
 * One put a page instead of one a transaction is what makes the index cheap. Pages tile the ids: the lower bound of a page
 * is the greatest id of the page before it. So one page, found and sound, says for certain whether an id is there; damage
 * that leads the search astray is found out by a bound that does not hold.
 * Pages and batch are merged as the bytes they are.
 */

import { compareSlices } from '@cairn/ledger';
import { sameBytes } from './bytes.ts';
import { crc32 } from './checksum.ts';
import type { DiskOperation } from './disk.ts';
import { assert } from './errors.ts';
import {
  compareRecords,
  copyBytes,
  idOfRecord,
  placeOfRecord,
  type RecordRun,
  recordEnd,
} from './index-records.ts';
import { TRANSACTION_KEY_START, writeTransactionStart } from './keys.ts';
import { isSound } from './records.ts';
import type { IndexedTransaction } from './types.ts';

/** Records and bounds of a page; below half of an LMDB page, so that values stay in its leaves. */
export const PAGE_BYTES_MAX = 1_900;

const CHECKSUM_BYTES = 4;
const PAGE_FIXED_BYTES = 1 + 2 + CHECKSUM_BYTES;
/** The lower bound of the first page: no text. */
const NO_TEXT = Uint8Array.of(0);

/** At least one record, ascending. */
interface PageRecords extends RecordRun {
  readonly count: number;
  /** Where the greatest one begins. */
  readonly last: number;
}

interface NewPage extends PageRecords {
  /** Where the text of the lower bound begins, with its length. */
  readonly lower: Uint8Array;
  readonly lowerAt: number;
}

/** A page on disk. `bytes` is its value. */
export interface IndexPage extends PageRecords {
  readonly key: Uint8Array;
}

/** How a batch sees the pages on disk. */
export interface IndexPages {
  /** Of the last page; null if there is none. */
  readonly lastKey: Uint8Array | null;
  /** The page an id belongs to: the first whose key is not below the id's, else the last; null if there is none. */
  pageFor(key: Uint8Array): IndexPage | null;
}

type Put = Extract<DiskOperation, { readonly type: 'put' }>;

/** Null for a record that is damaged, or that is not a page of this key. */
export function readPage(key: Uint8Array, value: Uint8Array): IndexPage | null {
  if (!isSound(key, value)) return null;
  const start = 1 + value[0]! + 2;
  const end = value.length - CHECKSUM_BYTES;
  const count = (value[start - 2]! << 8) | value[start - 1]!;
  let last = start;
  let next = start;
  for (let record = 0; record < count; record += 1) {
    last = next;
    next = recordEnd(value, last);
  }
  const page = { key, bytes: value, start, end, count, last };
  return count > 0 && next === end && compareToKey(value, last, key) === 0 ? page : null;
}

export const greatestOf = ({ bytes, last }: IndexPage): string => idOfRecord(bytes, last);

/** Exclusive; empty for the first page. */
export const lowerOf = ({ bytes }: IndexPage): string => idOfRecord(bytes, 0);

/** By the key its id would have as the greatest of a page. */
export function findRecord(page: IndexPage, key: Uint8Array): IndexedTransaction | null {
  const { bytes, end } = page;
  for (let at = page.start; at < end; at = recordEnd(bytes, at)) {
    if (compareToKey(bytes, at, key) === 0) return placeOfRecord(bytes, at);
  }
  return null;
}

export interface IndexRecord extends IndexedTransaction {
  readonly id: string;
}

/** Decoded. */
export function recordsOf({ bytes, start, end }: IndexPage): IndexRecord[] {
  const records: IndexRecord[] = [];
  for (let at = start; at < end; at = recordEnd(bytes, at)) {
    records.push({ id: idOfRecord(bytes, at), ...placeOfRecord(bytes, at) });
  }
  return records;
}

/** What a batch does to the pages: those it touches are written anew, split evenly where they have become too large. */
export function operationsForIndex(
  slot: number,
  { bytes, start, end }: RecordRun,
  { lastKey, pageFor }: IndexPages,
): DiskOperation[] {
  const operations: DiskOperation[] = [];
  const scratch = new Scratch();
  for (let from = start; from < end; ) {
    const page = pageFor(keyOf(slot, bytes, from));
    const isLast = page === null || (lastKey !== null && sameBytes(page.key, lastKey));
    const to = isLast ? end : endOfPage({ bytes, start: from, end }, page);
    operations.push(...rewritten(slot, page, { bytes, start: from, end: to }, scratch));
    from = to;
  }
  return operations;
}

/** One past the last record that belongs to a page that is not the last. */
function endOfPage({ bytes, start, end }: RecordRun, page: IndexPage): number {
  let to = start;
  while (to < end && compareRecords(bytes, to, page.bytes, page.last) <= 0) {
    to = recordEnd(bytes, to);
  }
  assert(to > start, 'a page is given for an id that belongs to it');
  return to;
}

function rewritten(
  slot: number,
  page: IndexPage | null,
  added: RecordRun,
  scratch: Scratch,
): DiskOperation[] {
  if (page === null) return putsForPages(slot, splitEvenly(added, NO_TEXT));
  const puts = putsForPages(slot, splitEvenly(merge(page, added, scratch), page.bytes));
  if (sameBytes(puts.at(-1)!.key, page.key)) return puts;
  return [{ type: 'remove', key: page.key }, ...puts];
}

/** Where one merge after the other is made: what is merged is copied on before the next. */
class Scratch {
  #bytes = new Uint8Array(0);

  of(size: number): Uint8Array {
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(2 * size);
    return this.#bytes;
  }
}

/** Run by run: what stands together in one of them is copied together. */
function merge(page: RecordRun, added: RecordRun, scratch: Scratch): RecordRun {
  const size = page.end - page.start + (added.end - added.start);
  const bytes = scratch.of(size);
  let at = 0;
  let inPage = page.start;
  let inAdded = added.start;
  while (inAdded < added.end) {
    const pageEnd = endOfBelow(page, inPage, added, inAdded);
    const addedEnd = pageEnd === page.end ? added.end : endOfBelow(added, inAdded, page, pageEnd);
    at = copyBytes(bytes, at, page.bytes, inPage, pageEnd - inPage);
    at = copyBytes(bytes, at, added.bytes, inAdded, addedEnd - inAdded);
    inPage = pageEnd;
    inAdded = addedEnd;
  }
  at = copyBytes(bytes, at, page.bytes, inPage, page.end - inPage);
  assert(at === size, 'a merged page has all records of both');
  return { bytes, start: 0, end: size };
}

/** One past the records from `at` on whose ids are below that of the other run's record at `limit`. */
function endOfBelow(run: RecordRun, at: number, other: RecordRun, limit: number): number {
  let to = at;
  while (to < run.end) {
    const order = compareRecords(run.bytes, to, other.bytes, limit);
    assert(order !== 0, 'an id is in the index once');
    if (order > 0) break;
    to = recordEnd(run.bytes, to);
  }
  return to;
}

/** `lower`: begins with the text of the lower bound of the first page. */
function splitEvenly({ bytes, start, end }: RecordRun, lower: Uint8Array): NewPage[] {
  const total = end - start;
  const pageBytes = total / Math.ceil(total / PAGE_BYTES_MAX);
  const pages: NewPage[] = [];
  let bound = { lower, lowerAt: 0 };
  let from = start;
  let count = 0;
  for (let last = start; last < end; ) {
    const next = recordEnd(bytes, last);
    count += 1;
    if (next - from >= pageBytes || next === end) {
      pages.push({ bytes, start: from, end: next, count, last, ...bound });
      bound = { lower: bytes, lowerAt: last };
      from = next;
      count = 0;
    }
    last = next;
  }
  return pages;
}

/** Keys and values share one allocation: they are written, and let go, together. */
function putsForPages(slot: number, pages: readonly NewPage[]): Put[] {
  const target = Buffer.allocUnsafeSlow(pages.reduce((sum, page) => sum + putBytesOf(page), 0));
  let at = 0;
  return pages.map((page) => {
    const put = putForPage(target, at, slot, page);
    at += putBytesOf(page);
    return put;
  });
}

const keyBytesOf = ({ bytes, last }: PageRecords): number => TRANSACTION_KEY_START + bytes[last]!;

const putBytesOf = (page: NewPage): number =>
  keyBytesOf(page) + PAGE_FIXED_BYTES + page.lower[page.lowerAt]! + page.end - page.start;

function putForPage(target: Buffer, keyAt: number, slot: number, page: NewPage): Put {
  const { bytes, start, end, count, last, lower, lowerAt } = page;
  writeKey(target, keyAt, slot, bytes, last);
  const valueAt = keyAt + keyBytesOf(page);
  let at = copyBytes(target, valueAt, lower, lowerAt, 1 + lower[lowerAt]!);
  at = target.writeUInt16BE(count, at);
  at = copyBytes(target, at, bytes, start, end - start);
  at = target.writeUInt32LE(crc32(target.subarray(keyAt, at)), at);
  assert(at === keyAt + putBytesOf(page), 'a page fills its bytes');
  return { type: 'put', key: target.subarray(keyAt, valueAt), value: target.subarray(valueAt, at) };
}

/** The key of a page whose greatest record is the one at `at`. */
function keyOf(slot: number, bytes: Uint8Array, at: number): Uint8Array {
  const key = Buffer.allocUnsafe(TRANSACTION_KEY_START + bytes[at]!);
  writeKey(key, 0, slot, bytes, at);
  return key;
}

function writeKey(target: Buffer, at: number, slot: number, bytes: Uint8Array, last: number): void {
  const idAt = writeTransactionStart(target, at, slot);
  copyBytes(target, idAt, bytes, last + 1, bytes[last]!);
}

function compareToKey(bytes: Uint8Array, at: number, key: Uint8Array): number {
  const start = TRANSACTION_KEY_START;
  return compareSlices(bytes, at + 1, bytes[at]!, key, start, key.length - start);
}
