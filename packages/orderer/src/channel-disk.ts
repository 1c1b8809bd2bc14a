/**
 * What a channel gives to the disk, and what it knows to be there.
 *
 * Invariants:
 *   K1  a message that says something is on disk leaves only after `persisted` has said so;
 *   D1  an entry is written as it stands in the chain, where it was verified before (C2);
 *   D2  `commit` is never ahead of the disk: what may be shown rests on it (promise 6).
 */
import type { Entry, HardState, Index, Message, RaftCore, Write } from '@cairn/raft';
import { toIndex } from '@cairn/raft';
import type { ChannelStore, ChannelWrite, IndexBatch } from '@cairn/store';
import type { ChainLog } from './chain-log.ts';
import type { Channel } from './channel.ts';
import type { ChannelHost } from './channel-host.ts';
import { DiskGate } from './disk-gate.ts';
import { assert } from './errors.ts';

export interface ChannelDiskParts {
  readonly channel: Channel;
  readonly host: ChannelHost;
  readonly raft: RaftCore;
  readonly store: ChannelStore;
  readonly log: ChainLog;
  /** The commit index that was read when the channel was opened. */
  readonly commit: Index;
}

export class ChannelDisk {
  readonly #parts: ChannelDiskParts;
  readonly #gate: DiskGate;
  #commit: Index;

  constructor(parts: ChannelDiskParts) {
    const { channel, host } = parts;
    this.#parts = parts;
    this.#gate = new DiskGate((message) => host.send(channel, message));
    this.#commit = parts.commit;
  }

  /** The newest commit index that is known to be on disk. */
  get commit(): Index {
    return this.#commit;
  }

  /** Raft knows of more committed entries than the disk. */
  get isCommitBehind(): boolean {
    return this.#parts.raft.commit > this.#commit;
  }

  issue({ seq, hard, truncateFrom, entries }: Write): void {
    const { channel, host, store, log } = this.#parts;
    this.#gate.issued(seq);
    host.write(channel, seq, {
      channel: store,
      hard,
      truncateFrom,
      entries: entries.map((entry) => storedEntry(log, entry)),
      snapshot: null,
      index: null,
    });
  }

  /** Nobody waits for a batch of the index: it has the number of the write before it. */
  issueIndex(index: IndexBatch): void {
    const { channel, host, store } = this.#parts;
    host.write(channel, this.#gate.issuedSeq, {
      channel: store,
      hard: null,
      truncateFrom: toIndex(0),
      entries: [],
      snapshot: null,
      index,
    });
  }

  /** Sends the messages once everything that was issued is on disk (K1). */
  sendAfterWrite(messages: readonly Message[]): void {
    this.#gate.sendAfterWrite(messages);
  }

  /** Everything up to this write is on disk; `hard` is the last hard state among it, if there is one. */
  persisted(seq: number, hard: HardState | null): void {
    this.#gate.persisted(seq);
    if (hard !== null) this.#commit = hard.commit;
  }

  /** Sends what waited for what is on disk by now. */
  release(): void {
    this.#gate.release();
  }
}

function storedEntry(log: ChainLog, { index, term, kind }: Entry): ChannelWrite['entries'][number] {
  const entry = log.entryAt(index);
  assert(entry?.term === term, 'what is written was verified and chained before (D1)');
  const { block } = entry;
  if (block === null) return { index, term, kind, block: null };
  return { index, term, kind, block: { number: block.header.number, bytes: block.bytes } };
}
