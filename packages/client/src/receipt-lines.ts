/**
 * Receipts in exactly the form the service writes them, read by place instead of as JSON: some 50,000 come in a second.
 *
 *   {"status":200,"channel":"<c>","channelId":"<hex>","id":"<id>","block":4,"index":0,"blockHash":"<hex>","duplicate":false}
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

const BEFORE_BLOCK = utf8('","block":');
const BEFORE_INDEX = utf8(',"index":');
const BEFORE_HASH = utf8(',"blockHash":"');
const BEFORE_DUPLICATE = utf8('","duplicate":');
const TRUE = utf8('true');
const FALSE = utf8('false');
const END = utf8('}');
const NEWLINE = utf8('\n');

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

class ReceiptLines {
  readonly #wanted: ReceiptsWanted;
  readonly #bytes: Buffer;
  readonly #start: Uint8Array;
  #at = 0;
  #blockHash = '';
  #blockHashBytes: Uint8Array = new Uint8Array(0);

  constructor(wanted: ReceiptsWanted, payload: Uint8Array) {
    this.#wanted = wanted;
    this.#bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    const { channel, channelId } = wanted;
    this.#start = utf8(`{"status":200,"channel":"${channel}","channelId":"${channelId}","id":"`);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(id: string): Receipt | null {
    if (!this.#passesLong(this.#start) || !this.#passesId(id)) return null;
    if (!this.#passes(BEFORE_BLOCK)) return null;
    const block = this.#number();
    if (!this.#passes(BEFORE_INDEX)) return null;
    const index = this.#number();
    if (!this.#passes(BEFORE_HASH) || block < 0 || index < 0 || !this.#readHash()) return null;
    if (!this.#passes(BEFORE_DUPLICATE)) return null;
    const duplicate = this.#passes(TRUE);
    if (!duplicate && !this.#passes(FALSE)) return null;
    if (!this.#passes(END) || !(this.#passes(NEWLINE) || this.isAtEnd)) return null;
    const { channel, channelId } = this.#wanted;
    const blockHash = this.#blockHash;
    return { status: 200, channel, channelId, id, block, index, blockHash, duplicate };
  }

  #passes(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    for (let i = 0; i < expected.length; i++) {
      if (bytes[start + i] !== expected[i]) return false;
    }
    this.#at = start + expected.length;
    return true;
  }

  /** The same for a piece so long that a call into the host costs less than a loop. */
  #passesLong(expected: Uint8Array): boolean {
    const start = this.#at;
    const end = start + expected.length;
    if (end > this.#bytes.length) return false;
    if (this.#bytes.compare(expected, 0, expected.length, start, end) !== 0) return false;
    this.#at = end;
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
    const start = this.#at;
    let value = 0;
    for (; this.#at - start < DIGITS_MAX; this.#at++) {
      const code = this.#bytes[this.#at];
      if (code === undefined || code < CODE_OF_0 || code > CODE_OF_9) break;
      value = value * 10 + code - CODE_OF_0;
    }
    const digits = this.#at - start;
    const hasLeadingZero = digits > 1 && this.#bytes[start] === CODE_OF_0;
    return digits === 0 || hasLeadingZero ? -1 : value;
  }

  /** The receipts of a block share one string, cut out alone: nothing keeps the reply alive. */
  #readHash(): boolean {
    if (this.#blockHash !== '' && this.#passesLong(this.#blockHashBytes)) return true;
    const end = this.#at + HASH_CHARACTERS;
    if (end > this.#bytes.length) return false;
    for (let i = this.#at; i < end; i++) if (!isHexDigit(this.#bytes[i]!)) return false;
    this.#blockHash = readAscii(this.#bytes, this.#at, HASH_CHARACTERS);
    this.#blockHashBytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return true;
  }
}

function isHexDigit(code: number): boolean {
  return (code >= CODE_OF_0 && code <= CODE_OF_9) || (code >= CODE_OF_A && code <= CODE_OF_F);
}
