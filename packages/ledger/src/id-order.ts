/**
 * The order of ids that stand in a buffer, found without making a string of any.
 *
 * Ids are printable ASCII, so bytewise order is the order of the strings. Ids that ascend are only looked through. Others
 * are sorted as numbers: the bytes of an id in the first columns in which ids differ, and its position behind them. What
 * those bytes do not tell apart is compared whole. No input costs more than n log n comparisons, whoever chose the ids.
 */

import { compareSlices } from './bytes.ts';
import { ID_BYTES_MAX } from './limits.ts';

/** Ids by place: `idLengths[i]` bytes, none of them 0, of `bytes` from `idStarts[i]` on. */
export interface IdsInPlace {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly idStarts: Uint32Array;
  readonly idLengths: Uint8Array;
}

export interface IdOrder {
  /** Every position once, by ascending id. */
  readonly positions: Uint32Array;
  /** The ids stood in this order already. */
  readonly isAscending: boolean;
  /** No id stands there twice. */
  readonly isDistinct: boolean;
}

/** Bits of a number that hold an integer exactly. */
const NUMBER_BITS = 53;

export function orderIds(ids: IdsInPlace): IdOrder {
  const positions = new Uint32Array(ids.count);
  const isAscending = ascends(ids);
  if (!isAscending) return { positions, isAscending, isDistinct: sortInto(positions, ids) };
  for (let i = 0; i < ids.count; i++) positions[i] = i;
  return { positions, isAscending, isDistinct: true };
}

function ascends(ids: IdsInPlace): boolean {
  for (let i = 1; i < ids.count; i++) if (compareAt(ids, i - 1, i) >= 0) return false;
  return true;
}

/** Whether all ids were distinct. */
function sortInto(positions: Uint32Array, ids: IdsInPlace): boolean {
  const { count } = ids;
  const positionBits = 32 - Math.clz32(count);
  const positionsMax = 2 ** positionBits;
  const keys = keysOf(ids, positionsMax, Math.floor((NUMBER_BITS - positionBits) / 8)).sort();
  let isDistinct = true;
  let group = 0;
  for (let i = 0; i < count; i++) {
    const telling = Math.floor(keys[i]! / positionsMax);
    positions[i] = keys[i]! - telling * positionsMax;
    const isLast = i + 1 === count || keys[i + 1]! >= (telling + 1) * positionsMax;
    if (!isLast) continue;
    if (i > group) isDistinct = sortWhole(positions.subarray(group, i + 1), ids) && isDistinct;
    group = i + 1;
  }
  return isDistinct;
}

/** Neighbours in the result have been compared with each other, so an id that is there twice was noticed. */
function sortWhole(positions: Uint32Array, ids: IdsInPlace): boolean {
  let isDistinct = true;
  positions.sort((one, other) => {
    const order = compareAt(ids, one, other);
    if (order === 0) isDistinct = false;
    return order;
  });
  return isDistinct;
}

function keysOf(ids: IdsInPlace, positionsMax: number, columnsMax: number): Float64Array {
  const columns = tellingColumns(ids, columnsMax);
  const keys = new Float64Array(ids.count);
  for (let i = 0; i < ids.count; i++) {
    let key = 0;
    for (const column of columns) key = key * 256 + byteOf(ids, i, column);
    keys[i] = key * positionsMax + i;
  }
  return keys;
}

/** The first columns in which not all ids have the same byte: the others say nothing about their order. */
function tellingColumns(ids: IdsInPlace, columnsMax: number): number[] {
  const columns: number[] = [];
  for (let column = 0; column < ID_BYTES_MAX && columns.length < columnsMax; column++) {
    if (isTelling(ids, column)) columns.push(column);
  }
  return columns;
}

function isTelling(ids: IdsInPlace, column: number): boolean {
  const first = byteOf(ids, 0, column);
  for (let i = 1; i < ids.count; i++) if (byteOf(ids, i, column) !== first) return true;
  return false;
}

/** 0 behind the end: an id comes before those that begin with it. */
function byteOf({ bytes, idStarts, idLengths }: IdsInPlace, index: number, column: number): number {
  return column < idLengths[index]! ? bytes[idStarts[index]! + column]! : 0;
}

function compareAt({ bytes, idStarts, idLengths }: IdsInPlace, one: number, other: number): number {
  return compareSlices(
    bytes,
    idStarts[one]!,
    idLengths[one]!,
    bytes,
    idStarts[other]!,
    idLengths[other]!,
  );
}
