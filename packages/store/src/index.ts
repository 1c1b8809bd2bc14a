/** Blocks, Raft log and transaction index over one disk, and the disks: LMDB and memory. */
export type { ChannelStore } from './channel-store.ts';
export type { Disk, DiskOperation, DiskRange, DiskRecord } from './disk.ts';
export { StoreError, type StoreErrorCode, type StoreErrorDetails } from './errors.ts';
export { type LmdbDiskOptions, openLmdbDisk } from './lmdb-disk.ts';
export { MemoryDisk, type MemoryDiskOptions } from './memory-disk.ts';
export { type ChannelWrite, FORMAT_VERSION, Store, type StoreOptions } from './store.ts';
export type {
  ChannelPlace,
  ChannelToCreate,
  ChannelUpdate,
  ChannelView,
  ConfigBlockPlace,
  EntryPlace,
  EntryToWrite,
  IndexBatch,
  IndexedTransaction,
  IndexSource,
  MemberIncarnation,
  SnapshotPlace,
  SnapshotToInstall,
  StoredBlock,
  StoredEntry,
} from './types.ts';
export { type StoreFinding, verifyStore } from './verify.ts';
export type { DiskClock } from './watchdog.ts';
