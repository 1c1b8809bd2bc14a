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

interface SlotRecords {
  state: Uint8Array | null;
  readonly log: Map<number, Uint8Array>;
  readonly blocks: Map<number, Uint8Array>;
}

/** Reads one node's transactions; remembers the names of its channels. */
export class RecordReader {
  readonly #names = new Map<number, string>();

  /** Null for what writes no channel's state. */
  read(seq: number, operations: readonly DiskOperation[]): DiskTransaction {
    const slots = new Map<number, SlotRecords>();
    for (const operation of operations) {
      if (operation.type === 'put') this.#sort(operation.key, operation.value, slots);
    }
    const channels = [...slots].flatMap(([slot, records]) => this.#channelOf(slot, records) ?? []);
    return { seq, channels, operations: operations.length };
  }

  #sort(key: Uint8Array, value: Uint8Array, slots: Map<number, SlotRecords>): void {
    if (key[0] === CHANNEL && key.length === 5) this.#names.set(u32(key, 1), nameIn(value));
    if (key[0] !== RECORDS) return;
    const slot = u32(key, 1);
    let records = slots.get(slot);
    if (records === undefined) {
      records = { state: null, log: new Map(), blocks: new Map() };
      slots.set(slot, records);
    }
    if (key[5] === STATE) records.state = value;
    else if (key[5] === LOG) records.log.set(u64(key, 6), value);
    else if (key[5] === BLOCK) records.blocks.set(u64(key, 6), value);
  }

  #channelOf(slot: number, { state, log, blocks }: SlotRecords): ChannelRecordWrite | null {
    const channel = this.#names.get(slot);
    if (state === null || channel === undefined) return null;
    const entries = [...log]
      .sort(([one], [other]) => one - other)
      .map(([index, record]) => entryOf(index, record, blocks));
    return { channel, ...stateIn(state), entries };
  }
}

function nameIn(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset + 33, value[32]).toString('latin1');
}

function stateIn(state: Uint8Array): Omit<ChannelRecordWrite, 'channel' | 'entries'> {
  return {
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
  };
}

function entryOf(
  index: number,
  record: Uint8Array,
  blocks: ReadonlyMap<number, Uint8Array>,
): WrittenEntry {
  const kind = KINDS[record[8]!]!;
  const block = kind === 'noop' ? null : (blocks.get(u64(record, 9)) ?? null);
  return { index: index as Index, term: u64(record, 0) as Term, kind, block };
}
