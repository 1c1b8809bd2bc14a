/**
 * Writing files so that a reader never sees half of one, and secrets so that nobody else ever sees them.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { exitCodes } from '@cairn/transport';
import { CommandError, systemReason } from '../errors.ts';

/** The whole file, or a sentence with exit code 3 (not there) or 1 (not readable). */
export function readFileOrFail(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const exitCode = missing ? exitCodes.notFound : exitCodes.refused;
    throw new CommandError(
      'FILE_UNREADABLE',
      exitCode,
      `Cannot read ${path}: ${systemReason(error)}.`,
    );
  }
}

/** Replaces the file in one step: readers see the old content or the new. */
export function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): void {
  writing(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, content, mode);
  });
}

/**
 * To a place that the user chose: a file is replaced in one step, also behind a link; a pipe or a device is written to and
 * stays what it is; directories are not made.
 */
export function writeOutputFile(path: string, content: Uint8Array): void {
  writing(path, () => {
    const present = statSync(path, { throwIfNoEntry: false });
    if (present !== undefined && !present.isFile()) return writeFileSync(path, content);
    const target = present === undefined ? path : realpathSync(path);
    replaceFile(target, content, present === undefined ? 0o644 : present.mode & 0o777);
  });
}

function replaceFile(path: string, content: string | Uint8Array, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const sentence = `Cannot write ${path}: ${systemReason(error)}.`;
    throw new CommandError('FILE_UNWRITABLE', exitCodes.refused, sentence);
  }
}

/** True if the file was written, false if it was already as wanted. */
export function writeIfDifferent(path: string, content: string): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === content) return false;
  writeFileAtomically(path, content);
  return true;
}

/** A seed file, readable by its owner only; directory too. */
export function writeSecret(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileAtomically(path, content, 0o600);
}
