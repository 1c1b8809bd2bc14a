/**
 * Receipts as bytes: some 50,000 lines a second, put together from prepared text without a string for each.
 *
 *   {"status":200,"channel":"<c>","channelId":"<hex>","id":"<id>","block":4,"index":0,"blockHash":"<hex>","duplicate":false}
 *
 * Invariant: exactly the bytes that `Answers.receipt` would give for the same receipt.
 */
import { utf8 } from '@cairn/ledger';

const CODE_OF_0 = 0x30;
const CODE_OF_QUOTE = 0x22;
const CODE_OF_BACKSLASH = 0x5c;
/** No block has more transactions. */
const INDEX_DIGITS_MAX = 10;

/** What all receipts of one block share. */
export class BlockReceipts {
  readonly #start: Uint8Array;
  readonly #middle: Uint8Array;
  readonly #end: Uint8Array;

  /** `start` is the line up to the quote before the id; `blockHash` is hex. */
  constructor(start: Uint8Array, block: number, blockHash: string) {
    this.#start = start;
    this.#middle = utf8(`,"block":${block},"index":`);
    this.#end = utf8(`,"blockHash":"${blockHash}","duplicate":false}`);
  }

  /** Enough for one receipt, whatever has to be escaped in its id. */
  bytesMax(idLength: number): number {
    const text = this.#start.length + this.#middle.length + this.#end.length;
    return text + 2 + 2 * idLength + INDEX_DIGITS_MAX;
  }

  /** Writes the receipt of the id at [idStart, idStart + idLength) of `source`; returns where it ends. */
  write(
    target: Uint8Array,
    start: number,
    source: Uint8Array,
    idStart: number,
    idLength: number,
    index: number,
  ): number {
    target.set(this.#start, start);
    let at = writeId(target, start + this.#start.length, source, idStart, idLength);
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
  idLength: number,
): number {
  let at = start;
  target[at++] = CODE_OF_QUOTE;
  for (let from = idStart; from < idStart + idLength; from++) {
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
