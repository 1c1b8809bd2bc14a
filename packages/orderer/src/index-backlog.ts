/**
 * The write-behind of the transaction index: blocks that are applied and not yet in the index, oldest first.
 *
 * The index decides the throughput, so it is written in big sorted batches. Invariants: the mark never passes the
 * commit index written in the same transaction; a block leaves the backlog, and its ids leave memory, only when its
 * batch is on disk. Config blocks are not indexed: their ids say their numbers, clients may not use them, and one of
 * them would be greater than every time-ordered id.
 */
import { type Block, type BlockNumber, type Crypto, idOrderOf, leavesOf } from '@cairn/ledger';
import type { IndexBatch, IndexSource } from '@cairn/store';
import { assert } from './errors.ts';

export interface BacklogLimits {
  /** A batch is written when this many transactions wait ... */
  readonly batchTransactions: number;
  /** ... or this many bytes of blocks ... */
  readonly batchBytes: number;
  /** ... or the oldest has waited this long. */
  readonly batchDelayMs: number;
}

export const backlogLimits: BacklogLimits = {
  batchTransactions: 5_000,
  batchBytes: 16 * 1024 * 1024,
  batchDelayMs: 1_000,
};

/** The bytes of a leaf that an index record keeps: enough to tell "same bytes" without the block. */
export const LEAF_MARK_BYTES = 16;

export class IndexBacklog {
  readonly #limits: BacklogLimits;
  #blocks: Block[] = [];
  #transactions = 0;
  #bytes = 0;
  #oldestAtMs = 0;
  /** Blocks whose batch was handed to the disk: the front of `#blocks`. */
  #stagedBlocks = 0;

  constructor(limits: BacklogLimits = backlogLimits) {
    this.#limits = limits;
  }

  get blocks(): number {
    return this.#blocks.length;
  }

  add(block: Block, nowMs: number): void {
    const newest = this.#blocks.at(-1);
    assert(
      newest === undefined || newest.header.number + 1 === block.header.number,
      'blocks enter the index backlog without gaps',
    );
    if (this.#blocks.length === 0) this.#oldestAtMs = nowMs;
    this.#blocks.push(block);
    this.#transactions += block.body.count;
    this.#bytes += block.bytes.length;
  }

  find(number: BlockNumber): Block | undefined {
    const first = this.#blocks[0];
    return first === undefined ? undefined : this.#blocks[number - first.header.number];
  }

  isDue(nowMs: number): boolean {
    if (this.#stagedBlocks > 0 || this.#blocks.length === 0) return false;
    return (
      this.#transactions >= this.#limits.batchTransactions ||
      this.#bytes >= this.#limits.batchBytes ||
      nowMs - this.#oldestAtMs >= this.#limits.batchDelayMs
    );
  }

  /**
   * The next batch, as large as it must be for what stays behind to be less than one: while a member catches up, more
   * arrives with each write than one batch holds. Goes into a write that carries a commit index covering its mark.
   */
  stage(crypto: Crypto): IndexBatch {
    assert(this.#stagedBlocks === 0, 'one index batch is under way at a time');
    const { batchTransactions, batchBytes } = this.#limits;
    const sources: IndexSource[] = [];
    let transactions = 0;
    let count = 0;
    let bytesLeft = this.#bytes;
    for (const block of this.#blocks) {
      if (block.header.kind === 'data') {
        sources.push(sourceOf(crypto, block));
        transactions += block.body.count;
      }
      count += 1;
      bytesLeft -= block.bytes.length;
      if (transactions >= batchTransactions && bytesLeft < batchBytes) break;
    }
    this.#stagedBlocks = count;
    return { mark: this.#blocks[count - 1]!.header.number, sources };
  }

  /** The staged batch is on disk: returns its blocks, whose ids the index now answers for. */
  staged(nowMs: number): readonly Block[] {
    const written = this.#blocks.slice(0, this.#stagedBlocks);
    this.#blocks = this.#blocks.slice(this.#stagedBlocks);
    this.#stagedBlocks = 0;
    for (const block of written) {
      this.#transactions -= block.body.count;
      this.#bytes -= block.bytes.length;
    }
    this.#oldestAtMs = nowMs;
    return written;
  }
}

/** The block's own bytes: the backlog keeps the block until they are written. */
function sourceOf(crypto: Crypto, block: Block): IndexSource {
  const { positions } = idOrderOf(block.body);
  const leaves = leavesOf(crypto, block);
  return { block: block.header.number, ids: block.body, order: positions, leaves };
}
