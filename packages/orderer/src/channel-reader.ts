/**
 * What the doors may read of a channel, in the forms in which they show it.
 *
 * Invariant: only what is visible is shown (promise 6, `reads.ts`); asking never changes anything. A channel that failed
 * still shows what was visible, and nobody waits for more of it.
 */
import { utf8 } from '@cairn/ledger';
import type { TransactionReply } from '@cairn/transport';
import type { Channel } from './channel.ts';
import type { ChannelBlocks } from './channel-blocks.ts';
import type { ChannelHost } from './channel-host.ts';
import { assert } from './errors.ts';
import type { Reads } from './reads.ts';

export interface ReaderParts {
  readonly channel: Channel;
  readonly host: ChannelHost;
  readonly reads: Reads;
  readonly blocks: ChannelBlocks;
}

export class ChannelReader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** Number of blocks that may be shown. */
  get visibleHeight(): number {
    return this.#parts.reads.visibleHeight;
  }

  /** Calls `done(true)` once the block may be shown here, `done(false)` if it is not so within `waitMs`. */
  whenVisible(number: number, waitMs: number, done: (visible: boolean) => void): void {
    const { host, reads } = this.#parts;
    if (number < reads.visibleHeight) {
      done(true);
    } else if (this.#isBeyondWaiting(number) || waitMs === 0) {
      done(false);
    } else {
      reads.wait(number, host.monotonicMs() + waitMs, done);
      this.#wake();
    }
  }

  #isBeyondWaiting(number: number): boolean {
    const { channel, blocks } = this.#parts;
    return channel.state === 'failed' || !blocks.isNear(number, channel.height);
  }

  /** Somebody waits now: what is committed may be worth a write. */
  #wake(): void {
    const { channel, host } = this.#parts;
    host.markDirty(channel);
  }

  /** Calls on every advance of the visible height until the returned function is called. */
  followVisible(onAdvance: () => void): () => void {
    const stop = this.#parts.reads.follow(onAdvance);
    this.#wake();
    return stop;
  }

  blockBytes(number: number): Uint8Array {
    assert(number < this.visibleHeight, 'only visible blocks are shown');
    return this.#parts.blocks.bytesOf(number);
  }

  blockJson(number: number): unknown {
    return { status: 200, block: this.#parts.blocks.jsonOf(this.blockBytes(number)) };
  }

  headerJson(number: number): unknown {
    return { status: 200, block: this.#parts.blocks.headerJsonOf(this.blockBytes(number)) };
  }

  /** Where a transaction stands: `committed` in a block, `pending` in the queue or a proposed block, or `unknown`. */
  transaction(id: string): TransactionReply {
    const { channel, blocks } = this.#parts;
    const base = { status: 200, ...channel.identity, id, height: channel.height } as const;
    const found = blocks.find(id);
    if (found?.kind === 'committed') {
      const { block, index, blockHash } = found;
      return { ...base, state: 'committed', block, index, blockHash };
    }
    const idBytes = utf8(id);
    const isQueued = channel.submissions.queue.find(idBytes, 0, idBytes.length) !== null;
    return { ...base, state: found !== null || isQueued ? 'pending' : 'unknown' };
  }
}
