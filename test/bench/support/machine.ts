/**
 * The machine a figure was measured on, in one line each: without it a figure cannot be compared with anything.
 */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { findNatsServer } from '../../support/nats-server.ts';

function outputOf(command: string, parameters: readonly string[]): string {
  try {
    return execFileSync(command, parameters, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch {
    return '';
  }
}

function fileSystemOf(folder: string): string {
  return outputOf('stat', ['-f', '-c', '%T', folder]).trim() || 'unknown file system';
}

export function describeMachine(folder: string): string[] {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const gibibytes = (totalmem() / 1024 ** 3).toFixed(0);
  return [
    `${processors.length} x ${model}, ${gibibytes} GiB, ${process.platform} ${release()}`,
    `Node.js ${process.version}, ${outputOf(findNatsServer(), ['--version']).trim()}`,
    `data in ${folder} (${fileSystemOf(folder)})`,
  ];
}

/** `tmpfs` and `ramfs` hold nothing when the power goes: what is measured there is not a disk. */
export function isMemory(folder: string): boolean {
  return ['tmpfs', 'ramfs'].includes(fileSystemOf(folder));
}

/** Of the last minute: how many threads wanted to run. */
export function loadAverage(): number {
  return loadavg()[0] ?? Number.NaN;
}

/** Lets what the round before wrote reach the disk, so that the next one does not pay for it. */
export function settleDisk(): void {
  outputOf('sync', []);
}
