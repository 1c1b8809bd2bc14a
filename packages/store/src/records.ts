/**
 * The bytes of every record but the blocks themselves.
 *
 * A record is `payload | crc32 u32`; the checksum covers the key and then the payload, so a record that stands in the
 * wrong place is as damaged as one with a flipped bit. A block's bytes stand alone, undisturbed; their checksum and
 * length are in the number record beside them. What cannot be verified is never decoded.
 */

import type { EntryKind, HardState, Index, MemberId, Term, TermRun } from '@cairn/raft';
import { ByteReader, ByteWriter } from './bytes.ts';
import { CHECKED, crc32 } from './checksum.ts';
import type { ChannelPlace, ChannelState } from './types.ts';

export const LEAF_BYTES = 16;
export const INCARNATION_BYTES = 8;
export const CHANNEL_ID_BYTES = 32;

/** Only such ids sort as strings the way their bytes do. */
export const isTransactionId = (id: string): boolean => /^[\x21-\x7e]{1,64}$/.test(id);

/** Whether a record's checksum holds. */
export const isSound = (key: Uint8Array, record: Uint8Array): boolean =>
  crc32(record, crc32(key)) === CHECKED;

/** The payload of a record whose checksum holds, else null. */
export const openRecord = (key: Uint8Array, record: Uint8Array): ByteReader | null =>
  isSound(key, record) ? new ByteReader(record) : null;

/** For a payload of so many bytes, and its checksum. */
const recordOf = (payloadBytes: number): ByteWriter => new ByteWriter(payloadBytes + 4);

function seal(key: Uint8Array, record: ByteWriter): Uint8Array {
  return record.checksum(crc32(key)).take();
}

export interface StoreRecord {
  readonly formatVersion: number;
  readonly incarnation: Uint8Array;
  readonly channelCount: number;
}

export const sealStore = (key: Uint8Array, store: StoreRecord): Uint8Array =>
  seal(
    key,
    recordOf(8 + INCARNATION_BYTES)
      .u32(store.formatVersion)
      .bytes(store.incarnation)
      .u32(store.channelCount),
  );

/** The version first and alone: what follows it belongs to that version. */
export const readFormatVersion = (payload: ByteReader): number => payload.u32();

export const readStoreRest = (payload: ByteReader): Omit<StoreRecord, 'formatVersion'> => ({
  incarnation: payload.bytes(INCARNATION_BYTES),
  channelCount: payload.u32(),
});

export const sealChannel = (key: Uint8Array, place: ChannelPlace): Uint8Array =>
  seal(
    key,
    recordOf(CHANNEL_ID_BYTES + 1 + place.name.length)
      .bytes(place.channelId)
      .u8(place.name.length)
      .text(place.name),
  );

export const readChannel = (payload: ByteReader, slot: number): ChannelPlace => ({
  slot,
  channelId: payload.bytes(CHANNEL_ID_BYTES),
  name: payload.text(payload.u8()),
});

/** The part of a channel's state that changes with every write; lists are kept in records of their own. */
export type CoreState = Omit<ChannelState, 'terms' | 'configBlocks'>;

/** Beside the state: how many records the other tables hold, so that a missing one is noticed. */
export interface StateRecord extends CoreState {
  readonly termCount: number;
  readonly configCount: number;
}

/** Ten integers of eight bytes, three of four, and the length of the id. */
const STATE_FIXED_BYTES = 10 * 8 + 3 * 4 + 1;

export function sealState(key: Uint8Array, state: ChannelState): Uint8Array {
  const id = state.greatestId ?? '';
  const record = recordOf(STATE_FIXED_BYTES + id.length + 16 * state.adopted.length);
  record.u64(state.hard.term).u64(state.hard.vote).u64(state.hard.commit);
  record.u64(state.first).u64(state.last).u64(state.snapshot.index).u64(state.snapshot.term);
  record.u64(state.newestNumber).u32(state.terms.length).u32(state.configBlocks.length);
  record
    .u64(state.indexMark + 1)
    .u64(state.indexCount)
    .u8(id.length)
    .text(id);
  record.u32(state.adopted.length);
  for (const { from, to } of state.adopted) record.u64(from).u64(to);
  return seal(key, record);
}

export function readState(payload: ByteReader): StateRecord {
  return {
    hard: readHardState(payload),
    first: payload.u64() as Index,
    last: payload.u64() as Index,
    snapshot: { index: payload.u64() as Index, term: payload.u64() as Term },
    newestNumber: payload.u64(),
    termCount: payload.u32(),
    configCount: payload.u32(),
    indexMark: payload.u64() - 1,
    indexCount: payload.u64(),
    greatestId: payload.text(payload.u8()) || null,
    adopted: readList(payload, () => ({ from: payload.u64(), to: payload.u64() })),
  };
}

function readHardState(payload: ByteReader): HardState {
  return {
    term: payload.u64() as Term,
    vote: payload.u64() as MemberId,
    commit: payload.u64() as Index,
  };
}

export function sealTerms(key: Uint8Array, terms: readonly TermRun[]): Uint8Array {
  const record = recordOf(4 + 16 * terms.length).u32(terms.length);
  for (const { first, term } of terms) record.u64(first).u64(term);
  return seal(key, record);
}

export const readTerms = (payload: ByteReader): TermRun[] =>
  readList(payload, () => ({ first: payload.u64() as Index, term: payload.u64() as Term }));

function readList<Item>(payload: ByteReader, read: () => Item): Item[] {
  return Array.from({ length: payload.u32() }, read);
}

const KINDS: readonly EntryKind[] = ['noop', 'data', 'config'];

export interface LogRecord {
  readonly term: Term;
  readonly kind: EntryKind;
  /** Newest block at or below this entry: its own, or for a no-op the one before. */
  readonly newestNumber: number;
}

export const sealLog = (key: Uint8Array, entry: LogRecord): Uint8Array =>
  seal(key, recordOf(17).u64(entry.term).u8(KINDS.indexOf(entry.kind)).u64(entry.newestNumber));

export const readLog = (payload: ByteReader): LogRecord => ({
  term: payload.u64() as Term,
  kind: KINDS[payload.u8()]!,
  newestNumber: payload.u64(),
});

export interface NumberRecord {
  /** 0: unknown, the block came with a snapshot. */
  readonly index: Index;
  readonly length: number;
  readonly checksum: number;
}

export const sealNumber = (key: Uint8Array, number: NumberRecord): Uint8Array =>
  seal(key, recordOf(16).u64(number.index).u32(number.length).u32(number.checksum));

export const readNumber = (payload: ByteReader): NumberRecord => ({
  index: payload.u64() as Index,
  length: payload.u32(),
  checksum: payload.u32(),
});

/** Covers the block's key too. */
export const blockChecksum = (key: Uint8Array, bytes: Uint8Array): number =>
  crc32(bytes, crc32(key));

export const sealConfigBlock = (key: Uint8Array, index: Index): Uint8Array =>
  seal(key, recordOf(8).u64(index));

export const readConfigBlock = (payload: ByteReader): Index => payload.u64() as Index;

export const sealIncarnation = (key: Uint8Array, incarnation: Uint8Array): Uint8Array =>
  seal(key, recordOf(INCARNATION_BYTES).bytes(incarnation));

export const readIncarnation = (payload: ByteReader): Uint8Array =>
  payload.bytes(INCARNATION_BYTES);
