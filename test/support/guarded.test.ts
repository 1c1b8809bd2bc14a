import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeGuardedDirectory } from './guarded-directory.ts';
import { startGuarded } from './guarded-process.ts';
import { until } from './until.ts';

/** A process that starts a guarded directory and a guarded process, says both, and waits. */
const holder = (support: string) => `
  const { makeGuardedDirectory } = await import('${support}/guarded-directory.js');
  const { startGuarded } = await import('${support}/guarded-process.js');
  const directory = makeGuardedDirectory('cairn-guard-');
  const sleeper = await startGuarded({
    command: 'sleep', parameters: ['1000'], outputFile: directory.path + '/output',
  });
  console.log(JSON.stringify({ path: directory.path, pid: sleeper.pid }));
  setInterval(() => {}, 1000);
`;

/** False for one that has ended and is not yet reaped, too. */
function runs(pid: number): boolean {
  try {
    return !(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? 'Z').startsWith('Z');
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== 'linux')('What tests start', () => {
  test('ends with the test process, also when that is killed with SIGKILL', async () => {
    const support = join(import.meta.dirname, '..', 'dist', 'support');
    const child = spawn(process.execPath, ['--input-type=module', '-e', holder(support)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { path, pid } = JSON.parse(line.toString()) as { path: string; pid: number };
    expect(runs(pid)).toBe(true);
    child.kill('SIGKILL');
    await until('the sleeper is gone', () => !runs(pid));
    await until('the directory is gone', () => !existsSync(path));
  });

  test('tells its exit code, and the signal that ended it', async () => {
    const directory = makeGuardedDirectory('cairn-guard-');
    const outputFile = join(directory.path, 'output');
    const failing = await startGuarded({
      command: 'sh',
      parameters: ['-c', 'echo said; exit 7'],
      outputFile,
    });
    expect(await failing.ended).toBe(7);
    expect(readFileSync(outputFile, 'utf8')).toBe('said\n');
    const sleeper = await startGuarded({ command: 'sleep', parameters: ['1000'], outputFile });
    sleeper.signal('SIGTERM');
    expect(await sleeper.ended).toBe(128 + 15);
    expect(sleeper.isRunning()).toBe(false);
    await directory.remove();
    expect(existsSync(directory.path)).toBe(false);
  });
});
