/**
 * A batch of the index as one ascending run of records: what pages are made of and merged with.
 *
 * Invariant: every id of the batch stands in it once. A source that named a position twice and so left out another would
 * be refused for the id that is there twice.
 */

import { type IdOrder, type IdsInPlace, orderIds } from '@cairn/ledger';
import { assert } from './errors.ts';
import {
  idOfRecord,
  LEAF_HASH_BYTES,
  type RecordRun,
  RecordWriter,
  recordBytesOf,
  recordEnd,
} from './index-records.ts';
import type { IndexBatch, IndexSource } from './types.ts';

export interface IndexRun extends RecordRun {
  readonly mark: number;
  readonly count: number;
  /** The blocks that the records belong to. */
  readonly blocks: readonly number[];
  /** Null for a batch without records. */
  readonly greatestId: string | null;
}

/** Copies what it needs: nothing of the batch is kept. */
export function runOf({ mark, sources }: IndexBatch): IndexRun {
  const records = recordsOf(sources);
  const order = orderIds(records);
  assert(order.isDistinct, 'an id is in the index once');
  // Written out: a spread in front of other fields makes the engine add each of them one by one.
  const { bytes, start, end } = ascendingRun(records, order);
  return {
    bytes,
    start,
    end,
    mark,
    count: records.count,
    blocks: sources.map(({ block }) => block),
    greatestId: greatestOf(records, order),
  };
}

function greatestOf({ bytes, idStarts }: IdsInPlace, { positions }: IdOrder): string | null {
  const greatest = positions.at(-1);
  return greatest === undefined ? null : idOfRecord(bytes, idStarts[greatest]! - 1);
}

/** The records in the order of the sources, and where their ids are. As much room follows, to put them in order. */
function recordsOf(sources: readonly IndexSource[]): IdsInPlace {
  const total = sumOf(sources, recordBytesOf);
  const bytes = new Uint8Array(2 * total);
  const writer = new RecordWriter(bytes);
  for (const source of sources) {
    checkSource(source);
    writer.write(source);
  }
  assert(writer.end === total, 'the records of an index batch fill their bytes');
  return idsOfRecords(
    bytes,
    sumOf(sources, ({ ids }) => ids.count),
  );
}

function idsOfRecords(bytes: Uint8Array, count: number): IdsInPlace {
  const idStarts = new Uint32Array(count);
  const idLengths = new Uint8Array(count);
  let at = 0;
  for (let record = 0; record < count; record += 1) {
    idStarts[record] = at + 1;
    idLengths[record] = bytes[at]!;
    at = recordEnd(bytes, at);
  }
  return { bytes, count, idStarts, idLengths };
}

function checkSource({ block, ids, order, leaves }: IndexSource): void {
  assert(Number.isSafeInteger(block) && block >= 0, 'a block number is an unsigned safe integer');
  assert(order.length === ids.count, 'an index batch has every transaction of its blocks');
  assert(leaves.length === ids.count * LEAF_HASH_BYTES, 'an index record has 16 bytes of the leaf');
}

function sumOf(sources: readonly IndexSource[], partOf: (source: IndexSource) => number): number {
  return sources.reduce((sum, source) => sum + partOf(source), 0);
}

/** Where the records stand if they ascend, else behind: within one buffer, a copy is cheap. */
function ascendingRun({ bytes, idStarts }: IdsInPlace, order: IdOrder): RecordRun {
  const half = bytes.length / 2;
  if (order.isAscending) return { bytes, start: 0, end: half };
  let at = half;
  for (const position of order.positions) {
    const start = idStarts[position]! - 1;
    const end = recordEnd(bytes, start);
    bytes.copyWithin(at, start, end);
    at += end - start;
  }
  return { bytes, start: half, end: at };
}
