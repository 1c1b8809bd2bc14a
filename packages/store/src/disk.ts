/**
 * The disk port: an ordered map of bytes with atomic, durable, ordered transactions.
 *
 * LMDB implements it in production, the simulator with a seeded model of LMDB's contract. All of the store's logic
 * stands above it. Reads are synchronous and see every transaction that was committed, whether or not it has been
 * reported durable yet is up to the implementation: callers that must not see undurable data track `done`.
 */

export type DiskOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'remove'; readonly key: Uint8Array }
  /** Removes every key in [from, to). */
  | { readonly type: 'removeRange'; readonly from: Uint8Array; readonly to: Uint8Array };

export interface DiskRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface DiskRange {
  /** Keys in [from, to), bytewise order. */
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly reverse?: boolean;
  readonly limit: number;
}

export interface Disk {
  /** A copy of the value: stays valid, may be kept. */
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: DiskRange): DiskRecord[];
  /**
   * One atomic transaction. `done` is called when it and every earlier one is on disk, in order of the calls.
   * A failed or stalled commit never calls `done`: it is reported to the `fatal` handler given at opening, and the
   * process ends. Values are not to be changed until `done`.
   */
  commit(operations: readonly DiskOperation[], done: () => void): void;
  /** Bytes the files take. */
  diskBytes(): number;
  close(): Promise<void>;
}
