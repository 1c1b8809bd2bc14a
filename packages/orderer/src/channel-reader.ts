/**
 * What the doors may read of a channel, in the forms in which they show it.
 *
 * Invariant: only what is visible is shown (promise 6, `reads.ts`); asking never changes anything. A channel that failed
 * still shows what was visible, and nobody waits for more of it.
 */
import { utf8 } from '@cairn/ledger';
import type { TransactionReply } from '@cairn/transport';
import type { ChannelIdentity } from './answers.ts';
import type { ChannelBlocks } from './channel-blocks.ts';
import { assert } from './errors.ts';
import type { Reads } from './reads.ts';
import type { SubmissionQueue } from './submission-queue.ts';

export interface ReaderDependencies {
  readonly identity: ChannelIdentity;
  readonly reads: Reads;
  readonly blocks: ChannelBlocks;
  readonly queue: SubmissionQueue;
  monotonicMs(): number;
  /** Number of committed blocks. */
  height(): number;
  isFailed(): boolean;
  /** Somebody waits now: what is committed may be worth a write. */
  wake(): void;
}

export class ChannelReader {
  readonly #dependencies: ReaderDependencies;

  constructor(dependencies: ReaderDependencies) {
    this.#dependencies = dependencies;
  }

  /** Number of blocks that may be shown. */
  get visibleHeight(): number {
    return this.#dependencies.reads.visibleHeight;
  }

  /** Calls `done(true)` once the block may be shown here, `done(false)` if it is not so within `waitMs`. */
  whenVisible(number: number, waitMs: number, done: (visible: boolean) => void): void {
    const { reads, blocks } = this.#dependencies;
    if (number < reads.visibleHeight) {
      done(true);
    } else if (this.#isBeyondWaiting(number, blocks) || waitMs === 0) {
      done(false);
    } else {
      reads.wait(number, this.#dependencies.monotonicMs() + waitMs, done);
      this.#dependencies.wake();
    }
  }

  #isBeyondWaiting(number: number, blocks: ChannelBlocks): boolean {
    return this.#dependencies.isFailed() || !blocks.isNear(number, this.#dependencies.height());
  }

  /** Calls on every advance of the visible height until the returned function is called. */
  followVisible(onAdvance: () => void): () => void {
    const stop = this.#dependencies.reads.follow(onAdvance);
    this.#dependencies.wake();
    return stop;
  }

  blockBytes(number: number): Uint8Array {
    assert(number < this.visibleHeight, 'only visible blocks are shown');
    return this.#dependencies.blocks.bytesOf(number);
  }

  blockJson(number: number): unknown {
    return { status: 200, block: this.#dependencies.blocks.jsonOf(this.blockBytes(number)) };
  }

  headerJson(number: number): unknown {
    return { status: 200, block: this.#dependencies.blocks.headerJsonOf(this.blockBytes(number)) };
  }

  /** Where a transaction stands: `committed` in a block, `pending` in the queue or a proposed block, or `unknown`. */
  transaction(id: string): TransactionReply {
    const { identity, blocks, queue } = this.#dependencies;
    const base = { status: 200, ...identity, id, height: this.#dependencies.height() } as const;
    const found = blocks.find(id);
    if (found?.kind === 'committed') {
      const { block, index, blockHash } = found;
      return { ...base, state: 'committed', block, index, blockHash };
    }
    const idBytes = utf8(id);
    const isQueued = queue.find(idBytes, 0, idBytes.length) !== null;
    return { ...base, state: found !== null || isQueued ? 'pending' : 'unknown' };
  }
}
