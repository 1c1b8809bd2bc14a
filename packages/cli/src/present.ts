/**
 * Blocks, payloads and tables as people read them. Pure but for the colours.
 */
import { type HeaderJson, type Transaction, utf8Decode } from '@cairn/ledger';
import Table from 'cli-table3';
import type { Terminal } from './terminal.ts';

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** Columns without borders. */
export function columns(rows: readonly (readonly string[])[]): string {
  const style = { 'padding-left': 0, 'padding-right': 0, head: [], border: [] };
  const table = new Table({ chars: NO_BORDERS, style });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Fits `width`, with what was left out shown as an ellipsis. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}

/** A text without control characters as itself, anything else as its first bytes in hex. */
export function payloadPreview(payload: Uint8Array, width: number): string {
  const text = utf8Decode(payload.subarray(0, 4 * width));
  if (text !== null && !/\p{Cc}/u.test(text.replace(/[\t\n\r]/g, ''))) {
    return clip(text.replace(/\s+/g, ' ').trim(), width);
  }
  return clip(Buffer.from(payload.subarray(0, width)).toString('hex'), width);
}

export function blockView(
  terminal: Terminal,
  block: HeaderJson,
  transactions: readonly Transaction[],
  shownMax: number,
): string {
  const dim = (text: string): string => terminal.paint('dim', text);
  const { channel, number, kind } = block;
  const rows = [
    ['hash', terminal.paint('cyan', block.hash)],
    ['previous', block.previousHash],
    ['root', block.transactionsRoot],
    ['time', block.timestamp],
    ['term', String(block.term)],
    ['proposer', block.proposer ?? 'none (block 0)'],
    ['configuration', `block ${block.configNumber}`],
    ['transactions', `${block.transactionCount} in ${block.bodyBytes} bytes`],
    ['channel id', block.channelId],
  ].map(([name = '', value = '']) => [dim(name), value]);
  const title = `Block ${number} of ${channel}${kind === 'config' ? ' (configuration)' : ''}`;
  const shown = transactions.slice(0, shownMax);
  const width = Math.max(20, terminal.columns - 50);
  const lines = shown.map(({ id, payload }, i) => [
    dim(String(i)),
    clip(id, 40),
    payloadPreview(payload, width),
  ]);
  const rest = transactions.length - shown.length;
  const more = rest > 0 ? `\n${dim(`and ${rest} more; --json or --out has all of them`)}` : '';
  return `${terminal.paint('bold', title)}\n${columns(rows)}\n\n${columns(lines)}${more}`;
}

/** One line for a block: what `follow` prints. */
export function blockLine(
  terminal: Terminal,
  block: HeaderJson,
  first: Transaction | undefined,
): string {
  const tick = terminal.paint('green', '✓');
  const number = terminal.paint('bold', String(block.number).padStart(6));
  const count = `${block.transactionCount} tx`.padStart(7);
  const preview =
    first === undefined ? '' : terminal.paint('dim', payloadPreview(first.payload, 40));
  const facts = `${block.hash.slice(0, 12)}  ${count}  term ${block.term}  ${block.proposer ?? '-'}`;
  return `${tick} ${number}  ${block.timestamp}  ${facts}  ${preview}`.trimEnd();
}

const wholeNumber = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1234567 as 1,234,567. */
export const grouped = (value: number): string => wholeNumber.format(value);

/** `1 block`, `2 blocks`. */
export const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
