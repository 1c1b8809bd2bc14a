/**
 * What is written to and read from the store, in the words of Raft and of the ledger.
 *
 * Block numbers are plain numbers here, -1 where there may be none; they are never mixed with log indexes, which carry
 * Raft's brand.
 */

import type { IdsInPlace } from '@cairn/ledger';
import type { EntryKind, HardState, Index, MemberId, Term, TermRun } from '@cairn/raft';

export interface StoredBlock {
  readonly number: number;
  /** Canonical bytes. Kept as given, not copied: not to be changed until `done`. */
  readonly bytes: Uint8Array;
}

export interface EntryToWrite {
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  /** Null exactly for `noop`. Numbers follow one another in the log without gaps. */
  readonly block: StoredBlock | null;
}

export interface EntryPlace {
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  /** Null for `noop`. */
  readonly number: number | null;
}

export interface StoredEntry extends EntryPlace {
  readonly block: Uint8Array | null;
}

/** Where a config block stands. `index` is 0 for one that came with a snapshot: at or below the snapshot's index. */
export interface ConfigBlockPlace {
  readonly number: number;
  readonly index: Index;
}

/** The transactions of one block, for the index: read in place, not to be changed until they are written. */
export interface IndexSource {
  readonly block: number;
  /** 1 to 64 bytes of printable ASCII each; the position in the block is the position here. The body of a block will do. */
  readonly ids: IdsInPlace;
  /** Every position once. By ascending id it costs least. */
  readonly order: Uint32Array;
  /** 32 bytes a transaction, by position; the first 16 are kept. */
  readonly leaves: Uint8Array;
}

export interface IndexBatch {
  /** After this batch the ids of all blocks up to this number are in the index. */
  readonly mark: number;
  readonly sources: readonly IndexSource[];
}

export interface IndexedTransaction {
  readonly block: number;
  readonly index: number;
  /** The first 16 bytes of the leaf. */
  readonly leaf16: Uint8Array;
}

export interface SnapshotPlace {
  readonly index: Index;
  readonly term: Term;
}

/**
 * Adopts staged blocks in place of everything beyond the commit index: afterwards the log is empty behind the
 * snapshot. The blocks from the first after the commit index up to `number` must have been staged before.
 */
export interface SnapshotToInstall extends SnapshotPlace {
  /** The newest block at or below `index`. */
  readonly number: number;
  /** Ascending numbers of the config blocks among the adopted ones. */
  readonly configNumbers: readonly number[];
}

export interface MemberIncarnation {
  readonly member: MemberId;
  /** 8 bytes. */
  readonly incarnation: Uint8Array;
}

/** What one channel adds to a turn. All of it becomes durable together, or nothing. */
export interface ChannelUpdate {
  /** Null: unchanged. */
  readonly hard: HardState | null;
  /** Entries and their blocks at and above this index are removed first; 0: none. */
  readonly truncateFrom: Index;
  /** Contiguous; begins at `truncateFrom`, or behind the last entry when that is 0. */
  readonly entries: readonly EntryToWrite[];
  /** Not together with entries or a truncation. */
  readonly snapshot: SnapshotToInstall | null;
  readonly index: IndexBatch | null;
  readonly memberIncarnations?: readonly MemberIncarnation[];
}

/** What a start finds, and what is durable at any later moment. */
export interface ChannelView {
  readonly hard: HardState;
  /** Begins with the snapshot's run. */
  readonly terms: readonly TermRun[];
  /** First and last log index; `last` is `first - 1` when the log is empty. Block 0 is index 1, below `first`. */
  readonly first: Index;
  readonly last: Index;
  readonly snapshot: SnapshotPlace;
  /** Newest block in the log, committed or not. */
  readonly newestNumber: number;
  /** All config blocks in the log, ascending. */
  readonly configBlocks: readonly ConfigBlockPlace[];
  /** The ids of all blocks up to this number are in the index; -1: of none. */
  readonly indexMark: number;
}

/** Everything the store keeps in memory of a channel. */
export interface ChannelState extends ChannelView {
  readonly indexCount: number;
  /** Greatest id in the index, null while it is empty. */
  readonly greatestId: string | null;
  /** Ranges of block numbers that came with snapshots: their bytes live in the staging tables. */
  readonly adopted: readonly NumberRange[];
}

/** Block numbers `from` to `to`, both included. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

export interface ChannelPlace {
  readonly name: string;
  /** 32 bytes: hash of block 0. */
  readonly channelId: Uint8Array;
  /** Prefixes the channel's keys. */
  readonly slot: number;
}

export interface ChannelToCreate {
  readonly name: string;
  readonly channelId: Uint8Array;
  /** Canonical bytes of block 0. */
  readonly genesis: Uint8Array;
}
