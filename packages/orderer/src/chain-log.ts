/**
 * The channel's log as a chain: what each entry beyond commit means, and whether a new one may be added.
 *
 * Raft knows entries by index and term; this room knows the blocks in them. Every entry carries the chain's state after
 * it (number, hash, time, configuration in force), so a truncation takes the right configuration with it.
 * Invariants:
 *   C1  entries are contiguous from `base.index + 1`;
 *   C2  an entry is here before its write is issued, and was verified before that (a follower verifies before it writes);
 *   C3  the configuration that judges a block is that of the entry before it in *this* log, never "the current one".
 */
import {
  type Block,
  type ChainState,
  type ChannelConfig,
  type ConfigAt,
  type Crypto,
  decodeBlockBody,
  decodeBlockHead,
  expectationsOf,
  LedgerError,
  type Member,
  stepOver,
  verifyBlockRules,
  verifyProposer,
} from '@cairn/ledger';
import type { Entry, EntryKind, Index, Message, Term } from '@cairn/raft';
import { assert } from './errors.ts';

export interface LogPoint {
  readonly index: Index;
  readonly term: Term;
  /** The chain after this entry. */
  readonly state: ChainState;
}

export interface LogEntry extends LogPoint {
  readonly kind: EntryKind;
  /** Null for a no-op. */
  readonly block: Block | null;
}

export type AppendMessage = Extract<Message, { type: 'append' }>;

/** What Raft's log says of an index, needed to see which entries of an append are new. */
export interface RaftLogView {
  readonly term: Term;
  readonly lastIndex: Index;
  /** Null if the log does not have the index. */
  termAt(index: Index): Term | null;
}

export type AppendVerdict =
  /** Give it to Raft; `fresh` are the entries that it will add. */
  | { readonly kind: 'pass'; readonly fresh: readonly LogEntry[] }
  /** Nobody entitled said this: drop it, count it. */
  | { readonly kind: 'drop'; readonly reason: string }
  /** A proposer of the channel signed it and it breaks a rule: stop the channel, keep the evidence. */
  | {
      readonly kind: 'violation';
      readonly reason: string;
      readonly message: string;
      readonly evidence: Uint8Array;
    };

/** What was found under names, for as long as these two configurations are the ones to look in. */
interface NamedMembers {
  readonly newest: ConfigAt;
  readonly applied: ConfigAt;
  readonly found: Map<string, readonly Member[]>;
}

const NOTHING_FRESH: AppendVerdict = { kind: 'pass', fresh: [] };

export class ChainLog {
  readonly #crypto: Crypto;
  #base: LogPoint;
  #entries: LogEntry[] = [];
  #named: NamedMembers;

  constructor(crypto: Crypto, base: LogPoint) {
    this.#crypto = crypto;
    this.#base = base;
    this.#named = { newest: base.state.config, applied: base.state.config, found: new Map() };
  }

  /** The newest committed and applied point. */
  get base(): LogPoint {
    return this.#base;
  }

  /** The newest point of the log: a leader chains its next block on it. */
  get newest(): LogPoint {
    return this.#entries.at(-1) ?? this.#base;
  }

  get tail(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Asked whenever a block might be cut. */
  get blocksInTail(): number {
    let blocks = 0;
    for (const { block } of this.#entries) if (block !== null) blocks += 1;
    return blocks;
  }

  entryAt(index: Index): LogEntry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }

  pointAt(index: Index): LogPoint | undefined {
    return index === this.#base.index ? this.#base : this.entryAt(index);
  }

  /** The entry that holds the block of this number, if it lies beyond commit. */
  entryOfBlock(number: number): LogEntry | undefined {
    return this.#entries.find((entry) => entry.block?.header.number === number);
  }

  /**
   * The members of this name, in the newest configuration of the log, the applied one, and the ones before these: who
   * leaves has a voice until the end of the change is committed, which takes its vote.
   */
  membersNamed(name: string): readonly Member[] {
    // Asked for every frame that arrives.
    let found = this.#named.found.get(name);
    if (found === undefined) {
      found = membersIn(name, this.#named.newest, this.#named.applied);
      if (found.length > 0) this.#named.found.set(name, found);
    }
    return found;
  }

  /** Another one as soon as `membersNamed` may answer otherwise. */
  get named(): object {
    return this.#named;
  }

  #noteConfigs(): void {
    const newest = this.newest.state.config;
    const applied = this.#base.state.config;
    if (this.#named.newest === newest && this.#named.applied === applied) return;
    this.#named = { newest, applied, found: new Map() };
  }

  append(entry: LogEntry): void {
    assert(entry.index === this.newest.index + 1, 'log entries are contiguous (C1)');
    this.#entries.push(entry);
    this.#noteConfigs();
  }

  /** Drops the entries at and above `index`; returns them. */
  truncateFrom(index: Index): readonly LogEntry[] {
    assert(index > this.#base.index, 'a committed entry is never truncated');
    const dropped = this.#entries.splice(index - this.#base.index - 1);
    this.#noteConfigs();
    return dropped;
  }

  /** The entry at `index` is committed: it becomes the base. */
  advance(index: Index): LogEntry {
    const entry = this.#entries.shift();
    assert(entry !== undefined, 'an applied entry was in the log');
    assert(entry.index === index, 'entries are applied in order');
    this.#base = { index: entry.index, term: entry.term, state: entry.state };
    this.#noteConfigs();
    return entry;
  }

  /** The log entry a Raft entry stands for, after `before`. For entries that are trusted: own or from this disk. */
  entryAfter(before: LogPoint, entry: Pick<Entry, 'index' | 'term' | 'kind'>, block: Block | null) {
    const { index, term, kind } = entry;
    const state = block === null ? before.state : stepOver(this.#crypto, before.state, block);
    return { index, term, kind, block, state } satisfies LogEntry;
  }

  /**
   * Judges an append before Raft sees it. Only entries that Raft will add are judged: those of an append whose previous
   * entry matches, from the first that this log lacks or has with another term.
   */
  judge(message: AppendMessage, raft: RaftLogView): AppendVerdict {
    if (message.term < raft.term || message.entries.length === 0) return NOTHING_FRESH;
    if (message.prevIndex > raft.lastIndex) return NOTHING_FRESH;
    if (raft.termAt(message.prevIndex) !== message.prevTerm) return NOTHING_FRESH;
    const first = message.entries.findIndex(
      ({ index, term }) => index > raft.lastIndex || raft.termAt(index) !== term,
    );
    if (first < 0) return NOTHING_FRESH;
    return this.#judgeFresh(message.entries.slice(first));
  }

  #judgeFresh(entries: readonly Entry[]): AppendVerdict {
    const before = this.pointAt((entries[0]!.index - 1) as Index);
    if (before === undefined) return { kind: 'drop', reason: 'conflictBelowCommit' };
    const fresh: LogEntry[] = [];
    let previous: LogPoint = before;
    for (const entry of entries) {
      const judged = this.#judgeEntry(entry, previous);
      if ('kind' in judged && (judged.kind === 'drop' || judged.kind === 'violation'))
        return judged;
      fresh.push(judged);
      previous = judged;
    }
    return { kind: 'pass', fresh };
  }

  #judgeEntry(
    entry: Entry,
    previous: LogPoint,
  ): LogEntry | Exclude<AppendVerdict, { kind: 'pass' }> {
    if (entry.kind === 'noop') {
      if (entry.data.length > 0) return { kind: 'drop', reason: 'MALFORMED' };
      return this.entryAfter(previous, entry, null);
    }
    const head = decodeBlockHead(this.#crypto, entry.data);
    if (head instanceof LedgerError) return { kind: 'drop', reason: 'MALFORMED' };
    const expectations = expectationsOf(this.#crypto, previous.state, entry.term);
    const signed = verifyProposer(head, expectations.verifierOf);
    if (!signed.ok) return { kind: 'drop', reason: signed.reason };
    const block = decodeBlockBody(head, entry.data);
    if (block instanceof LedgerError) return violation(block.code, block.message, entry.data);
    const verdict = verifyBlockRules(block, expectations);
    if (!verdict.ok) return violation(verdict.reason, verdict.message, entry.data);
    if ((entry.kind === 'config') !== (block.header.kind === 'config')) {
      return violation('KIND', 'the entry and its block are of different kinds', entry.data);
    }
    return this.entryAfter(previous, entry, block);
  }
}

function violation(
  reason: string,
  message: string,
  evidence: Uint8Array,
): AppendVerdict & { kind: 'violation' } {
  return { kind: 'violation', reason, message, evidence };
}

function membersIn(name: string, newest: ConfigAt, applied: ConfigAt): readonly Member[] {
  const found: Member[] = [];
  addMemberNamed(name, newest.config, found);
  addMemberNamed(name, newest.previous, found);
  if (applied === newest) return found;
  addMemberNamed(name, applied.config, found);
  addMemberNamed(name, applied.previous, found);
  return found;
}

function addMemberNamed(name: string, config: ChannelConfig | null, found: Member[]): void {
  const member = config?.members.find((each) => each.name === name);
  if (member !== undefined) found.push(member);
}
