/**
 * The lines of JSON that answer submissions: receipts and refusals of one channel.
 *
 * Receipts come in such numbers that most are written as bytes by `BlockReceipts`; everything else goes through
 * `refusal`, the one way from the error table to the wire.
 */
import { utf8 } from '@cairn/ledger';
import { type ErrorCode, type RefusalDetails, refusal } from '@cairn/transport';
import { BlockReceipts } from './receipts.ts';

export interface ChannelIdentity {
  readonly channel: string;
  /** Hex. */
  readonly channelId: string;
}

export interface ReceiptPlace {
  readonly id: string;
  readonly block: number;
  readonly index: number;
  /** Hex. */
  readonly blockHash: string;
  readonly duplicate: boolean;
}

/** An id is printable ASCII; only these two of its characters need escaping in JSON. */
const NEEDS_ESCAPE = /["\\]/;

/** What the ledger says of bad bytes in passing, as a sentence for whoever sent them. */
export function sentenceOf(remark: string): string {
  return `${remark.charAt(0).toUpperCase()}${remark.slice(1)}.`;
}

export class Answers {
  readonly identity: ChannelIdentity;
  readonly #receiptStart: string;
  readonly #receiptStartBytes: Uint8Array;

  constructor(identity: ChannelIdentity) {
    this.identity = identity;
    const { channel, channelId } = identity;
    this.#receiptStart = `{"status":200,"channel":"${channel}","channelId":"${channelId}","id":`;
    this.#receiptStartBytes = utf8(this.#receiptStart);
  }

  /** For the many receipts of a block that go to those who submitted its transactions. */
  receiptsOf(block: number, blockHash: string): BlockReceipts {
    return new BlockReceipts(this.#receiptStartBytes, block, blockHash);
  }

  receipt({ id, block, index, blockHash, duplicate }: ReceiptPlace): string {
    const idText = NEEDS_ESCAPE.test(id) ? JSON.stringify(id) : `"${id}"`;
    return `${this.#receiptStart}${idText},"block":${block},"index":${index},"blockHash":"${blockHash}","duplicate":${duplicate}}`;
  }

  refusal(code: ErrorCode, details: RefusalDetails = {}): string {
    return JSON.stringify(refusal(code, { ...this.identity, ...details }));
  }
}
