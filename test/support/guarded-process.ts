/**
 * A process for tests that cannot outlive them: a small shell in a session of its own stands between and kills it when the
 * test process ends, however that happens (its standard input closes).
 *
 * The shell says the process id on its standard output and ends with the process's own exit code (128 + number after a
 * signal). Output goes to a file: nobody has to read it, and it is there after the end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

export interface GuardedCommand {
  readonly command: string;
  readonly parameters: readonly string[];
  /** Standard output and error are appended here. */
  readonly outputFile: string;
  readonly environment?: NodeJS.ProcessEnv;
}

export interface GuardedProcess {
  readonly pid: number;
  /** The exit code, or 128 + the number of the signal that ended it. */
  readonly ended: Promise<number>;
  isRunning(): boolean;
  signal(name: NodeJS.Signals): void;
}

/** No traps: a signal sent to the process before its program runs must not be lost in them. */
const guardScript = `
  output="$1"; shift
  exec 3<&0
  "$@" >>"$output" 2>&1 </dev/null 3<&- &
  child=$!
  echo "$child"
  exec >/dev/null
  ( cat <&3 >/dev/null; kill -KILL "$child" 2>/dev/null ) &
  watcher=$!
  exec 3<&-
  wait "$child"
  code=$?
  kill -KILL "$watcher" 2>/dev/null
  exit "$code"
`;

export async function startGuarded(command: GuardedCommand): Promise<GuardedProcess> {
  const { outputFile, environment = process.env } = command;
  const log = openSync(outputFile, 'a');
  const guard = spawn(
    '/bin/sh',
    ['-c', guardScript, 'guard', outputFile, command.command, ...command.parameters],
    { stdio: ['pipe', 'pipe', log], detached: true, env: environment },
  );
  closeSync(log);
  guard.stdin?.on('error', () => {});
  const ended = once(guard, 'exit').then(([code]) => {
    guard.stdin?.end();
    return code as number;
  });
  const pid = await firstNumber(guard);
  return {
    pid,
    ended,
    isRunning: () => guard.exitCode === null && guard.signalCode === null,
    signal: (name) => {
      if (guard.exitCode === null) sendSignal(pid, name);
    },
  };
}

async function firstNumber(guard: ChildProcess): Promise<number> {
  const [chunk] = (await once(guard.stdout!, 'data')) as [Buffer];
  return Number(chunk.toString('latin1').trim());
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
