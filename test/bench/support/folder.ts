/**
 * A temporary folder of one benchmark. A small shell in a process group of its own removes it when its standard input
 * ends, and that happens however the benchmark ends.
 *
 * It is made beside the checkout's own build output unless told, because the usual place for temporary files may be
 * memory, and a benchmark of a disk in memory measures nothing.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Folder {
  readonly path: string;
  /** Removes it. End the processes that write into it first. */
  remove(): Promise<void>;
}

/** The pause lets the other guards end their processes first, should the benchmark have been killed. */
const guardScript = `
  trap '' INT TERM HUP
  cat > /dev/null
  sleep 0.5
  rm -rf "$1"
`;

export function makeFolder(parent: string): Folder {
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(join(resolve(parent), 'cairn-bench-'));
  const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => guard.once('exit', () => resolve()));
  return {
    path,
    remove: () => {
      guard.stdin?.end();
      return ended;
    },
  };
}
