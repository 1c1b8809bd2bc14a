/** A command line in this process, with what it writes kept. */
import { run } from '../../src/index.ts';
import type { Terminal } from '../../src/terminal.ts';

export interface RecordedRun {
  readonly exitCode: number;
  readonly out: string;
  readonly notes: string;
}

export function recordingTerminal(environment: Record<string, string> = {}) {
  const out: string[] = [];
  const notes: string[] = [];
  const terminal: Terminal = {
    environment,
    interactive: false,
    liveOutput: false,
    columns: 100,
    print: (line) => void out.push(line),
    printBytes: (bytes) => void out.push(Buffer.from(bytes).toString('hex')),
    note: (line) => void notes.push(line),
    paint: (_style, text) => text,
  };
  return { terminal, out, notes };
}

export async function cairn(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<RecordedRun> {
  const { terminal, out, notes } = recordingTerminal(environment);
  const exitCode = await run(words, { terminal, signal: new AbortController().signal });
  return { exitCode, out: out.join('\n'), notes: notes.join('\n') };
}
