/**
 * The two streams a command writes to, and whether a person is watching.
 *
 * Standard output carries results and nothing else, so that `--json` can be piped; everything about progress goes to
 * standard error. Colours only for people: never into a pipe, never with NO_COLOR.
 */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'blue' | 'magenta';

export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A person watches standard error: progress bars may be drawn there. */
  readonly interactive: boolean;
  /** A person watches standard output: tables may be redrawn there. */
  readonly liveOutput: boolean;
  readonly columns: number;
  /** A result, on standard output, with its line end. */
  print(line: string): void;
  /** Bytes as they are, on standard output. */
  printBytes(bytes: Uint8Array): void;
  /** About the work, on standard error. */
  note(line: string): void;
  paint(style: Style, text: string): string;
}

function wantsColour(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): boolean {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false;
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const colour = wantsColour(stdout, env);
  return {
    environment: env,
    interactive: stderr.isTTY === true,
    liveOutput: stdout.isTTY === true,
    columns: stdout.columns ?? 100,
    print: (line) => void stdout.write(`${line}\n`),
    printBytes: (bytes) => void stdout.write(bytes),
    note: (line) => void stderr.write(`${line}\n`),
    paint: (style, text) => (colour ? styleText(style, text) : text),
  };
}
