/**
 * Receipts in exactly the form the service writes them, read by place instead of as JSON: some 50,000 come in a second.
 *
 *   {"status":200,"channel":"<c>","channelId":"<hex>","id":"<id>","block":4,"index":0,"blockHash":"<hex>","duplicate":false}
 *
 * Invariant: what is read here is what `JSON.parse` and every check of `answers.ts` would have made of the same bytes.
 * At the first byte that differs the whole reply is left to them: null.
 */
import { readAscii } from '@cairn/ledger';
import type { Receipt } from '@cairn/transport';

/** So many digits are always a safe integer. */
const DIGITS_MAX = 15;
const HASH_CHARACTERS = 64;
const NEEDS_ESCAPE = /["\\]/;
const CODE_OF_0 = 0x30;
const CODE_OF_9 = 0x39;
const CODE_OF_A = 0x61;
const CODE_OF_F = 0x66;

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
  readonly #bytes: Uint8Array;
  readonly #start: string;
  #at = 0;
  #blockHash = '';

  constructor(wanted: ReceiptsWanted, payload: Uint8Array) {
    this.#wanted = wanted;
    this.#bytes = payload;
    this.#start = `{"status":200,"channel":"${wanted.channel}","channelId":"${wanted.channelId}","id":"`;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(id: string): Receipt | null {
    if (NEEDS_ESCAPE.test(id) || !this.#passes(this.#start) || !this.#passes(id)) return null;
    if (!this.#passes('","block":')) return null;
    const block = this.#number();
    if (!this.#passes(',"index":')) return null;
    const index = this.#number();
    if (!this.#passes(',"blockHash":"') || block < 0 || index < 0 || !this.#readHash()) return null;
    if (!this.#passes('","duplicate":')) return null;
    const duplicate = this.#passes('true');
    if (!duplicate && !this.#passes('false')) return null;
    if (!this.#passes('}') || !(this.#passes('\n') || this.isAtEnd)) return null;
    const { channel, channelId } = this.#wanted;
    const blockHash = this.#blockHash;
    return { status: 200, channel, channelId, id, block, index, blockHash, duplicate };
  }

  /** `expected` is ASCII. A loop, because the built-in ways to compare cost more for texts as short as these. */
  #passes(expected: string): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    for (let i = 0; i < expected.length; i++) {
      if (bytes[start + i] !== expected.charCodeAt(i)) return false;
    }
    this.#at = start + expected.length;
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
    if (this.#blockHash !== '' && this.#passes(this.#blockHash)) return true;
    const end = this.#at + HASH_CHARACTERS;
    if (end > this.#bytes.length) return false;
    for (let i = this.#at; i < end; i++) if (!isHexDigit(this.#bytes[i]!)) return false;
    this.#blockHash = readAscii(this.#bytes, this.#at, HASH_CHARACTERS);
    this.#at = end;
    return true;
  }
}

function isHexDigit(code: number): boolean {
  return (code >= CODE_OF_0 && code <= CODE_OF_9) || (code >= CODE_OF_A && code <= CODE_OF_F);
}
