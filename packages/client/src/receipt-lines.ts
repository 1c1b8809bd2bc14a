/**
 * Receipts in exactly the form the service writes them, read by place instead of as JSON: some 50,000 come in a second.
 *
 *   {"status":200,"channel":"<c>","channelId":"<hex>","id":"<id>","block":4,"index":0,"blockHash":"<hex>","duplicate":false}
 *
 * Lines of one block differ in id and index alone, so after its first line the rest is compared, not read.
 *
 * Invariant: what is read here is what `JSON.parse` and every check of `answers.ts` would have made of the same bytes.
 * At the first byte that differs the whole reply is left to them: null.
 */
import { readAscii, utf8 } from '@cairn/ledger';
import type { Receipt } from '@cairn/transport';

/** So many digits are always a safe integer. */
const DIGITS_MAX = 15;
const HASH_CHARACTERS = 64;
const CODE_OF_0 = 0x30;
const CODE_OF_9 = 0x39;
const CODE_OF_A = 0x61;
const CODE_OF_F = 0x66;
/** An id that holds one of these is escaped in JSON. */
const CODE_OF_QUOTE = 0x22;
const CODE_OF_BACKSLASH = 0x5c;

/**
 * ASCII that is expected, ready to be compared eight bytes at a time: calling the host's comparison would cost more.
 * Eight bytes of ASCII are neither a zero nor NaN as a float64, so they equal no others than themselves.
 */
interface Piece {
  readonly words: Float64Array;
  /** What is left of less than a word. */
  readonly rest: Uint8Array;
}

const WORD_BYTES = 8;

const BEFORE_BLOCK = pieceOf('","block":');
const BEFORE_INDEX = pieceOf(',"index":');
const BEFORE_HASH = pieceOf(',"blockHash":"');
const BEFORE_DUPLICATE = pieceOf('","duplicate":');
const TRUE = pieceOf('true');
const FALSE = pieceOf('false');
const END = pieceOf('}');
const NEWLINE = pieceOf('\n');

export interface ReceiptsWanted {
  /** As in a subject: nothing in it needs an escape. */
  readonly channel: string;
  readonly channelId: string;
  /** One line for each, in this order. */
  readonly ids: readonly string[];
}

export function readReceipts(wanted: ReceiptsWanted, payload: Uint8Array): Receipt[] | null {
  const lines = new ReceiptLines(wanted, payload);
  const receipts: Receipt[] = [];
  for (const id of wanted.ids) {
    const receipt = lines.next(id);
    if (receipt === null) return null;
    receipts.push(receipt);
  }
  return lines.isAtEnd ? receipts : null;
}

/** What a line says beside id and index, and its bytes before and after the index. */
interface LineOfBlock {
  readonly block: number;
  readonly blockHash: string;
  readonly duplicate: boolean;
  readonly beforeIndex: Piece;
  readonly afterIndex: Piece;
}

class ReceiptLines {
  readonly #wanted: ReceiptsWanted;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: Piece;
  #at = 0;
  #lineBefore: LineOfBlock | null = null;

  constructor(wanted: ReceiptsWanted, payload: Uint8Array) {
    this.#wanted = wanted;
    this.#bytes = payload;
    this.#view = viewOf(payload);
    const { channel, channelId } = wanted;
    this.#start = pieceOf(`{"status":200,"channel":"${channel}","channelId":"${channelId}","id":"`);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(id: string): Receipt | null {
    if (!this.#passes(this.#start) || !this.#passesId(id)) return null;
    const end = this.#at;
    const index = this.#indexInSameBlock();
    if (index >= 0) return this.#receipt(id, this.#lineBefore!, index);
    this.#at = end;
    return this.#nextOfAnyBlock(id);
  }

  /** -1 if anything but the index differs from the line before. */
  #indexInSameBlock(): number {
    const before = this.#lineBefore;
    if (before === null || !this.#passes(before.beforeIndex)) return -1;
    const index = this.#number();
    return this.#passes(before.afterIndex) ? index : -1;
  }

  #nextOfAnyBlock(id: string): Receipt | null {
    const start = this.#at;
    if (!this.#passes(BEFORE_BLOCK)) return null;
    const block = this.#number();
    if (!this.#passes(BEFORE_INDEX)) return null;
    const indexStart = this.#at;
    const index = this.#number();
    const indexEnd = this.#at;
    if (!this.#passes(BEFORE_HASH) || block < 0 || index < 0) return null;
    const blockHash = this.#hash();
    if (blockHash === null || !this.#passes(BEFORE_DUPLICATE)) return null;
    const duplicate = this.#passes(TRUE);
    if (!duplicate && !this.#passes(FALSE)) return null;
    if (!this.#passes(END) || !(this.#passes(NEWLINE) || this.isAtEnd)) return null;
    const beforeIndex = pieceAt(this.#bytes, start, indexStart);
    const afterIndex = pieceAt(this.#bytes, indexEnd, this.#at);
    this.#lineBefore = { block, blockHash, duplicate, beforeIndex, afterIndex };
    return this.#receipt(id, this.#lineBefore, index);
  }

  #receipt(id: string, { block, blockHash, duplicate }: LineOfBlock, index: number): Receipt {
    const { channel, channelId } = this.#wanted;
    return { status: 200, channel, channelId, id, block, index, blockHash, duplicate };
  }

  #passes({ words, rest }: Piece): boolean {
    const bytes = this.#bytes;
    const view = this.#view;
    let at = this.#at;
    if (at + words.length * WORD_BYTES > bytes.length) return false;
    for (let i = 0; i < words.length; i++, at += WORD_BYTES) {
      if (view.getFloat64(at, true) !== words[i]) return false;
    }
    for (let i = 0; i < rest.length; i++, at++) if (bytes[at] !== rest[i]) return false;
    this.#at = at;
    return true;
  }

  #passesId(id: string): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i);
      if (bytes[start + i] !== code || code === CODE_OF_QUOTE || code === CODE_OF_BACKSLASH)
        return false;
    }
    this.#at = start + id.length;
    return true;
  }

  /** -1 if no number in its one spelling stands here. */
  #number(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (; at - start < DIGITS_MAX; at++) {
      const code = bytes[at];
      if (code === undefined || code < CODE_OF_0 || code > CODE_OF_9) break;
      value = value * 10 + code - CODE_OF_0;
    }
    this.#at = at;
    const hasLeadingZero = at - start > 1 && bytes[start] === CODE_OF_0;
    return at === start || hasLeadingZero ? -1 : value;
  }

  /** Cut out alone: nothing keeps the reply alive. Null if none stands here. */
  #hash(): string | null {
    const start = this.#at;
    const end = start + HASH_CHARACTERS;
    if (end > this.#bytes.length) return null;
    for (let i = start; i < end; i++) if (!isHexDigit(this.#bytes[i]!)) return null;
    this.#at = end;
    return readAscii(this.#bytes, start, HASH_CHARACTERS);
  }
}

function isHexDigit(code: number): boolean {
  return (code >= CODE_OF_0 && code <= CODE_OF_9) || (code >= CODE_OF_A && code <= CODE_OF_F);
}

function pieceOf(text: string): Piece {
  const bytes = utf8(text);
  return pieceAt(bytes, 0, bytes.length);
}

function pieceAt(bytes: Uint8Array, start: number, end: number): Piece {
  const view = viewOf(bytes);
  const words = new Float64Array(Math.floor((end - start) / WORD_BYTES));
  for (let i = 0; i < words.length; i++) words[i] = view.getFloat64(start + i * WORD_BYTES, true);
  return { words, rest: bytes.slice(start + words.length * WORD_BYTES, end) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
