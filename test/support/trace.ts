/**
 * Watching a running process's system calls with strace: what it read, what it synced and what it sent, in order.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { until } from './until.ts';

/** One system call at its completion. */
export interface SystemCall {
  readonly name: string;
  readonly descriptor: number;
  /** Everything between the brackets, as far as strace shows it. */
  readonly arguments: string;
  readonly result: number;
}

export const hasStrace = spawnSync('strace', ['--version'], { stdio: 'ignore' }).status === 0;

/** Returns when the tracer is attached. */
export async function startTrace(pid: number, outputFile: string): Promise<GuardedProcess> {
  const tracer = await startGuarded({
    command: 'strace',
    parameters: [
      ...[
        '-f',
        '-s',
        '512',
        '-e',
        'trace=read,write,writev,sendmsg,pwrite64,pwritev,fdatasync,fsync',
      ],
      ...['-p', String(pid)],
    ],
    outputFile,
  });
  const isAttached = () => readFileSync(outputFile, 'latin1').includes('attached');
  await until('strace is attached', isAttached);
  return tracer;
}

/** Of all threads, in the order in which they completed. */
export function readTrace(outputFile: string): SystemCall[] {
  const unfinished = new Map<string, string>();
  const calls: SystemCall[] = [];
  for (const line of readFileSync(outputFile, 'latin1').split('\n')) {
    const [, thread = '', rest = ''] = /^(?:\[pid +(\d+)\] )?(.*)$/.exec(line) ?? [];
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (begun !== null) unfinished.set(thread, begun[1]!);
    const whole = resumed === null ? rest : `${unfinished.get(thread) ?? ''}${resumed[1]}`;
    const call = begun === null ? parseCall(whole) : null;
    if (call !== null) calls.push(call);
  }
  return calls;
}

function parseCall(text: string): SystemCall | null {
  const found = /^(\w+)\((\d+)(.*)\) += (-?\d+)/.exec(text);
  if (found === null) return null;
  const [, name = '', descriptor, inside = '', result] = found;
  return { name, descriptor: Number(descriptor), arguments: inside, result: Number(result) };
}

const O_DSYNC = 0o10000;

/** The open files of a process whose every write is on disk when it returns. */
export function synchronousDescriptors(pid: number): number[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .filter((descriptor) => {
      const text = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8');
      const flags = Number.parseInt(/flags:\s*(\d+)/.exec(text)?.[1] ?? '0', 8);
      return (flags & O_DSYNC) !== 0 && isFile(pid, descriptor);
    });
}

function isFile(pid: number, descriptor: number): boolean {
  return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith('/');
}
