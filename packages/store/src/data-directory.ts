/**
 * The directory around the data file: made, and made durable.
 */

import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StoreError } from './errors.ts';
import { DATA_FILE } from './lmdb-file.ts';

/** The first directory that had to be created, if any. */
export function prepareDirectory(directory: string, readOnly: boolean): string | undefined {
  try {
    if (!readOnly) return mkdirSync(directory, { recursive: true, mode: 0o700 });
    requireContent(directory);
    return undefined;
  } catch (error) {
    const message = `The data directory ${directory} cannot be used: ${reasonOf(error)}.`;
    throw new StoreError('DATA_FILE_UNUSABLE', message, { path: directory }, error);
  }
}

/** LMDB makes an empty file a new one, which it cannot do when it only reads: then it ends the process with SIGSEGV. */
function requireContent(directory: string): void {
  const file = openSync(join(directory, DATA_FILE), 'r');
  try {
    if (fstatSync(file).size === 0) throw new Error(`its ${DATA_FILE} is empty`);
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no ${DATA_FILE} in it`;
  if (code === 'ENOTDIR') return 'it is not a directory';
  return message;
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
