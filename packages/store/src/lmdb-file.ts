/**
 * Opens the LMDB environment with the only options under which a commit means "on disk", and proves it got them.
 *
 * `overlappingSync: false`: a commit resolves after its pages and then its header were synced, never before.
 * `safeRestore: true`: after any restart only synced headers are trusted. `noMemInit: false`: no heap bytes (keys!) end
 * up in the file. No write map, no unsynced modes. The map is virtual address space, fixed at opening: it never grows.
 */

import { join } from 'node:path';
import { type Database, open, type RootDatabaseOptions } from 'lmdb';
import { StoreError } from './errors.ts';

export const DATA_FILE = 'data.mdb';

export type LmdbDatabase = Database<Uint8Array, Uint8Array>;

const REQUIRED = {
  encoding: 'binary',
  keyEncoding: 'binary',
  overlappingSync: false,
  safeRestore: true,
  noMemInit: false,
  useWritemap: false,
  noSync: false,
  noMetaSync: false,
  mapAsync: false,
  remapChunks: false,
  cache: false,
  compression: false,
} as const;

/** Puts are handed over as one batch and started once: the writing thread never waits for us half way. */
const BATCHING = { eventTurnBatching: false, batchStartThreshold: 2 ** 31 } as const;

export function openLmdbFile(directory: string, mapBytes: number, readOnly: boolean): LmdbDatabase {
  const options = { ...REQUIRED, ...BATCHING, mapSize: mapBytes, readOnly, noSubdir: false };
  const database = openOrExplain(directory, options);
  assertEcho(database, options);
  return database;
}

function openOrExplain(directory: string, options: RootDatabaseOptions): LmdbDatabase {
  try {
    return open<Uint8Array, Uint8Array>(directory, options);
  } catch (error) {
    const path = join(directory, DATA_FILE);
    const message = `The data file ${path} cannot be opened: ${(error as Error).message}.`;
    throw new StoreError('DATA_FILE_UNUSABLE', message, { path }, error);
  }
}

/** The library shares one environment between opens of a path: what it says it runs with is what counts. */
function assertEcho(database: LmdbDatabase, wanted: Readonly<Record<string, unknown>>): void {
  const echoed = database as unknown as Readonly<Record<string, unknown>>;
  for (const [option, value] of Object.entries(wanted)) {
    if (echoed[option] === value) continue;
    throw new StoreError(
      'DATA_FILE_UNUSABLE',
      `The database was opened with ${option} = ${String(echoed[option])} instead of ${String(value)}.`,
    );
  }
}

/** What the library knows of its file and does not declare. */
interface NativeEnvironment {
  readonly env: { info(): { lastPageNumber: number }; stat(): { pageSize: number } };
}

/** The last page that any transaction has used. */
export const lastPageOf = (database: LmdbDatabase): number =>
  (database as unknown as NativeEnvironment).env.info().lastPageNumber;

export const pageBytesOf = (database: LmdbDatabase): number =>
  (database as unknown as NativeEnvironment).env.stat().pageSize;
