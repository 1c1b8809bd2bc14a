/**
 * Starting processes that outlive the command, and ending only processes that we started.
 *
 * A process is known by its id and the moment it started: after a restart of the machine, or when ids have gone round, the
 * same id is somebody else's and is left alone. Every started process is recorded in `run/<name>.json` at once.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from './files.ts';
import type { Home } from './home.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque text that differs between two processes that have the same id one after the other. */
  readonly startTime: string;
}

/** Fields of /proc/<pid>/stat after the command, which may itself contain spaces and brackets: proc(5). */
function linuxStartTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function otherStartTime(pid: number): string | null {
  try {
    const [state, ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', `${pid}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith('Z') ? null : start.join(' ');
  } catch {
    return null;
  }
}

/** When the process started, or null if no such process runs (one that has ended but is not reaped counts as none). */
export function startTimeOf(pid: number): string | null {
  return process.platform === 'linux' ? linuxStartTime(pid) : otherStartTime(pid);
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startTime;
}

function readIdentity(path: string): ProcessIdentity | null {
  if (!existsSync(path)) return null;
  try {
    const { pid, startTime } = JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
    return Number.isInteger(pid) && typeof startTime === 'string' ? { pid, startTime } : null;
  } catch {
    return null;
  }
}

/** The running process of this name in this home; forgets one that has ended. */
export function runningProcess(home: Home, name: string): ProcessIdentity | null {
  const identity = readIdentity(home.run(name));
  if (identity !== null && isRunning(identity)) return identity;
  rmSync(home.run(name), { force: true });
  return null;
}

/** The names of everything of this home that runs. */
export function runningNames(home: Home): string[] {
  if (!existsSync(home.runDirectory)) return [];
  return readdirSync(home.runDirectory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .filter((name) => runningProcess(home, name) !== null);
}

/** Everything of this home that runs. */
export function runningProcesses(home: Home): ProcessIdentity[] {
  return runningNames(home)
    .map((name) => runningProcess(home, name))
    .filter((identity) => identity !== null);
}

export interface Launch {
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

export interface StartedProcess extends ProcessIdentity {
  /** The exit code (128 + signal number is not computed: a signal gives null) once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Starts it in a session of its own, with its output appended to `logs/<name>.log`. */
export function launch(
  home: Home,
  { name, command, parameters, environment }: Launch,
): StartedProcess {
  mkdirSync(dirname(home.log(name)), { recursive: true });
  const log = openSync(home.log(name), 'a');
  const child = spawn(command, parameters, {
    detached: true,
    stdio: ['ignore', log, log],
    env: environment,
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (exitCode) => resolve(exitCode));
    child.once('error', () => resolve(null));
  });
  closeSync(log);
  child.unref();
  const pid = child.pid ?? 0;
  const identity = { pid, startTime: startTimeOf(pid) ?? '' };
  writeFileAtomically(home.run(name), `${JSON.stringify(identity)}\n`);
  return { ...identity, ended };
}

const POLL_MS = 20;

/** True once the process has ended, false if it still runs after `timeoutMs`. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (isRunning(identity)) {
    if (performance.now() >= deadlineMs) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export type EndKind = 'stopped' | 'killed' | 'notRunning';

const STOP_TIMEOUT_MS = 20_000;
const KILL_TIMEOUT_MS = 10_000;

/** SIGTERM to all, and SIGKILL for what has not ended after 20 s. For processes that no record names any more. */
export async function endProcesses(identities: readonly ProcessIdentity[]): Promise<void> {
  const ends = identities.map(async (identity) => {
    signal(identity, 'SIGTERM');
    if (await waitForEnd(identity, STOP_TIMEOUT_MS)) return;
    signal(identity, 'SIGKILL');
    await waitForEnd(identity, KILL_TIMEOUT_MS);
  });
  await Promise.all(ends);
}

/** SIGTERM, and SIGKILL for what has not ended after 20 s. Returns when the process has ended. */
export async function endProcess(home: Home, name: string): Promise<EndKind> {
  const identity = runningProcess(home, name);
  if (identity === null) return 'notRunning';
  signal(identity, 'SIGTERM');
  const stopped = await waitForEnd(identity, STOP_TIMEOUT_MS);
  return stopped ? forget(home, name, 'stopped') : killProcess(home, name);
}

/** SIGKILL. Returns when the process has ended. */
export async function killProcess(home: Home, name: string): Promise<EndKind> {
  const identity = runningProcess(home, name);
  if (identity === null) return 'notRunning';
  signal(identity, 'SIGKILL');
  await waitForEnd(identity, KILL_TIMEOUT_MS);
  return forget(home, name, 'killed');
}

function forget(home: Home, name: string, kind: EndKind): EndKind {
  rmSync(home.run(name), { force: true });
  return kind;
}
