/**
 * The command `cairn`: reads the command line, runs one command, turns every failure into one sentence and an exit code.
 */
import { CairnError, exitCodes } from '@cairn/transport';
import type { Session } from './command.ts';
import { type Parsed, parseCommandLine } from './command-line.ts';
import { commands } from './commands/index.ts';
import { cairnVersion } from './commands/version.ts';
import { describeFailure, systemReason } from './errors.ts';
import { unlessInterrupted } from './interrupt.ts';
import { readClusterFile } from './local/cluster-file.ts';
import { homeAt } from './local/home.ts';
import { processTerminal, type Terminal } from './terminal.ts';

function channelsForCompletion(terminal: Terminal): readonly string[] {
  return readClusterFile(homeAt(terminal.environment.CAIRN_DIR ?? './.cairn'))?.channels ?? [];
}

type RunRequest = Extract<Parsed, { kind: 'run' }>;

/** With --json, programs get the failure where they look for the result, unless a result stands there already. */
function report({ terminal, printed }: Recorded, error: unknown, json: boolean): number {
  const { code, message, exitCode } = describeFailure(error);
  if (json && !printed()) {
    const answer = error instanceof CairnError ? error.refusal : { error: { code, message } };
    terminal.print(JSON.stringify(answer));
  }
  terminal.note(`cairn: ${message}`);
  return exitCode;
}

interface Recorded {
  readonly terminal: Terminal;
  /** Whether anything was written to standard output. */
  printed(): boolean;
}

function recorded(terminal: Terminal): Recorded {
  let printed = false;
  return {
    printed: () => printed,
    terminal: {
      ...terminal,
      print: (line) => {
        printed = true;
        terminal.print(line);
      },
      printBytes: (bytes) => {
        printed = true;
        terminal.printBytes(bytes);
      },
    },
  };
}

/** Ctrl-C ends a command at once, unless it ends by itself in good order. */
function runInterruptibly({ command, values }: RunRequest, session: Session): Promise<number> {
  const work = command.execute(values, session);
  return command.handlesInterrupt ? work : unlessInterrupted(session.signal, work);
}

export async function run(words: readonly string[], session: Session): Promise<number> {
  const record = recorded(session.terminal);
  const { terminal } = record;
  let json = words.includes('--json');
  try {
    const line = {
      commands,
      version: cairnVersion(),
      terminal,
      channels: () => channelsForCompletion(terminal),
    };
    const parsed = await parseCommandLine(line, words);
    if (parsed.kind === 'print') {
      terminal.print(parsed.text);
      return exitCodes.done;
    }
    json = parsed.values.json === true;
    return await runInterruptibly(parsed, { ...session, terminal });
  } catch (error) {
    return report(record, error, json);
  }
}

/** Runs a command line, this process's own unless told, and ends the process. */
export async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  const controller = new AbortController();
  const terminal = processTerminal();
  endQuietlyOnClosedPipe();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  const exitCode = await run(words, { terminal, signal: controller.signal });
  await flushOutput();
  process.exit(exitCode);
}

/** `cairn fetch ... | head` is no failure of ours. */
function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    process.stderr.write(`cairn: Cannot write to standard output: ${systemReason(error)}.\n`);
    process.exit(exitCodes.refused);
  });
}

function flushOutput(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()));
}
