/**
 * The command `cairn`: reads the command line, runs one command, turns every failure into one sentence and an exit code.
 */
import { exitCodes } from '@cairn/transport';
import type { Session } from './command.ts';
import { type Parsed, parseCommandLine } from './command-line.ts';
import { commands } from './commands/index.ts';
import { cairnVersion } from './commands/version.ts';
import { describeFailure } from './errors.ts';
import { unlessInterrupted } from './interrupt.ts';
import { readClusterFile } from './local/cluster-file.ts';
import { homeAt } from './local/home.ts';
import { processTerminal, type Terminal } from './terminal.ts';

function channelsForCompletion(terminal: Terminal): readonly string[] {
  return readClusterFile(homeAt(terminal.environment.CAIRN_DIR ?? './.cairn'))?.channels ?? [];
}

type RunRequest = Extract<Parsed, { kind: 'run' }>;

function report(terminal: Terminal, error: unknown): number {
  const { message, exitCode } = describeFailure(error);
  terminal.note(`cairn: ${message}`);
  return exitCode;
}

/** Ctrl-C ends a command at once, unless it ends by itself in good order. */
function runInterruptibly({ command, values }: RunRequest, session: Session): Promise<number> {
  const work = command.execute(values, session);
  return command.handlesInterrupt ? work : unlessInterrupted(session.signal, work);
}

export async function run(words: readonly string[], session: Session): Promise<number> {
  const { terminal } = session;
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
    return await runInterruptibly(parsed, session);
  } catch (error) {
    return report(terminal, error);
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
    process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.refused);
  });
}

function flushOutput(): Promise<void> {
  return new Promise((resolve) => process.stdout.write('', () => resolve()));
}
