/**
 * The leader's desk for submissions: admission, the queue, and everybody who waits for an outcome.
 *
 * Exactly once (promise 2): an id is looked up in the queue, the tail, the recent blocks and the index, in that order; what
 * is found is never ordered again. Every waiter ends in one of the ways promise 4 names:
 *
 *   where it is            what happens                                    | outcome
 *   ---------------------  -----------------------------------------------  | -------------------------------
 *   queued                 deadline passes before the cut                   | 504 DEADLINE_PASSED, proposed false
 *   queued                 the same, but others wait for the same id        | 504 OUTCOME_UNKNOWN
 *   queued                 the limit becomes smaller                        | 413 TRANSACTION_TOO_LARGE
 *   queued                 leadership is lost, or the orderer stops         | 503, never was in a block
 *   proposed               its entry commits in its term                    | 200
 *   proposed               leadership is lost                               | held: truncation answers nobody
 *   held                   a block with its id commits                      | 200 or 409
 *   held                   an entry of another term commits at its index,
 *                          and its id stands nowhere                        | 503 NOT_LEADER
 *   proposed or held       deadline passes                                  | 504 OUTCOME_UNKNOWN
 */
import {
  type Block,
  type BlockNumber,
  type Crypto,
  checkTransaction,
  idsOf,
  isReservedId,
  type LedgerError,
  leavesOf,
  readAscii,
  readU32,
  TRANSACTION_PREFIX_BYTES,
} from '@cairn/ledger';
import type { Index, Term } from '@cairn/raft';
import type { ErrorCode } from '@cairn/transport';
import { type Answers, sentenceOf } from './answers.ts';
import { LEAF_MARK_BYTES } from './index-backlog.ts';
import { type QueuedTransaction, type QueueLimits, SubmissionQueue } from './submission-queue.ts';
import { type ChannelCounters, type ChannelObserver, countReason } from './telemetry.ts';
import { type SubmitRequest, Waiter } from './waiters.ts';

/** A run of transactions in body form inside `bytes`; the caller has checked that the lengths tile [start, end). */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Where an id already stands. */
export type Found =
  | {
      readonly kind: 'committed';
      readonly block: number;
      readonly index: number;
      readonly blockHash: string;
      readonly leafMark: Uint8Array;
    }
  | { readonly kind: 'tail'; readonly at: { readonly index: Index; readonly term: Term } };

/** What the desk needs of its channel. */
export interface SubmissionsHost {
  /** Looks in tail, recent blocks and index. */
  find(id: string): Found | null;
  leaderName(): string | null;
  maxTransactionBytes(): number;
}

/** Transactions that went into one proposed block together. */
export interface Proposal {
  readonly index: Index;
  readonly term: Term;
  readonly number: BlockNumber;
  readonly bytes: number;
  readonly items: readonly QueuedTransaction[];
}

const codeOfLedgerError: Partial<Record<LedgerError['code'], ErrorCode>> = {
  TX_ID: 'BAD_ID',
  TX_PAYLOAD_EMPTY: 'EMPTY_TRANSACTION',
  TX_TOO_LARGE: 'TRANSACTION_TOO_LARGE',
};

export class Submissions {
  readonly queue: SubmissionQueue;
  readonly #answers: Answers;
  readonly #crypto: Crypto;
  readonly #host: SubmissionsHost;
  readonly #counters: ChannelCounters;
  readonly #observer: ChannelObserver;
  readonly #open = new Set<SubmitRequest>();
  readonly #proposals = new Map<Index, Proposal>();
  /** Waiters on ids that stand in the tail without a proposal of ours: duplicates, and ours from a lost leadership. */
  readonly #held = new Map<string, Waiter[]>();
  #bytesInFlight = 0;

  constructor(
    limits: QueueLimits,
    dependencies: {
      readonly answers: Answers;
      readonly crypto: Crypto;
      readonly host: SubmissionsHost;
      readonly counters: ChannelCounters;
      readonly observer: ChannelObserver;
    },
  ) {
    this.queue = new SubmissionQueue(limits);
    this.#answers = dependencies.answers;
    this.#crypto = dependencies.crypto;
    this.#host = dependencies.host;
    this.#counters = dependencies.counters;
    this.#observer = dependencies.observer;
  }

  get openRequests(): number {
    return this.#open.size;
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  get proposals(): number {
    return this.#proposals.size;
  }

  /** Admits every transaction of the frame, or ends its waiter with a refusal; one does not refuse the rest. */
  admit(frame: Frame, request: SubmitRequest): void {
    this.#open.add(request);
    let start = frame.start;
    for (let position = 0; start < frame.end; position++) {
      const end = start + TRANSACTION_PREFIX_BYTES + readU32(frame.bytes, start);
      this.#admitOne(frame.bytes, start, end, position, request);
      start = end;
    }
    this.queue.leaveFrame(frame.bytes);
    this.#forgetIfEnded(request);
  }

  #admitOne(
    source: Uint8Array,
    start: number,
    end: number,
    position: number,
    request: SubmitRequest,
  ): void {
    const bytesMax = this.#host.maxTransactionBytes();
    const problem = checkTransaction(source, start + TRANSACTION_PREFIX_BYTES, end, bytesMax);
    if (problem !== null) {
      const code = codeOfLedgerError[problem.code] ?? 'MALFORMED_TRANSACTION';
      this.#refuse(new Waiter(request, position, '', null), code, {
        message: sentenceOf(problem.message),
      });
      return;
    }
    const id = idOfEncoded(source, start);
    if (isReservedId(id)) {
      this.#refuse(new Waiter(request, position, id, null), 'RESERVED_ID');
    } else if (!this.#joinExisting(id, source, start, end, position, request)) {
      this.#enqueue(id, source, start, end, position, request);
    }
  }

  /** True if the id is known: the waiter joins what is there, or ends at once. */
  #joinExisting(
    id: string,
    source: Uint8Array,
    start: number,
    end: number,
    position: number,
    request: SubmitRequest,
  ): boolean {
    const queued = this.queue.find(id);
    const found = queued === undefined ? this.#host.find(id) : null;
    if (queued === undefined && found === null) return false;
    this.#counters.duplicates += 1;
    const leafMark = this.#leafMarkOf(source, start, end);
    const waiter = new Waiter(request, position, id, leafMark);
    if (queued !== undefined) queued.waiters.push(waiter);
    else if (found?.kind === 'tail') this.#hold(waiter, found.at);
    else if (found !== null) this.#endWithPlace(waiter, found, found.leafMark);
    return true;
  }

  #enqueue(
    id: string,
    source: Uint8Array,
    start: number,
    end: number,
    position: number,
    request: SubmitRequest,
  ): void {
    const waiter = new Waiter(request, position, id, null);
    if (!this.queue.hasRoomFor(end - start)) {
      this.#refuse(waiter, 'OVERLOADED');
      return;
    }
    const admittedAtMs = request.receivedAtMs;
    this.queue.push({ id, source, start, end, admittedAtMs, waiters: [waiter] });
  }

  /**
   * Of what was taken from the queue, what may still be ordered; the rest is refused. A deadline may have passed since the
   * last sweep, and a limit may have become smaller since admission.
   */
  stillDue(items: QueuedTransaction[], nowMs: number): QueuedTransaction[] {
    const bytesMax = TRANSACTION_PREFIX_BYTES + this.#host.maxTransactionBytes();
    const isDue = ({ start, end, waiters }: QueuedTransaction) =>
      end - start <= bytesMax && waiters.some((waiter) => isAwaited(waiter, nowMs));
    if (items.every(isDue)) return items;
    const due = items.filter(isDue);
    for (const item of items.filter((each) => !isDue(each))) {
      const isTooLarge = item.end - item.start > bytesMax;
      for (const waiter of item.waiters) {
        this.#refuse(waiter, isTooLarge ? 'TRANSACTION_TOO_LARGE' : 'DEADLINE_PASSED');
      }
    }
    return due;
  }

  /** The items are in a proposed block from now on. */
  proposed(proposal: Proposal): void {
    this.#proposals.set(proposal.index, proposal);
    this.#bytesInFlight += proposal.bytes;
    const at = { index: proposal.index, term: proposal.term };
    for (const item of proposal.items) for (const waiter of item.waiters) waiter.proposedAt = at;
  }

  /** An entry is committed and on this disk; `block` is null for a no-op. */
  committed(index: Index, term: Term, block: Block | null, blockHash: string, nowMs: number): void {
    const proposal = this.#takeProposal(index);
    if (proposal !== undefined && proposal.term === term && block !== null) {
      this.#endProposal(proposal, block, blockHash, nowMs);
    } else if (proposal !== undefined) {
      this.#holdProposal(proposal);
    }
    if (this.#held.size > 0) this.#endHeld(index, term, block, blockHash);
  }

  #takeProposal(index: Index): Proposal | undefined {
    const proposal = this.#proposals.get(index);
    if (proposal === undefined) return undefined;
    this.#proposals.delete(index);
    this.#bytesInFlight -= proposal.bytes;
    return proposal;
  }

  #endProposal(proposal: Proposal, block: Block, blockHash: string, nowMs: number): void {
    let request: SubmitRequest | null = null;
    let count = 0;
    for (let index = 0; index < proposal.items.length; index++) {
      const item = proposal.items[index]!;
      for (const waiter of item.waiters) {
        if (waiter.request !== request) {
          this.#observe(request, count, nowMs);
          request = waiter.request;
          count = 0;
        }
        count += 1;
        this.#endWithPlace(
          waiter,
          { block: proposal.number, index, blockHash },
          waiter.leafToMatch === null ? null : this.#leafMarkIn(block, index),
        );
      }
    }
    this.#observe(request, count, nowMs);
  }

  #observe(request: SubmitRequest | null, count: number, nowMs: number): void {
    if (request === null || count === 0) return;
    this.#observer.submitted((nowMs - request.receivedAtMs) / 1000, count);
    this.#forgetIfEnded(request);
  }

  #endHeld(index: Index, term: Term, block: Block | null, blockHash: string): void {
    if (block !== null) this.#endHeldIn(block, blockHash);
    for (const [id, waiters] of this.#held) {
      for (const waiter of waiters) {
        const at = waiter.proposedAt;
        if (at?.index === index && at.term !== term) this.#placeTaken(waiter);
      }
      this.#setHeld(
        id,
        waiters.filter(({ open, proposedAt }) => open && proposedAt !== null),
      );
    }
  }

  #queueAgain(waiter: Waiter, queued: QueuedTransaction): void {
    waiter.proposedAt = null;
    queued.waiters.push(waiter);
  }

  /** What it waits for will never commit there. Its id may stand elsewhere: tried again, at another leader. */
  #placeTaken(waiter: Waiter): void {
    const queued = this.queue.find(waiter.id);
    const found = queued === undefined ? this.#host.find(waiter.id) : null;
    if (queued !== undefined) this.#queueAgain(waiter, queued);
    else if (found?.kind === 'tail') waiter.proposedAt = found.at;
    else if (found !== null) this.#endWithPlace(waiter, found, found.leafMark);
    else {
      const message = 'Another block took the place of the proposed one: submit again.';
      this.#refuse(waiter, 'NOT_LEADER', { message });
    }
  }

  #endHeldIn(block: Block, blockHash: string): void {
    const ids = idsOf(block.body);
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index]!;
      const waiters = this.#held.get(id);
      if (waiters === undefined) continue;
      this.#held.delete(id);
      const place = { block: block.header.number, index, blockHash };
      for (const waiter of waiters) {
        this.#endWithPlace(waiter, place, this.#leafMarkIn(block, index));
      }
    }
  }

  /** Nothing that was only queued will be in a block of ours; what was proposed may still commit. */
  lostLeadership(code: 'NOT_LEADER' | 'STOPPING' | 'CHANNEL_FAILED'): void {
    for (const item of this.queue.take(this.queue.count)) {
      for (const waiter of item.waiters) this.#refuse(waiter, code);
    }
    for (const index of [...this.#proposals.keys()]) this.#holdProposal(this.#takeProposal(index)!);
  }

  #holdProposal({ index, term, items }: Proposal): void {
    for (const item of items) {
      const leafMark = this.#leafMarkOf(item.source, item.start, item.end);
      for (const waiter of item.waiters) {
        if (waiter.open) this.#hold(waiter.matching(leafMark), { index, term });
      }
    }
  }

  #hold(waiter: Waiter, at: { readonly index: Index; readonly term: Term }): void {
    waiter.proposedAt = at;
    const others = this.#held.get(waiter.id);
    if (others === undefined) this.#held.set(waiter.id, [waiter]);
    else others.push(waiter);
  }

  #setHeld(id: string, waiters: Waiter[]): void {
    if (waiters.length === 0) this.#held.delete(id);
    else this.#held.set(id, waiters);
  }

  /** Ends what is past its deadline; called every tick. */
  sweep(nowMs: number): void {
    let swept = false;
    for (const request of this.#open) {
      if (request.open && request.deadlineAtMs > nowMs) continue;
      this.#open.delete(request);
      if (!request.open) continue;
      swept = true;
      for (const waiter of request.waiters) this.#endLate(waiter, nowMs);
    }
    if (!swept) return;
    this.queue.removeAbandoned();
    for (const [id, waiters] of this.#held)
      this.#setHeld(
        id,
        waiters.filter((each) => each.open),
      );
  }

  /** "Never ordered" is said only if nobody else still waits for the same id: their wait will order it. */
  #endLate(waiter: Waiter, nowMs: number): void {
    const queued = waiter.proposedAt === null ? this.queue.find(waiter.id) : undefined;
    const isOrderedForOthers = queued?.waiters.some((other) => isAwaited(other, nowMs)) ?? false;
    const isOver = waiter.proposedAt === null && !isOrderedForOthers;
    this.#refuse(waiter, isOver ? 'DEADLINE_PASSED' : 'OUTCOME_UNKNOWN');
  }

  /** The process is about to end, or the channel has failed: nobody is left without an answer. */
  endAll(code: 'STOPPING' | 'CHANNEL_FAILED'): void {
    this.lostLeadership(code);
    for (const request of this.#open) {
      for (const waiter of request.waiters)
        if (waiter.open) this.#refuse(waiter, 'OUTCOME_UNKNOWN');
    }
    this.#open.clear();
    this.#held.clear();
  }

  #endWithPlace(
    waiter: Waiter,
    place: { readonly block: number; readonly index: number; readonly blockHash: string },
    leafMark: Uint8Array | null,
  ): void {
    const { id, leafToMatch } = waiter;
    if (leafToMatch !== null && leafMark !== null && !equalMarks(leafToMatch, leafMark)) {
      this.#refuse(waiter, 'ID_CONFLICT');
      return;
    }
    const { block, index, blockHash } = place;
    const duplicate = waiter.isDuplicate;
    waiter.end(this.#answers.receipt({ id, block, index, blockHash, duplicate }));
  }

  #refuse(
    waiter: Waiter,
    code: ErrorCode,
    details: { readonly message?: string; readonly proposed?: boolean } = {},
  ): void {
    if (!waiter.open) return;
    countReason(this.#counters.refused, code);
    const leader = code === 'NOT_LEADER' ? this.#host.leaderName() : undefined;
    const id = waiter.id === '' ? undefined : waiter.id;
    waiter.end(this.#answers.refusal(code, { ...details, leader, id }));
  }

  #forgetIfEnded(request: SubmitRequest): void {
    if (!request.open) this.#open.delete(request);
  }

  /** The mark of a leaf: the hash of the 0x00 before the transaction and the transaction. */
  #leafMarkOf(source: Uint8Array, start: number, end: number): Uint8Array {
    const leaf = this.#crypto.sha256(source.subarray(start + TRANSACTION_PREFIX_BYTES - 1, end));
    return leaf.subarray(0, LEAF_MARK_BYTES);
  }

  #leafMarkIn(block: Block, index: number): Uint8Array {
    const leaves = leavesOf(this.#crypto, block);
    return leaves.subarray(index * 32, index * 32 + LEAF_MARK_BYTES);
  }
}

function isAwaited({ open, request }: Waiter, nowMs: number): boolean {
  return open && request.deadlineAtMs > nowMs;
}

function equalMarks(left: Uint8Array, right: Uint8Array): boolean {
  for (let i = 0; i < LEAF_MARK_BYTES; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** The id of a checked transaction in body form. */
function idOfEncoded(source: Uint8Array, start: number): string {
  const idStart = start + TRANSACTION_PREFIX_BYTES + 3;
  return readAscii(source, idStart, source[idStart - 1]!);
}
