/**
 * `cairn submit`: one transaction from the command line or standard input, or one for each line of a file.
 */
import { createReadStream } from 'node:fs';
import { type ChannelClient, isReceipt, type Submission, type Submitted } from '@cairn/client';
import { exitCodeOf, exitCodes, type Receipt } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand, type Session } from '../command.ts';
import { withClient } from '../connection.ts';
import { usageError } from '../errors.ts';
import { allBytes, linesOf } from '../lines.ts';
import { readFileOrFail } from '../local/files.ts';
import { channelOption, connectionOptions, meta } from '../options.ts';
import { counted } from '../present.ts';
import { progressBar } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

const schema = z.object({
  payload: z
    .string()
    .optional()
    .meta(meta({ description: 'The payload; - reads it from standard input', positional: true })),
  channel: channelOption,
  lines: z
    .string()
    .min(1)
    .optional()
    .meta(
      meta({ description: 'A file (- for standard input), one transaction a line', variables: [] }),
    ),
  id: z
    .string()
    .optional()
    .meta(meta({ description: 'Id: the same one is ordered at most once, ever', variables: [] })),
  ...connectionOptions,
});

type Input = z.output<typeof schema>;

function requireOneSource({ payload, lines, id }: Input): void {
  if (payload === undefined && lines === undefined) {
    throw usageError('Give a payload, - for standard input, or --lines with a file.');
  }
  if (payload !== undefined && lines !== undefined) {
    throw usageError('Give either a payload or --lines, not both.');
  }
  if (lines !== undefined && id !== undefined) {
    throw usageError('--id names one transaction; it cannot go with --lines.');
  }
}

function receiptLine(terminal: Terminal, receipt: Receipt): string {
  const { id, block, index, duplicate } = receipt;
  const again = duplicate ? terminal.paint('yellow', ' (it was ordered before)') : '';
  return `${terminal.paint('green', '✓')} ${id} is transaction ${index} of block ${block}${again}`;
}

async function submitOne(channel: ChannelClient, input: Input, session: Session): Promise<number> {
  const { payload = '', id, timeoutMs } = input;
  const { terminal, signal } = session;
  const bytes = payload === '-' ? await allBytes(process.stdin) : payload;
  const receipt = await channel.submit(bytes, { id, timeoutMs, signal });
  terminal.print(input.json ? JSON.stringify(receipt) : receiptLine(terminal, receipt));
  return exitCodes.done;
}

interface Tally {
  ordered: number;
  duplicates: number;
  refused: number;
  firstBlock: number;
  lastBlock: number;
  exitCode: number;
}

function count(tally: Tally, { outcome }: Submitted): void {
  if (!isReceipt(outcome)) {
    tally.refused++;
    if (tally.exitCode === exitCodes.done) tally.exitCode = exitCodeOf(outcome.status);
    return;
  }
  tally.ordered++;
  if (outcome.duplicate) tally.duplicates++;
  tally.firstBlock = Math.min(tally.firstBlock, outcome.block);
  tally.lastBlock = Math.max(tally.lastBlock, outcome.block);
}

function tallyLine({ ordered, refused, duplicates, firstBlock, lastBlock }: Tally): string {
  const where = ordered === 0 ? '' : ` in blocks ${firstBlock} to ${lastBlock}`;
  const before = duplicates === 0 ? '' : `, ${duplicates} of them before`;
  return `${counted(ordered, 'transaction')} ordered${where}${before}; ${refused} refused.`;
}

/** The number of lines is known beforehand only of a file. */
function lineCount(path: string): number {
  if (path === '-') return 0;
  const bytes = readFileOrFail(path);
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

/** Puts the number of each line into `numbers`: a line has no other name that its author knows. */
async function* submissionsOf(
  path: string,
  numbers: number[],
): AsyncGenerator<Submission, void, undefined> {
  const stream: AsyncIterable<Buffer> = path === '-' ? process.stdin : createReadStream(path);
  for await (const { number, bytes } of linesOf(stream)) {
    numbers.push(number);
    yield { payload: bytes };
  }
}

async function submitLines(
  channel: ChannelClient,
  input: Input,
  session: Session,
): Promise<number> {
  const { lines = '-', timeoutMs, json } = input;
  const { terminal, signal } = session;
  const bar = progressBar(terminal, 'submitting', lineCount(lines));
  const tally: Tally = {
    ordered: 0,
    duplicates: 0,
    refused: 0,
    firstBlock: Number.POSITIVE_INFINITY,
    lastBlock: 0,
    exitCode: exitCodes.done,
  };
  const sayHowFar = (): void => {
    bar.stop();
    terminal.note(`${tallyLine(tally)} What was sent after that may be ordered, too.`);
  };
  signal.addEventListener('abort', sayHowFar);
  const numbers: number[] = [];
  try {
    for await (const submitted of channel.submitMany(submissionsOf(lines, numbers), {
      timeoutMs,
    })) {
      count(tally, submitted);
      const { outcome } = submitted;
      const number = numbers.shift();
      if (json) terminal.print(JSON.stringify(outcome));
      else if (!isReceipt(outcome)) terminal.note(`line ${number}: ${outcome.error.message}`);
      bar.update(tally.ordered + tally.refused);
    }
  } finally {
    bar.stop();
    signal.removeEventListener('abort', sayHowFar);
  }
  if (!json) terminal.print(tallyLine(tally));
  return tally.exitCode;
}

export const submitCommand = defineCommand({
  name: 'submit',
  positionals: '[payload]',
  summary: 'Submit a transaction and wait until a majority has it on disk',
  examples: [
    ["cairn submit -c mychannel 'hello'", 'one transaction'],
    ['cairn submit -c mychannel --id order-17 - < order.json', 'from standard input, exactly once'],
    ['cairn submit -c mychannel --lines orders.txt --json', 'one a line, one receipt a line'],
  ],
  schema,
  run: async (input, session) => {
    requireOneSource(input);
    return await withClient(input, session, async (client) => {
      const channel = client.channel(input.channel);
      return input.lines === undefined
        ? await submitOne(channel, input, session)
        : await submitLines(channel, input, session);
    });
  },
});
