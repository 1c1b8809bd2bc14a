/**
 * Applying: what follows from an entry once it is committed and on this disk.
 *
 * Its block joins the blocks that wait for the index, its configuration comes into force, whoever waits for it gets a
 * receipt. Invariants:
 *   K2  an entry is applied only when it is committed and on this disk, once, in order;
 *   A1  the ids of an applied block stay in memory until the index has them on disk.
 */
import type { Entry, RaftCore } from '@cairn/raft';
import type { ChainLog, LogEntry } from './chain-log.ts';
import type { Channel } from './channel.ts';
import type { ChannelBlocks } from './channel-blocks.ts';
import type { ChannelHost } from './channel-host.ts';
import type { IndexBacklog } from './index-backlog.ts';
import type { TransactionIds } from './transaction-ids.ts';

export interface ApplierParts {
  readonly channel: Channel;
  readonly host: ChannelHost;
  readonly raft: RaftCore;
  readonly log: ChainLog;
  readonly blocks: ChannelBlocks;
  readonly ids: TransactionIds;
  readonly backlog: IndexBacklog;
}

export class Applier {
  readonly #parts: ApplierParts;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
  }

  /** Raft gives an entry to be applied only when it is both committed and on this disk. */
  apply(entries: readonly Entry[]): void {
    const { host, raft, log } = this.#parts;
    const nowMs = host.monotonicMs();
    for (const { index } of entries) this.#applyOne(log.advance(index), nowMs);
    raft.applied(entries.at(-1)!.index);
  }

  #applyOne(entry: LogEntry, nowMs: number): void {
    const { channel, host, raft, blocks, backlog } = this.#parts;
    const { index, term, kind, block } = entry;
    if (block !== null) {
      backlog.add(block, nowMs);
      channel.counters.transactions += block.body.count;
      if (kind === 'config') blocks.addConfig(entry.state.config);
      if (raft.isLeader) host.publishEvent(channel, blocks.eventOf(block));
      host.blockWritten(channel, block.header.number, index);
    }
    channel.submissions.committed(index, term, block, nowMs);
  }

  /** The batch of the index that was staged is on disk. */
  indexed(): void {
    const { host, ids, backlog } = this.#parts;
    for (const block of backlog.staged(host.monotonicMs())) ids.remove(block);
  }
}
