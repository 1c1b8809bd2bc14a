/**
 * A temporary directory that cannot outlive the test: a small shell removes it when the test process ends, however that
 * happens. It waits a moment first, so that what is being killed at the same time has stopped writing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GuardedDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

const guardScript = `
  cat >/dev/null
  for attempt in 1 2 3 4 5; do
    rm -rf "$1" && [ ! -e "$1" ] && exit
    sleep 0.2
  done
`;

export function makeGuardedDirectory(prefix: string): GuardedDirectory {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = once(guard, 'exit');
  return {
    path,
    remove: async () => {
      guard.stdin?.end();
      await ended;
    },
  };
}
