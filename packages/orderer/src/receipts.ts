/**
 * Receipts as bytes: some 50,000 lines a second, put together from prepared text without a string for each.
 *
 *   {"status":200,"channel":"<c>","channelId":"<hex>","id":"<id>","block":4,"index":0,"blockHash":"<hex>","duplicate":false}
 *
 * Invariant: exactly the bytes that `Answers.receipt` would give for the same receipt.
 */
import { Buffer } from 'node:buffer';
import type { BodyIndex } from '@cairn/ledger';
import { passingBytes } from './text-bytes.ts';

const LINE_FEED = 0x0a;
const CODE_OF_0 = 0x30;
const CODE_OF_QUOTE = 0x22;
const CODE_OF_BACKSLASH = 0x5c;
/** No block has so many transactions that a position has more. */
const INDEX_DIGITS_MAX = 4;

/** What all receipts of one block share. */
export class BlockReceipts {
  readonly #start: Uint8Array;
  readonly #middle: Uint8Array;
  readonly #end: Uint8Array;

  /** `start` is the line up to the quote before the id; `blockHash` is hex. */
  constructor(start: Uint8Array, block: number, blockHash: string) {
    this.#start = start;
    this.#middle = passingBytes(`,"block":${block},"index":`);
    this.#end = passingBytes(`,"blockHash":"${blockHash}","duplicate":false}`);
  }

  /** Of `count` transactions from `first` on, a line feed after each. */
  linesOf(body: BodyIndex, first: number, count: number): Uint8Array {
    let size = 0;
    for (let index = first; index < first + count; index++) {
      size += this.#bytesMax(body.idLengths[index]!);
    }
    const target = Buffer.allocUnsafe(size);
    let at = 0;
    for (let index = first; index < first + count; index++) {
      at = this.#write(target, at, body, index);
      target[at++] = LINE_FEED;
    }
    return target.subarray(0, at);
  }

  /** Enough for one line, whatever has to be escaped in its id. */
  #bytesMax(idLength: number): number {
    const text = this.#start.length + this.#middle.length + this.#end.length;
    return text + 2 + 2 * idLength + INDEX_DIGITS_MAX + 1;
  }

  /** Returns where the receipt ends. */
  #write(target: Uint8Array, start: number, body: BodyIndex, index: number): number {
    target.set(this.#start, start);
    const idStart = body.idStarts[index]!;
    const idEnd = idStart + body.idLengths[index]!;
    let at = writeId(target, start + this.#start.length, body.bytes, idStart, idEnd);
    target.set(this.#middle, at);
    at = writeDecimal(target, at + this.#middle.length, index);
    target.set(this.#end, at);
    return at + this.#end.length;
  }
}

/** An id is printable ASCII; only two of its characters need escaping in JSON. */
function writeId(
  target: Uint8Array,
  start: number,
  source: Uint8Array,
  idStart: number,
  idEnd: number,
): number {
  let at = start;
  target[at++] = CODE_OF_QUOTE;
  for (let from = idStart; from < idEnd; from++) {
    const code = source[from]!;
    if (code === CODE_OF_QUOTE || code === CODE_OF_BACKSLASH) target[at++] = CODE_OF_BACKSLASH;
    target[at++] = code;
  }
  target[at++] = CODE_OF_QUOTE;
  return at;
}

function writeDecimal(target: Uint8Array, start: number, value: number): number {
  let end = start + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end += 1;
  let rest = value;
  for (let at = end - 1; at >= start; at--) {
    target[at] = CODE_OF_0 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return end;
}
