/**
 * Looks at an LMDB data file before LMDB does.
 *
 * LMDB maps the file and trusts it: a file shorter than its header says kills the process with SIGBUS, a damaged header
 * silently serves an older state. So both meta pages are read here with plain file reads and held against each other:
 *
 * I1  Both are ours: magic, format, page size.
 * I2  Transaction n is described by meta page n mod 2, and the other describes n - 1: a changed number, which would
 *     roll the store back, breaks one or the other.
 * I3  The file reaches to the last page. LMDB itself allows less (pages allocated and freed again in one transaction
 *     are never written); our writer extends the file ahead of every transaction so that this can be demanded.
 * I4  Both roots are pages that the newest transaction wrote: every transaction replaces the data's root, and with the
 *     page freed by that the free list's.
 *
 * Layout: LMDB data format 2 as in lmdb-js 3.5, 64-bit, in the byte order of the machine.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { StoreError } from './errors.ts';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_HEADER_BYTES = 24;
const META_BYTES = 144;
const META_FLAG = 0x08;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const LITTLE_ENDIAN = endianness() === 'LE';

export interface Meta {
  readonly pageBytes: number;
  /** Roots of the free list and of the data. */
  readonly rootPages: readonly bigint[];
  readonly lastPage: bigint;
  readonly transactionId: bigint;
}

/** Throws a `StoreError` with a sentence if the file may not be opened. A missing or empty file is fine: it is new. */
export function checkDataFile(path: string): void {
  const file = openIfExists(path);
  if (file === null) return;
  try {
    const fileBytes = fstatSync(file).size;
    if (fileBytes > 0) checkContent(path, file, fileBytes);
  } finally {
    closeSync(file);
  }
}

function openIfExists(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(path, `it cannot be read (${(error as Error).message})`);
  }
}

function checkContent(path: string, file: number, fileBytes: number): void {
  const first = readMeta(path, file, 0);
  const second = readMeta(path, file, first.pageBytes);
  if (second.pageBytes !== first.pageBytes) {
    throw damaged(path, 'its two headers name different page sizes');
  }
  const newest = newestOf(path, first, second);
  checkLength(path, fileBytes, newest);
  for (const root of newest.rootPages) checkRoot(path, file, newest, root);
}

/** I1 for the meta page at `offset`. */
function readMeta(path: string, file: number, offset: number): Meta {
  const page = readAt(file, offset, PAGE_HEADER_BYTES + META_BYTES);
  if (page === null) throw damaged(path, 'it ends inside its header');
  const isMeta = (page.getUint16(18, LITTLE_ENDIAN) & META_FLAG) !== 0;
  if (!isMeta || page.getUint32(24, LITTLE_ENDIAN) !== MAGIC) {
    const what = 'it does not begin like a data file of this software';
    throw offset === 0 ? unusable(path, what) : damaged(path, 'its second header is not a header');
  }
  const version = page.getUint32(28, LITTLE_ENDIAN) & 0xffff;
  if (version !== DATA_VERSION) throw unusable(path, `its LMDB format is ${version}, not 2`);
  const pageBytes = page.getUint32(48, LITTLE_ENDIAN);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) {
    throw damaged(path, `its header names a page size of ${pageBytes} bytes`);
  }
  return {
    pageBytes,
    rootPages: [88, 136].map((at) => page.getBigUint64(at, LITTLE_ENDIAN)),
    lastPage: page.getBigUint64(144, LITTLE_ENDIAN),
    transactionId: page.getBigUint64(152, LITTLE_ENDIAN),
  };
}

/** I2. A file that was created and never written has 0 in both. */
function newestOf(path: string, first: Meta, second: Meta): Meta {
  const newest = first.transactionId > second.transactionId ? first : second;
  const older = newest === first ? second : first;
  const fresh = first.transactionId === 0n && second.transactionId === 0n;
  const consecutive =
    newest.transactionId === older.transactionId + 1n &&
    (newest === first) === (newest.transactionId % 2n === 0n);
  if (!fresh && !consecutive) throw damaged(path, 'its two headers do not follow one another');
  if (newest.lastPage < older.lastPage) {
    throw damaged(path, 'its newer header names fewer pages than its older one');
  }
  return newest;
}

/** I3. */
function checkLength(path: string, fileBytes: number, newest: Meta): void {
  const needed = (newest.lastPage + 1n) * BigInt(newest.pageBytes);
  if (BigInt(fileBytes) < needed) {
    throw damaged(path, `it has ${fileBytes} bytes where its header asks for ${needed}`);
  }
}

/** I4. An empty tree has no root. */
function checkRoot(path: string, file: number, newest: Meta, root: bigint): void {
  if (root === NO_PAGE) return;
  const offset = Number(root * BigInt(newest.pageBytes));
  const header = root > newest.lastPage ? null : readAt(file, offset, PAGE_HEADER_BYTES);
  const isRoot =
    header !== null &&
    header.getBigUint64(0, LITTLE_ENDIAN) === root &&
    header.getBigUint64(8, LITTLE_ENDIAN) === newest.transactionId;
  if (!isRoot) throw damaged(path, 'its header does not point to the newest state');
}

function readAt(file: number, offset: number, length: number): DataView | null {
  const bytes = new Uint8Array(length);
  return readSync(file, bytes, 0, length, offset) === length ? new DataView(bytes.buffer) : null;
}

function unusable(path: string, why: string): StoreError {
  return new StoreError('DATA_FILE_UNUSABLE', `The data file ${path} cannot be used: ${why}.`, {
    path,
  });
}

function damaged(path: string, why: string): StoreError {
  return new StoreError(
    'DATA_FILE_DAMAGED',
    `The data file ${path} is damaged: ${why}. It was not opened or changed; restore this orderer from its peers.`,
    { path },
  );
}
