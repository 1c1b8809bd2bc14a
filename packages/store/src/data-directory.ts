/**
 * The directory around the data file: made, and made durable.
 */

import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StoreError } from './errors.ts';
import { DATA_FILE } from './lmdb-file.ts';

/** The first directory that had to be created, if any. */
export function prepareDirectory(directory: string, readOnly: boolean): string | undefined {
  try {
    if (!readOnly) return mkdirSync(directory, { recursive: true, mode: 0o700 });
    closeSync(openSync(join(directory, DATA_FILE), 'r'));
    return undefined;
  } catch (error) {
    const message = `The data directory ${directory} cannot be used: ${(error as Error).message}.`;
    throw new StoreError('DATA_FILE_UNUSABLE', message, { path: directory }, error);
  }
}

/** A synced file in a directory that was not synced may be gone after a power cut: so may a created directory. */
export function syncDirectories(directory: string, created: string | undefined): void {
  if (process.platform === 'win32') return;
  const top = created === undefined ? resolve(directory) : dirname(resolve(created));
  for (let path = resolve(directory); ; path = dirname(path)) {
    const descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
    if (path === top) return;
  }
}
