/**
 * Processor time by process, user and system together, from /proc (Linux): the same measure for every process, whatever
 * it is written in. Elsewhere it is unknown.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface NamedProcess {
  readonly name: string;
  readonly pid: number;
}

/** Seconds by name. */
export type CpuSeconds = ReadonlyMap<string, number>;

const ticksPerSecond = readTicksPerSecond();

function readTicksPerSecond(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
  } catch {
    return 100;
  }
}

/** Since each process began. */
export function cpuSecondsOf(processes: readonly NamedProcess[]): CpuSeconds {
  return new Map(processes.map(({ name, pid }) => [name, secondsOf(pid)]));
}

/** Fields 14 and 15 of proc(5); the command before them may itself contain spaces and brackets. */
function secondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}

export function spentBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return new Map([...after].map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)]));
}
