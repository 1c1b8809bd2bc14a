/**
 * The guard of a cluster that runs in the foreground: whatever ends `cairn up`, nothing of it stays behind.
 *
 * A small process of its own, in a session of its own, that holds the reading end of a pipe from `up`. The kernel closes
 * the pipe when `up` ends, also by SIGKILL; then the guard stops the cluster. `up` that has stopped everything itself, or
 * wants it to go on, writes one byte first and the guard just goes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Home } from './home.ts';
import { cairnProgram } from './program.ts';
import { stopCluster } from './stop.ts';

const RELEASE = 'r';

export interface Guard {
  /** Lets the guard go without stopping anything. Returns when it has gone. */
  release(): Promise<void>;
}

export function startGuard(home: Home): Guard {
  const child: ChildProcess = spawn(
    process.execPath,
    [cairnProgram, 'guard', '--dir', home.directory],
    { detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin?.on('error', () => {});
  return {
    release: () => {
      child.stdin?.end(RELEASE);
      return ended;
    },
  };
}

/** The guard's own life: what `cairn guard` runs. */
export async function keepGuard(home: Home, input: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of input) {
    if (chunk.toString('latin1').includes(RELEASE)) return;
  }
  await stopCluster(home);
}
