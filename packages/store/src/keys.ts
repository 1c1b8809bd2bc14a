/**
 * The key of every record. Keys sort bytewise: a channel's records stand together, log and blocks in order.
 *
 *   0x01                              the store itself
 *   0x02 | slot u32                   a channel's name and id
 *   0x10 | slot u32 | table u8 | ...  a channel's records, by table
 */

import { Buffer } from 'node:buffer';
import { writeU32, writeU64 } from '@cairn/ledger';
import { ByteWriter } from './bytes.ts';

const STORE = 0x01;
const CHANNEL = 0x02;
const RECORDS = 0x10;

/** One letter a table; the order is the order on disk. */
export const TABLES = {
  block: 0x42, // B
  configBlock: 0x43, // C
  stagedBlock: 0x44, // D
  memberIncarnation: 0x49, // I
  log: 0x4c, // L
  stagedNumber: 0x4d, // M
  number: 0x4e, // N
  state: 0x53, // S
  terms: 0x54, // T
  transaction: 0x58, // X
} as const;

export type Table = (typeof TABLES)[keyof typeof TABLES];

/** Where blocks and their number records are. */
export interface BlockTables {
  readonly number: (typeof TABLES)['number' | 'stagedNumber'];
  readonly block: (typeof TABLES)['block' | 'stagedBlock'];
}

export const OWN_TABLES: BlockTables = { number: TABLES.number, block: TABLES.block };

/** Blocks that came with a snapshot stay in the tables they were staged in. */
export const ADOPTED_TABLES: BlockTables = {
  number: TABLES.stagedNumber,
  block: TABLES.stagedBlock,
};

export const storeKey = (): Uint8Array => Uint8Array.of(STORE);

export const channelKey = (slot: number): Uint8Array =>
  new ByteWriter(5).u8(CHANNEL).u32(slot).take();

/** A table with one record. */
export const soleKey = (slot: number, table: (typeof TABLES)['state' | 'terms']): Uint8Array =>
  keyIn(slot, table, 6);

/** Log records by index, blocks and numbers by block number, incarnations by member id. */
export function numberedKey(
  slot: number,
  table: Exclude<Table, (typeof TABLES)['state' | 'terms' | 'transaction']>,
  number: number,
): Uint8Array {
  const key = keyIn(slot, table, 14);
  writeU64(key, 6, number);
  return key;
}

export function transactionKey(slot: number, id: string): Uint8Array {
  const key = keyIn(slot, TABLES.transaction, TRANSACTION_KEY_START + id.length);
  key.write(id, TRANSACTION_KEY_START, 'latin1');
  return key;
}

/** Where the id begins in the key of a page of the index. */
export const TRANSACTION_KEY_START = 6;

/** Writes what stands before the id; returns where that ends. */
export function writeTransactionStart(target: Buffer, at: number, slot: number): number {
  target[at] = RECORDS;
  target.writeUInt32BE(slot, at + 1);
  target[at + 5] = TABLES.transaction;
  return at + TRANSACTION_KEY_START;
}

export const transactionIdOf = (key: Uint8Array): string =>
  Buffer.from(key.subarray(TRANSACTION_KEY_START)).toString('latin1');

/** [from, to) around all keys of a table. */
export function tableRange(slot: number, table: Table): { from: Uint8Array; to: Uint8Array } {
  const from = keyIn(slot, table, 6);
  const to = new Uint8Array(from);
  to[5] = table + 1;
  return { from, to };
}

/** A key of a channel's records, up to and with its table. */
function keyIn(slot: number, table: Table, length: number): Buffer {
  const key = Buffer.allocUnsafe(length);
  key[0] = RECORDS;
  writeU32(key, 1, slot);
  key[5] = table;
  return key;
}
