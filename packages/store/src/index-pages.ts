/**
 * The transaction index as sorted pages: some thirty records a page, keyed by its greatest id.
 *
 *   key   := table start | greatest id of the page
 *   value := length u8 | lower | count u16 | count records | crc32           ids of the page are in (lower, greatest]
 *   record := length u8 | id | block u64 | position u32 | leaf 16
 *
 * One put a page instead of one a transaction is what makes the index cheap. Pages tile the ids: the lower bound of a page
 * is the greatest id of the page before it. So one page, found and sound, says for certain whether an id is there; damage
 * that leads the search astray is found out by a bound that does not hold.
 */

import { crc32 } from './checksum.ts';
import type { DiskOperation } from './disk.ts';
import { assert } from './errors.ts';
import { RECORDS, TABLES, transactionIdOf } from './keys.ts';
import { LEAF_BYTES, openRecord } from './records.ts';
import type { IndexRecord } from './types.ts';

/** Records and bounds of a page; below half of an LMDB page, so that values stay in its leaves. */
export const PAGE_BYTES_MAX = 1_900;

const KEY_PREFIX_BYTES = 6;
const RECORD_FIXED_BYTES = 1 + 8 + 4 + LEAF_BYTES;
const PAGE_FIXED_BYTES = 1 + 2 + 4;
const HIGH = 0x1_0000_0000;

export interface IndexPage {
  /** Exclusive; empty for the first page. */
  readonly lower: string;
  /** Sorted by id, at least one. */
  readonly records: readonly IndexRecord[];
}

/** How a batch sees the pages on disk. */
export interface IndexPages {
  /** Of the last page; null if there is none. */
  readonly greatestId: string | null;
  /** The page an id belongs to: the first whose greatest id is not below it, else the last; null if there is none. */
  pageFor(id: string): IndexPage | null;
}

/** Null for a record that is damaged, or that is not a page of this key. */
export function readPage(key: Uint8Array, value: Uint8Array): IndexPage | null {
  const payload = openRecord(key, value);
  if (payload === null) return null;
  const lower = payload.text(payload.u8());
  const count = (payload.u8() << 8) | payload.u8();
  const records = Array.from({ length: count }, () => ({
    id: payload.text(payload.u8()),
    block: payload.u64(),
    index: payload.u32(),
    leaf: payload.bytes(LEAF_BYTES),
  }));
  return records.at(-1)?.id === transactionIdOf(key) ? { lower, records } : null;
}

export function greatestOf({ records }: IndexPage): string {
  return records.at(-1)!.id;
}

/** What a batch does to the pages: those it touches are written anew, split evenly where they have become too large. */
export function operationsForIndex(
  slot: number,
  batch: readonly IndexRecord[],
  pages: IndexPages,
): DiskOperation[] {
  const records = batch.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const operations: DiskOperation[] = [];
  for (let from = 0; from < records.length; ) {
    const page = pages.pageFor(records[from]!.id);
    const isLast = page === null || greatestOf(page) === pages.greatestId;
    const to = isLast ? records.length : endOfPage(records, from, greatestOf(page));
    operations.push(...rewritten(slot, page, records.slice(from, to)));
    from = to;
  }
  return operations;
}

/** One past the last record that belongs to a page that is not the last. */
function endOfPage(records: readonly IndexRecord[], from: number, greatest: string): number {
  let to = from;
  while (to < records.length && records[to]!.id <= greatest) to += 1;
  assert(to > from, 'a page is given for an id that belongs to it');
  return to;
}

function rewritten(
  slot: number,
  page: IndexPage | null,
  added: readonly IndexRecord[],
): DiskOperation[] {
  const merged = page === null ? added : merge(page.records, added);
  const puts = putsForPages(slot, page?.lower ?? '', merged);
  if (page === null || greatestOf(page) === merged.at(-1)!.id) return puts;
  return [{ type: 'remove', key: keyOf(slot, greatestOf(page)) }, ...puts];
}

function merge(one: readonly IndexRecord[], other: readonly IndexRecord[]): IndexRecord[] {
  const merged: IndexRecord[] = [];
  let at = 0;
  for (const record of other) {
    while (at < one.length && one[at]!.id < record.id) merged.push(one[at++]!);
    assert(one[at]?.id !== record.id, 'an id is in the index once');
    merged.push(record);
  }
  return merged.concat(one.slice(at));
}

function putsForPages(
  slot: number,
  lower: string,
  records: readonly IndexRecord[],
): DiskOperation[] {
  const total = bytesOf(records);
  const pageBytes = total / Math.ceil(total / PAGE_BYTES_MAX);
  const operations: DiskOperation[] = [];
  let start = 0;
  let bytes = 0;
  let bound = lower;
  for (let at = 0; at < records.length; at += 1) {
    bytes += RECORD_FIXED_BYTES + records[at]!.id.length;
    if (bytes < pageBytes && at + 1 < records.length) continue;
    const page = { lower: bound, records: records.slice(start, at + 1) };
    operations.push(putForPage(slot, page, bytes));
    bound = records[at]!.id;
    start = at + 1;
    bytes = 0;
  }
  return operations;
}

function bytesOf(records: readonly IndexRecord[]): number {
  return records.reduce((sum, { id }) => sum + RECORD_FIXED_BYTES + id.length, 0);
}

/** Key and value of a page share one allocation. */
function putForPage(slot: number, page: IndexPage, recordBytes: number): DiskOperation {
  const { lower, records } = page;
  const greatest = greatestOf(page);
  const keyBytes = KEY_PREFIX_BYTES + greatest.length;
  const size = keyBytes + PAGE_FIXED_BYTES + lower.length + recordBytes;
  const bytes = Buffer.allocUnsafeSlow(size);
  writeKey(bytes, slot, greatest);
  let at = writeText(bytes, keyBytes, lower);
  at = bytes.writeUInt16BE(records.length, at);
  for (const record of records) at = writeRecord(bytes, at, record);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at);
  return { type: 'put', key: bytes.subarray(0, keyBytes), value: bytes.subarray(keyBytes) };
}

function keyOf(slot: number, id: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(KEY_PREFIX_BYTES + id.length);
  writeKey(bytes, slot, id);
  return bytes;
}

function writeKey(bytes: Buffer, slot: number, id: string): void {
  bytes[0] = RECORDS;
  bytes.writeUInt32BE(slot, 1);
  bytes[5] = TABLES.transaction;
  bytes.write(id, KEY_PREFIX_BYTES, 'latin1');
}

function writeText(bytes: Buffer, start: number, text: string): number {
  bytes[start] = text.length;
  return start + 1 + bytes.write(text, start + 1, 'latin1');
}

function writeRecord(bytes: Buffer, start: number, record: IndexRecord): number {
  const { id, block, index, leaf } = record;
  let at = writeText(bytes, start, id);
  at = bytes.writeUInt32BE(Math.floor(block / HIGH), at);
  at = bytes.writeUInt32BE(block % HIGH, at);
  at = bytes.writeUInt32BE(index, at);
  for (let byte = 0; byte < LEAF_BYTES; byte += 1) bytes[at + byte] = leaf[byte]!;
  return at + LEAF_BYTES;
}
