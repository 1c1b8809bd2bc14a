/** What a benchmark is to the command that runs it. */
import type { Flags } from './options.ts';

export interface Bench {
  readonly name: string;
  readonly summary: string;
  readonly flags: Flags;
  run(words: readonly string[]): Promise<void>;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line that the next one overwrites, when a person is watching. */
export function sayMeanwhile(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${line}\r`);
}
