/**
 * What an update does to the disk: pure, from the states before and after it.
 *
 * First everything that the update takes away and does not replace, then what it puts: a block's bytes once, its number
 * and log records beside it, and one state record that makes all of it true.
 */

import type { Index } from '@cairn/raft';
import type { DiskOperation } from './disk.ts';
import { type BlockTables, numberedKey, OWN_TABLES, soleKey, TABLES } from './keys.ts';
import {
  blockChecksum,
  sealConfigBlock,
  sealIncarnation,
  sealLog,
  sealNumber,
  sealState,
  sealTerms,
} from './records.ts';
import type { ChannelState, ChannelUpdate, EntryToWrite, StoredBlock } from './types.ts';

const put = (key: Uint8Array, value: Uint8Array): DiskOperation => ({ type: 'put', key, value });
const remove = (key: Uint8Array): DiskOperation => ({ type: 'remove', key });

/** `keptNumber`: newest block number that the update leaves in place, before it appends. */
export function operationsFor(
  slot: number,
  before: ChannelState | null,
  after: ChannelState,
  update: ChannelUpdate,
  keptNumber: number,
): DiskOperation[] {
  const operations =
    before === null
      ? []
      : removalsFor(slot, before, after, update, removedFrom(before, update), keptNumber);
  let newestNumber = keptNumber;
  for (const entry of update.entries) {
    newestNumber = entry.block?.number ?? newestNumber;
    putEntry(operations, slot, entry, newestNumber);
  }
  if (update.snapshot !== null) operations.push(...putsForSnapshot(slot, update.snapshot));
  if (after.terms !== before?.terms) {
    const key = soleKey(slot, TABLES.terms);
    operations.push(put(key, sealTerms(key, after.terms)));
  }
  for (const { member, incarnation } of update.memberIncarnations ?? []) {
    const key = numberedKey(slot, TABLES.memberIncarnation, member);
    operations.push(put(key, sealIncarnation(key, incarnation)));
  }
  const key = soleKey(slot, TABLES.state);
  operations.push(put(key, sealState(key, after)));
  return operations;
}

/** First log index that the update takes away; beyond the log: none. */
export function removedFrom(before: ChannelState, update: ChannelUpdate): Index {
  if (update.snapshot !== null) return (before.hard.commit + 1) as Index;
  return update.truncateFrom === 0 ? ((before.last + 1) as Index) : update.truncateFrom;
}

function removalsFor(
  slot: number,
  before: ChannelState,
  after: ChannelState,
  { entries }: ChannelUpdate,
  from: Index,
  keptNumber: number,
): DiskOperation[] {
  if (from > before.last) return [];
  const operations: DiskOperation[] = [];
  for (let index = from + entries.length; index <= before.last; index += 1) {
    operations.push(remove(numberedKey(slot, TABLES.log, index)));
  }
  for (let number = keptNumber + 1; number <= before.newestNumber; number += 1) {
    operations.push(remove(numberedKey(slot, TABLES.number, number)));
    operations.push(remove(numberedKey(slot, TABLES.block, number)));
  }
  const kept = new Set(after.configBlocks.map(({ number }) => number));
  for (const { number } of before.configBlocks) {
    if (!kept.has(number)) operations.push(remove(numberedKey(slot, TABLES.configBlock, number)));
  }
  return operations;
}

function putEntry(
  operations: DiskOperation[],
  slot: number,
  { index, term, kind, block }: EntryToWrite,
  newestNumber: number,
): void {
  const key = numberedKey(slot, TABLES.log, index);
  operations.push(put(key, sealLog(key, { term, kind, newestNumber })));
  if (block === null) return;
  putBlock(operations, slot, block, index, OWN_TABLES);
  if (kind === 'config') operations.push(putForConfigBlock(slot, block.number, index));
}

export function putBlock(
  operations: DiskOperation[],
  slot: number,
  { number, bytes }: StoredBlock,
  index: Index,
  tables: BlockTables,
): void {
  const blockKey = numberedKey(slot, tables.block, number);
  const key = numberedKey(slot, tables.number, number);
  const checksum = blockChecksum(blockKey, bytes);
  operations.push(
    put(key, sealNumber(key, { index, length: bytes.length, checksum })),
    put(blockKey, bytes),
  );
}

function putForConfigBlock(slot: number, number: number, index: Index): DiskOperation {
  const key = numberedKey(slot, TABLES.configBlock, number);
  return put(key, sealConfigBlock(key, index));
}

/** The log record at the snapshot's index stands in for the entry that is not here: term and number are true of it. */
function putsForSnapshot(
  slot: number,
  { index, term, number, configNumbers }: NonNullable<ChannelUpdate['snapshot']>,
): DiskOperation[] {
  const key = numberedKey(slot, TABLES.log, index);
  return [
    put(key, sealLog(key, { term, kind: 'noop', newestNumber: number })),
    ...configNumbers.map((config) => putForConfigBlock(slot, config, 0 as Index)),
  ];
}
