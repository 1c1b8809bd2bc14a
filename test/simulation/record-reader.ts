/**
 * Disk transactions read the way an auditor reads them: from the bytes of the records, without the code that wrote them.
 *
 *   0x02 | slot u32                    name and id of a channel
 *   0x10 | slot u32 | table u8 | ...   S its state, L a log entry, N a block's number record, B a block
 *
 * Only what the oracle needs is read: hard state, extent of the log, entries with their blocks.
 */
import type { EntryKind, Index, MemberId, Term } from '@cairn/raft';
import type { DiskOperation } from '@cairn/store';
import type { ChannelRecordWrite, DiskTransaction, WrittenEntry } from './oracle/observer.ts';

const CHANNEL = 0x02;
const RECORDS = 0x10;
const LOG = 0x4c;
const STATE = 0x53;
const BLOCK = 0x42;
const KINDS: readonly EntryKind[] = ['noop', 'data', 'config'];

function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 4);
}

/** One channel's records of one transaction. */
class SlotRecords {
  readonly slot: number;
  state: Uint8Array | null = null;
  readonly log: { readonly index: number; readonly record: Uint8Array }[] = [];
  readonly blocks: { readonly number: number; readonly bytes: Uint8Array }[] = [];

  constructor(slot: number) {
    this.slot = slot;
  }

  block(number: number): Uint8Array | null {
    // A transaction has a handful of blocks, mostly one.
    for (const each of this.blocks) if (each.number === number) return each.bytes;
    return null;
  }
}

/** Reads one node's transactions; remembers the names of its channels. */
export class RecordReader {
  readonly #names = new Map<number, string>();

  /** The names alone: of a disk whose records may be damaged. */
  learn(operations: readonly DiskOperation[]): void {
    for (const operation of operations) if (operation.type === 'put') this.#learnName(operation);
  }

  #learnName({ key, value }: { readonly key: Uint8Array; readonly value: Uint8Array }): void {
    if (key[0] === CHANNEL && key.length === 5) this.#names.set(u32(key, 1), nameIn(value));
  }

  read(seq: number, operations: readonly DiskOperation[]): DiskTransaction {
    const slots: SlotRecords[] = [];
    for (const operation of operations) {
      if (operation.type !== 'put') continue;
      this.#learnName(operation);
      this.#sort(operation.key, operation.value, slots);
    }
    const channels: ChannelRecordWrite[] = [];
    for (const records of slots) {
      const channel = this.#names.get(records.slot);
      if (records.state === null || channel === undefined) continue;
      channels.push(writeOf(channel, records.state, records));
    }
    return { seq, channels, operations: operations.length };
  }

  #sort(key: Uint8Array, value: Uint8Array, slots: SlotRecords[]): void {
    if (key[0] !== RECORDS) return;
    const records = recordsOf(u32(key, 1), slots);
    if (key[5] === STATE) records.state = value;
    else if (key[5] === LOG) records.log.push({ index: u64(key, 6), record: value });
    else if (key[5] === BLOCK) records.blocks.push({ number: u64(key, 6), bytes: value });
  }
}

/** A channel's records come together, and mostly there is one channel. */
function recordsOf(slot: number, slots: SlotRecords[]): SlotRecords {
  const last = slots.at(-1);
  const found = last?.slot === slot ? last : slots.find((each) => each.slot === slot);
  if (found !== undefined) return found;
  const records = new SlotRecords(slot);
  slots.push(records);
  return records;
}

function nameIn(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset + 33, value[32]).toString('latin1');
}

function writeOf(channel: string, state: Uint8Array, records: SlotRecords): ChannelRecordWrite {
  const { log } = records;
  if (log.length > 1) log.sort((one, other) => one.index - other.index);
  return {
    channel,
    hard: {
      term: u64(state, 0) as Term,
      vote: u64(state, 8) as MemberId,
      commit: u64(state, 16) as Index,
    },
    first: u64(state, 24) as Index,
    last: u64(state, 32) as Index,
    snapshot: { index: u64(state, 40) as Index, term: u64(state, 48) as Term },
    newestNumber: u64(state, 56),
    indexMark: u64(state, 72) - 1,
    entries: log.map(({ index, record }) => entryOf(index, record, records)),
  };
}

function entryOf(index: number, record: Uint8Array, records: SlotRecords): WrittenEntry {
  const kind = KINDS[record[8]!]!;
  const block = kind === 'noop' ? null : records.block(u64(record, 9));
  return { index: index as Index, term: u64(record, 0) as Term, kind, block };
}
