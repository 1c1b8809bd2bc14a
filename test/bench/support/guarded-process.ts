/**
 * A process that cannot outlive the benchmark: a small shell in a process group of its own stands between, which kills
 * it when the shell's standard input ends, and that happens however the benchmark ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface GuardedProcess {
  readonly name: string;
  readonly pid: number;
  /** All it has written so far. */
  output(): string;
  /** SIGTERM, then up to `patienceMs`, then SIGKILL. */
  stop(patienceMs: number): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const guardScript = `
  trap '' INT TERM HUP
  output="$1"; shift
  "$@" >"$output" 2>&1 &
  child=$!
  echo $child
  cat > /dev/null
  kill -KILL $child 2>/dev/null
  wait
`;

const POLL_MS = 10;

export interface Command {
  readonly name: string;
  readonly words: readonly string[];
  /** File that gets its standard output and error. */
  readonly outputFile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startGuarded(command: Command): Promise<GuardedProcess> {
  const { name, words, outputFile, environment } = command;
  const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', outputFile, ...words], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    env: { ...process.env, ...environment },
  });
  const pid = Number(await firstOutputOf(guard));
  const kill = () => endGuard(guard);
  return {
    name,
    pid,
    output: () => (existsSync(outputFile) ? readFileSync(outputFile, 'utf8') : ''),
    kill,
    async stop(patienceMs) {
      signal(pid, 'SIGTERM');
      const deadlineMs = performance.now() + patienceMs;
      while (!hasEnded(pid) && performance.now() < deadlineMs) await sleep(POLL_MS);
      await kill();
    },
  };
}

function firstOutputOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => stdout!.once('data', (bytes) => resolve(String(bytes))));
}

async function endGuard(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  const ended = new Promise((resolve) => guard.once('exit', resolve));
  guard.stdin?.end();
  await ended;
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** True also of a process that has ended and that its guard has not waited for yet. */
export function hasEnded(pid: number): boolean {
  if (!signal(pid, 0)) return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}
