/**
 * The disk port over LMDB: what `done` reports is on disk.
 *
 * I1  One LMDB transaction runs at a time. Commits that arrive meanwhile share the next one, in order; a commit is never
 *     split. So one flush covers all that has arrived, without a timer.
 * I2  `done` is called after the transaction is synced (pages, then header), in the order of the calls.
 * I3  The first rejected or stalled transaction ends it: `fatal` is called once, no `done` ever again. LMDB is not asked
 *     anything after a failure: what a failed sync has really written nobody knows.
 * I4  The file is extended ahead of every transaction, so that it always reaches to the last page (see data-file.ts).
 *
 * Puts go to LMDB's writing thread as pointers to the caller's bytes: nothing is copied here, the event loop never waits
 * for the disk.
 */

import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDirectory, syncDirectories } from './data-directory.ts';
import { checkDataFile } from './data-file.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import type { Disk, DiskOperation, DiskRange, DiskRecord } from './disk.ts';
import { checkedBytes } from './disk-check.ts';
import { assert, StoreError } from './errors.ts';
import {
  DATA_FILE,
  type LmdbDatabase,
  lastPageOf,
  openLmdbFile,
  pageBytesOf,
} from './lmdb-file.ts';
import { type DiskClock, systemClock, watch } from './watchdog.ts';
import { causeOf, rejected, stalled } from './write-errors.ts';

const TRANSACTION_BYTES_MAX = 16 * 1024 * 1024;
const EXTENSION_BYTES = 16 * 1024 * 1024;
const PAGES_PER_OPERATION = 4;
const PAGES_PER_TRANSACTION = 1024;
/** V8 keeps typed arrays up to this size in its own heap. */
const HEAP_BYTES_MAX = 64;

export interface LmdbDiskOptions {
  /** Created if missing, unless `readOnly`. */
  readonly directory: string;
  /** Virtual address space to reserve: the store can never become larger. */
  readonly mapBytes: number;
  /** Called once, when a commit failed or stalled; the process has to end then. */
  readonly fatal: (error: StoreError) => void;
  readonly stallMs?: number;
  readonly clock?: DiskClock;
  /** For inspection of a stopped orderer's directory: takes the lock, changes nothing, refuses commits. */
  readonly readOnly?: boolean;
}

interface Outstanding {
  readonly operations: readonly DiskOperation[];
  readonly bytes: number;
  readonly done: () => void;
}

/**
 * Rejects with a `StoreError`: `DATA_DIRECTORY_IN_USE`, `DATA_FILE_UNUSABLE` or `DATA_FILE_DAMAGED`.
 */
export async function openLmdbDisk(options: LmdbDiskOptions): Promise<Disk> {
  const { directory, readOnly = false } = options;
  const created = prepareDirectory(directory, readOnly);
  const lock = await lockDirectory(directory);
  try {
    checkDataFile(join(directory, DATA_FILE));
    const database = openLmdbFile(directory, options.mapBytes, readOnly);
    if (!readOnly) syncDirectories(directory, created);
    return new LmdbDisk(options, database, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class LmdbDisk implements Disk {
  readonly #fatal: LmdbDiskOptions['fatal'];
  readonly #stallMs: number;
  readonly #clock: DiskClock;
  readonly #readOnly: boolean;
  readonly #database: LmdbDatabase;
  readonly #lock: DirectoryLock;
  readonly #file: number;
  readonly #pageBytes: number;
  #fileBytes: number;
  #waiting: Outstanding[] = [];
  #running = false;
  #state: 'open' | 'closing' | 'closed' | 'failed' = 'open';
  #idle: (() => void) | null = null;

  constructor(options: LmdbDiskOptions, database: LmdbDatabase, lock: DirectoryLock) {
    this.#fatal = options.fatal;
    this.#stallMs = options.stallMs ?? 30_000;
    this.#clock = options.clock ?? systemClock;
    this.#readOnly = options.readOnly ?? false;
    this.#database = database;
    this.#lock = lock;
    this.#file = openSync(join(options.directory, DATA_FILE), this.#readOnly ? 'r' : 'r+');
    this.#fileBytes = fstatSync(this.#file).size;
    this.#pageBytes = pageBytesOf(database);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#checkOpen();
    const value = readable(() => this.#database.getBinary(key));
    return value && plainBytes(value);
  }

  range({ from, to, reverse = false, limit }: DiskRange): DiskRecord[] {
    this.#checkOpen();
    const bounds = reverse
      ? { start: to, end: from, exclusiveStart: true, inclusiveEnd: true, reverse }
      : { start: from, end: to };
    return readable(() => {
      const records: DiskRecord[] = [];
      for (const { key, value } of this.#database.getRange({ ...bounds, limit })) {
        records.push({ key: plainBytes(key), value: plainBytes(value) });
      }
      return records;
    });
  }

  commit(operations: readonly DiskOperation[], done: () => void): void {
    assert(!this.#readOnly, 'nothing is committed to a disk opened read-only');
    assert(this.#state === 'open' || this.#hasFailed(), 'nothing is committed after close');
    const bytes = checkedBytes(operations);
    if (this.#hasFailed()) return;
    this.#waiting.push({ operations, bytes, done });
    this.#start();
  }

  diskBytes(): number {
    return fstatSync(this.#file).blocks * 512;
  }

  /** Waits for what was committed. After a failure the directory stays locked until the process ends. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    if (this.#running) await new Promise<void>((idle) => (this.#idle = idle));
    if (this.#hasFailed()) return;
    this.#state = 'closed';
    await this.#database.close();
    closeSync(this.#file);
    await this.#lock.release();
  }

  #checkOpen(): void {
    assert(this.#state !== 'closed', 'nothing is read after close');
  }

  #hasFailed(): boolean {
    return this.#state === 'failed';
  }

  #start(): void {
    if (this.#running || this.#hasFailed() || this.#waiting.length === 0) return;
    this.#running = true;
    const group = this.#takeGroup();
    const operations = group.flatMap(({ operations }) => operations);
    const callOff = watch(this.#clock, this.#stallMs, () => this.#fail(stalled(this.#stallMs)));
    this.#write(operations).then(
      () => {
        callOff();
        this.#settle(group);
      },
      (error: unknown) => {
        callOff();
        void causeOf(error).then((cause) => this.#fail(rejected(cause)));
      },
    );
  }

  #takeGroup(): Outstanding[] {
    let count = 0;
    let bytes = 0;
    do {
      bytes += this.#waiting[count]!.bytes;
      count += 1;
    } while (
      count < this.#waiting.length &&
      bytes + this.#waiting[count]!.bytes <= TRANSACTION_BYTES_MAX
    );
    return this.#waiting.splice(0, count);
  }

  async #write(operations: readonly DiskOperation[]): Promise<void> {
    const steps = this.#expandRanges(operations);
    this.#extendFile(steps);
    await this.#database.batch(() => {
      for (const step of steps) {
        if (step.type === 'put') this.#database.put(step.key, step.value);
        else this.#database.remove(step.key);
      }
    });
  }

  #settle(group: readonly Outstanding[]): void {
    if (this.#hasFailed()) return;
    this.#running = false;
    this.#start();
    for (const { done } of group) done();
    if (!this.#running) this.#idle?.();
  }

  #fail(error: StoreError): void {
    if (this.#hasFailed()) return;
    this.#state = 'failed';
    this.#waiting = [];
    this.#idle?.();
    this.#fatal(error);
  }

  /** Keys of a removed range: those on disk (nothing else is running) and those put before in this transaction. */
  #expandRanges(operations: readonly DiskOperation[]): Step[] {
    if (!operations.some(({ type }) => type === 'removeRange')) return operations as Step[];
    const steps: Step[] = [];
    for (const operation of operations) {
      if (operation.type !== 'removeRange') {
        steps.push(operation);
        continue;
      }
      const { from, to } = operation;
      const stored = [...this.#database.getKeys({ start: from, end: to })].map(plainBytes);
      const added = steps.map(({ key }) => key).filter((key) => isWithin(key, from, to));
      for (const key of [...stored, ...added]) steps.push({ type: 'remove', key });
    }
    return steps;
  }

  /** Sparse: takes no space until it is written. */
  #extendFile(steps: readonly Step[]): void {
    const pageBytes = this.#pageBytes;
    let pages = lastPageOf(this.#database) + 1 + PAGES_PER_TRANSACTION;
    for (const step of steps) {
      pages += PAGES_PER_OPERATION;
      if (step.type === 'put') pages += Math.ceil(step.value.length / pageBytes);
    }
    if (pages * pageBytes <= this.#fileBytes) return;
    const bytes = Math.ceil((pages * pageBytes) / EXTENSION_BYTES) * EXTENSION_BYTES;
    ftruncateSync(this.#file, bytes);
    this.#fileBytes = bytes;
  }
}

type Step = Exclude<DiskOperation, { readonly type: 'removeRange' }>;

function isWithin(key: Uint8Array, from: Uint8Array, to: Uint8Array): boolean {
  return Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0;
}

/**
 * Bytes without the library's own properties on them. Small arrays are copied: they live in the engine's heap, and asking
 * one for its buffer would move it out.
 */
function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= HEAP_BYTES_MAX) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What LMDB cannot read, it says in its own words: a page that is not there, or is not what it should be. */
function readable<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const message = `The data file cannot be read: ${(error as Error).message}.`;
    throw new StoreError('DATA_FILE_DAMAGED', message, {}, error);
  }
}
