/**
 * Keeps the chain and the id tables in step with Raft's log.
 *
 * Raft decides which entries its log has; the chain says what each of them means, and the tables which ids stand in them.
 * Invariants:
 *   L1  when a call returns, the chain has the entries that Raft's log has, and ends where it ends;
 *   L2  an entry of somebody else reaches Raft only after it was judged as a link of this chain;
 *   L3  the ids of a block are known from when it is appended here, and forgotten when it is cut away.
 */
import { type Index, type Message, type RaftCore, toIndex } from '@cairn/raft';
import type { AppendMessage, AppendVerdict, ChainLog, LogEntry } from './chain-log.ts';
import type { ChannelHost } from './channel-host.ts';
import { assert } from './errors.ts';
import { type ChannelCounters, countReason } from './telemetry.ts';
import type { TransactionIds } from './transaction-ids.ts';

export interface LogKeeperParts {
  readonly host: ChannelHost;
  readonly raft: RaftCore;
  readonly log: ChainLog;
  readonly ids: TransactionIds;
  readonly counters: ChannelCounters;
}

type Violation = Extract<AppendVerdict, { kind: 'violation' }>;

export class LogKeeper {
  readonly #parts: LogKeeperParts;

  constructor(parts: LogKeeperParts) {
    this.#parts = parts;
  }

  /**
   * Gives a message to Raft and follows what it makes of it. What breaks a rule is counted and not given to Raft; if a
   * proposer signed it, it is returned: the channel cannot go on.
   */
  step(message: Message): Violation | null {
    if (message.type === 'append') return this.#stepAppend(message);
    this.#parts.raft.step(message);
    this.chainNoop();
    return null;
  }

  #stepAppend(message: AppendMessage): Violation | null {
    const { raft, log, counters } = this.#parts;
    const verdict = log.judge(message, raft);
    switch (verdict.kind) {
      case 'drop':
        countReason(counters.verifyFailures, verdict.reason);
        return null;
      case 'violation':
        countReason(counters.verifyFailures, verdict.reason);
        return verdict;
      case 'pass':
        raft.step(message);
        this.#adopt(verdict.fresh, message.commit);
        return null;
    }
  }

  #adopt(fresh: readonly LogEntry[], leaderCommit: Index): void {
    const { raft, log } = this.#parts;
    const first = fresh[0];
    if (first === undefined || raft.termAt(first.index) !== first.term) return;
    if (first.index <= log.newest.index) this.#truncateFrom(first.index);
    for (const entry of fresh) this.append(entry);
    assert(log.newest.index === raft.lastIndex, 'chain and Raft log end together (L1)');
    const newest = fresh.at(-1)!;
    // What the leader had committed already is old news to whoever catches up.
    if (newest.index > leaderCommit) this.#checkClock(newest);
  }

  /**
   * Whoever has just won has put its no-op into Raft's log: the chain follows before anything else happens. By the end of
   * the turn a proposal may stand behind it, or another leader may have taken over and the term be another.
   */
  chainNoop(): void {
    const { raft, log } = this.#parts;
    while (log.newest.index < raft.lastIndex) {
      const index = toIndex(log.newest.index + 1);
      const noop = { index, term: raft.termAt(index)!, kind: 'noop' } as const;
      this.append(log.entryAfter(log.newest, noop, null));
    }
  }

  /** Raft's log has got this entry: a leader's own, or one that was judged. */
  append(entry: LogEntry): void {
    const { log, ids } = this.#parts;
    log.append(entry);
    if (entry.block !== null) ids.add(entry.block);
  }

  #truncateFrom(index: Index): void {
    const { log, ids } = this.#parts;
    for (const { block } of log.truncateFrom(index)) {
      if (block !== null) ids.remove(block);
    }
  }

  /** Clocks far apart are counted and alarmed, never refused: time protects nothing here. */
  #checkClock(entry: LogEntry): void {
    const { host, counters } = this.#parts;
    const skewMs = Math.abs(entry.state.timestampMs - host.wallMs());
    if (entry.block !== null && skewMs > host.limits.clockSkewMsMax) counters.clockSkewed += 1;
  }
}
