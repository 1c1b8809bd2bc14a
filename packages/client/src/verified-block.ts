/**
 * A block as applications get it: the fields of its header in readable form, its canonical bytes, its transactions.
 *
 * It is made only of a block that has been checked as far as the channel asks for; `JSON.stringify` of it gives the
 * documented block JSON.
 */
import {
  type Block,
  type BlockJson,
  type BlockNaming,
  type HeaderJson,
  jsonOfBlock,
  jsonOfHeader,
  type Transaction,
  transactionAt,
} from '@cairn/ledger';

/** Hashes and the signature are lower-case hex, `timestampMs` is Unix time; `proposer` is null in block 0. */
export interface VerifiedBlock extends HeaderJson {
  /** The canonical bytes: 142 of header, 64 of signature, then the body. Not to be changed. */
  readonly bytes: Uint8Array;
  /** Decoded when first asked for; payloads, authors and signatures are views of `bytes`. */
  readonly transactions: readonly Transaction[];
  toJSON(): BlockJson;
}

export function verifiedBlockOf(block: Block, naming: BlockNaming): VerifiedBlock {
  let decoded: readonly Transaction[] | null = null;
  return {
    ...jsonOfHeader(block, naming),
    bytes: block.bytes,
    get transactions() {
      decoded ??= transactionsOf(block);
      return decoded;
    },
    toJSON: () => jsonOfBlock(block, naming),
  };
}

function transactionsOf({ body }: Block): readonly Transaction[] {
  return Array.from({ length: body.count }, (_, index) => transactionAt(body, index));
}
