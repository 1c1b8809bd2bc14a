/**
 * The guard of a cluster that runs in the foreground: whatever ends `cairn up`, nothing of it stays behind.
 *
 * A small process of its own, in a session of its own, that holds the reading end of a pipe from `up`. The kernel closes
 * the pipe when `up` ends, also by SIGKILL; then the guard stops the cluster. `up` that has stopped everything itself, or
 * wants it to go on, writes one byte first and the guard just goes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Home } from './home.ts';
import { endProcesses, type ProcessIdentity, runningProcesses } from './processes.ts';
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

const LOOK_AGAIN_MS = 250;

/**
 * The guard's own life: what `cairn guard` runs. It looks now and then at what runs, so that it knows even if somebody
 * removes the directory together with the command.
 */
export async function keepGuard(home: Home, input: AsyncIterable<Buffer>): Promise<void> {
  const seen = new Map<number, ProcessIdentity>();
  const look = (): void => {
    for (const identity of runningProcesses(home)) seen.set(identity.pid, identity);
  };
  const looking = setInterval(look, LOOK_AGAIN_MS);
  try {
    for await (const chunk of input) {
      if (chunk.toString('latin1').includes(RELEASE)) return;
    }
  } finally {
    clearInterval(looking);
  }
  await stopCluster(home);
  await endProcesses([...seen.values()]);
}
