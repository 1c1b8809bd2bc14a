/**
 * Reading records: verified, or an error that names what is damaged.
 *
 * Whoever asks with `needed` knows from another record that this one exists: there, missing is damaged, never "the end".
 */

import type { Index } from '@cairn/raft';
import type { ByteReader } from './bytes.ts';
import type { Disk } from './disk.ts';
import { StoreError } from './errors.ts';
import {
  ADOPTED_TABLES,
  type BlockTables,
  numberedKey,
  OWN_TABLES,
  soleKey,
  TABLES,
  tableRange,
} from './keys.ts';
import {
  blockChecksum,
  type LogRecord,
  type NumberRecord,
  openRecord,
  readConfigBlock,
  readLog,
  readNumber,
  readState,
  readTerms,
} from './records.ts';
import type { ChannelPlace, ChannelState, ConfigBlockPlace, NumberRange } from './types.ts';

export function damaged(
  place: ChannelPlace,
  record: string,
  number: number | null,
  why: 'missing' | 'checksum' | 'contradiction',
): StoreError {
  const reasons = {
    missing: 'is missing',
    checksum: 'does not match its checksum',
    contradiction: 'contradicts another record',
  };
  const which = number === null ? record : `${record} ${number}`;
  return new StoreError(
    'RECORD_DAMAGED',
    `Stored data of channel ${place.name} is damaged: ${which} ${reasons[why]}. ` +
      'It was not used; restore this orderer from its peers.',
    { channel: place.name, record, ...(number === null ? {} : { number }) },
  );
}

/** The verified payload, or null if there is no such record. */
export function readRecord(
  disk: Disk,
  place: ChannelPlace,
  key: Uint8Array,
  record: string,
  number: number | null,
): ByteReader | null {
  const bytes = disk.get(key);
  if (bytes === undefined) return null;
  const payload = openRecord(key, bytes);
  if (payload === null) throw damaged(place, record, number, 'checksum');
  return payload;
}

export function readNeeded(
  disk: Disk,
  place: ChannelPlace,
  key: Uint8Array,
  record: string,
  number: number | null,
): ByteReader {
  const payload = readRecord(disk, place, key, record, number);
  if (payload === null) throw damaged(place, record, number, 'missing');
  return payload;
}

export function readLogRecord(disk: Disk, place: ChannelPlace, index: Index): LogRecord | null {
  const payload = readRecord(
    disk,
    place,
    numberedKey(place.slot, TABLES.log, index),
    'entry',
    index,
  );
  return payload && readLog(payload);
}

export function neededLogRecord(disk: Disk, place: ChannelPlace, index: Index): LogRecord {
  return readLog(
    readNeeded(disk, place, numberedKey(place.slot, TABLES.log, index), 'entry', index),
  );
}

function tablesOf(adopted: readonly NumberRange[], number: number): BlockTables {
  const isAdopted = adopted.some(({ from, to }) => number >= from && number <= to);
  return isAdopted ? ADOPTED_TABLES : OWN_TABLES;
}

function numberIn(
  disk: Disk,
  place: ChannelPlace,
  tables: BlockTables,
  number: number,
): NumberRecord {
  const key = numberedKey(place.slot, tables.number, number);
  return readNumber(readNeeded(disk, place, key, 'block', number));
}

export function neededNumber(
  disk: Disk,
  place: ChannelPlace,
  adopted: readonly NumberRange[],
  number: number,
): NumberRecord {
  return numberIn(disk, place, tablesOf(adopted, number), number);
}

export function neededBlock(
  disk: Disk,
  place: ChannelPlace,
  adopted: readonly NumberRange[],
  number: number,
): Uint8Array {
  const tables = tablesOf(adopted, number);
  const record = numberIn(disk, place, tables, number);
  const key = numberedKey(place.slot, tables.block, number);
  const bytes = disk.get(key);
  if (bytes === undefined) throw damaged(place, 'block', number, 'missing');
  if (bytes.length !== record.length || blockChecksum(key, bytes) !== record.checksum) {
    throw damaged(place, 'block', number, 'checksum');
  }
  return bytes;
}

/** Reads what a start needs: a handful of records, however long the log. */
export function readChannelState(disk: Disk, place: ChannelPlace): ChannelState {
  const { slot } = place;
  const { termCount, configCount, ...core } = readState(
    readNeeded(disk, place, soleKey(slot, TABLES.state), 'state', null),
  );
  const terms = readTerms(readNeeded(disk, place, soleKey(slot, TABLES.terms), 'terms', null));
  const configBlocks = readConfigBlocks(disk, place);
  if (terms.length !== termCount) throw damaged(place, 'terms', null, 'contradiction');
  if (configBlocks.length !== configCount) {
    throw damaged(place, 'list of config blocks', null, 'missing');
  }
  const newest = neededLogRecord(disk, place, core.last);
  if (newest.term !== terms.at(-1)?.term || newest.newestNumber !== core.newestNumber) {
    throw damaged(place, 'entry', core.last, 'contradiction');
  }
  return { ...core, terms, configBlocks };
}

function readConfigBlocks(disk: Disk, place: ChannelPlace): ConfigBlockPlace[] {
  const records = disk.range({
    ...tableRange(place.slot, TABLES.configBlock),
    limit: Number.MAX_SAFE_INTEGER,
  });
  return records.map(({ key, value }) => {
    const payload = openRecord(key, value);
    if (payload === null) throw damaged(place, 'list of config blocks', null, 'checksum');
    return { number: Number(Buffer.from(key).readBigUInt64BE(6)), index: readConfigBlock(payload) };
  });
}
