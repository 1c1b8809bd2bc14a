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
 *   its id is queued or    too many wait for what others submitted          | 504 OUTCOME_UNKNOWN
 *   proposed already
 */
import {
  type Block,
  type Crypto,
  idAt,
  TRANSACTION_PREFIX_BYTES,
  toHex,
  utf8,
} from '@cairn/ledger';
import type { Index, Term } from '@cairn/raft';
import { problemOf } from './admission.ts';
import type { Answers } from './answers.ts';
import { Endings } from './endings.ts';
import { assert } from './errors.ts';
import { HeldWaiters, type Place } from './held-waiters.ts';
import { type LeafMark, leafMarkIn, leafMarkOf } from './leaf-mark.ts';
import { partsOf, type Run, type SubmissionQueue } from './submission-queue.ts';
import { type SubmitRequest, Waiter } from './submit-request.ts';
import { type ChannelCounters, type ChannelObserver, countReason } from './telemetry.ts';

/** Where an id already stands. */
export type Found =
  | ({ readonly kind: 'committed'; readonly leafMark: LeafMark } & Place)
  | { readonly kind: 'tail'; readonly at: { readonly index: Index; readonly term: Term } };

/** What the desk needs of its channel. */
export interface SubmissionsHost {
  /** Looks in tail, recent blocks and index for the id at [start, start + length) of `bytes`. */
  find(bytes: Uint8Array, start: number, length: number): Found | null;
  leaderName(): string | null;
  maxTransactionBytes(): number;
}

/** Transactions that went into one proposed block together. */
export interface Proposal {
  readonly index: Index;
  readonly term: Term;
  readonly block: Block;
  /** In the order in which they stand in the block. */
  readonly runs: readonly Run[];
}

/** So many times what fits the queue may wait for what others have submitted: some attempts of each client. */
const WAITERS_FOR_EACH_QUEUED = 4;
const tooManyWait = { message: 'It was submitted before, and too many wait with it: ask again.' };

export class Submissions {
  readonly queue: SubmissionQueue;
  readonly #answers: Answers;
  readonly #endings: Endings;
  readonly #crypto: Crypto;
  readonly #host: SubmissionsHost;
  readonly #counters: ChannelCounters;
  readonly #observer: ChannelObserver;
  readonly #open = new Set<SubmitRequest>();
  readonly #proposals = new Map<Index, Proposal>();
  readonly #held = new HeldWaiters();
  #bytesInFlight = 0;
  /** Waiters at the last sweep, and all that have come since. */
  #waiters = 0;

  constructor(
    queue: SubmissionQueue,
    dependencies: {
      readonly answers: Answers;
      readonly crypto: Crypto;
      readonly host: SubmissionsHost;
      readonly counters: ChannelCounters;
      readonly observer: ChannelObserver;
    },
  ) {
    const { answers, crypto, host, counters, observer } = dependencies;
    this.queue = queue;
    this.#answers = answers;
    this.#endings = new Endings({ answers, counters, leaderName: () => host.leaderName() });
    this.#crypto = crypto;
    this.#host = host;
    this.#counters = counters;
    this.#observer = observer;
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

  /** Refuses the request as a whole: nothing in it is looked at. */
  refuse(request: SubmitRequest, code: 'NOT_LEADER' | 'STOPPING' | 'CHANNEL_FAILED'): void {
    const { count } = request;
    countReason(this.#counters.refused, code, count);
    const line = this.#answers.refusal(code, { leader: this.#host.leaderName() });
    for (let position = 0; position < count; position++) request.end(position, line);
  }

  /** Admits every transaction of the request, or ends it with a refusal; one does not refuse the rest. */
  admit(request: SubmitRequest): void {
    this.#open.add(request);
    const bytesMax = this.#host.maxTransactionBytes();
    for (let position = 0; position < request.count; position++) {
      this.#admitOne(request, position, bytesMax);
    }
    request.keepOnlyQueued();
    this.#forgetIfEnded(request);
  }

  #admitOne(request: SubmitRequest, position: number, bytesMax: number): void {
    const problem = problemOf(request, position);
    if (problem !== null) this.#endings.refuse(problem.whose, problem.code, problem.details);
    else if (!this.#joinExisting(request, position)) this.#enqueue(request, position, bytesMax);
  }

  /** Only what is new is held against the limit: what stood before it became smaller is not refused. */
  #enqueue(request: SubmitRequest, position: number, bytesMax: number): void {
    const size = request.sizeOf(position);
    if (size > TRANSACTION_PREFIX_BYTES + bytesMax) {
      const message = `An encoded transaction has at most ${bytesMax} bytes.`;
      const id = request.idOf(position);
      this.#endings.refuse({ request, position, id }, 'TRANSACTION_TOO_LARGE', { message });
    } else if (this.queue.hasRoomFor(size)) this.queue.push(request, position);
    else this.#endings.refuse({ request, position, id: request.idOf(position) }, 'OVERLOADED');
  }

  /** True if the id is known: its waiter joins what is there, or ends at once. */
  #joinExisting(request: SubmitRequest, position: number): boolean {
    const { bytes } = request;
    const [idStart, idLength] = [request.idStartOf(position), request.idLengthOf(position)];
    const queued = this.queue.find(bytes, idStart, idLength);
    const found = queued === null ? this.#host.find(bytes, idStart, idLength) : null;
    if (queued === null && found === null) return false;
    this.#counters.duplicates += 1;
    const [start, end] = [request.startOf(position), request.endOf(position)];
    const leafMark = leafMarkOf(this.#crypto, bytes, start, end);
    const waiter = new Waiter(request, position, request.idOf(position), leafMark, true);
    if (found?.kind === 'committed') {
      this.#endings.endWithPlace(waiter, found, found.leafMark);
    } else if (!this.#hasRoomForWaiter()) {
      this.#endings.refuse(waiter, 'OUTCOME_UNKNOWN', tooManyWait);
    } else if (queued !== null) queued.request.join(queued.position, waiter);
    else if (found !== null) this.#held.hold(waiter, found.at);
    return true;
  }

  /** What waits needs no room in the queue, and yet some: nobody can fill the memory with the same id. */
  #hasRoomForWaiter(): boolean {
    if (this.#waiters >= WAITERS_FOR_EACH_QUEUED * this.queue.limits.transactionsMax) return false;
    this.#waiters += 1;
    return true;
  }

  /**
   * Of what was taken from the queue, what may still be ordered; the rest is refused. A deadline may have passed since the
   * last sweep, and a limit may have become smaller since admission.
   */
  stillDue(runs: readonly Run[], nowMs: number): Run[] {
    const bytesMax = TRANSACTION_PREFIX_BYTES + this.#host.maxTransactionBytes();
    const due: Run[] = [];
    for (const run of runs) {
      const { request } = run;
      const isDue = (position: number) =>
        request.sizeOf(position) <= bytesMax && request.isAwaitedAt(position, nowMs);
      for (const part of partsOf(run, isDue)) {
        if (part.holds) due.push(part);
        else this.#refuseNotDue(part, bytesMax);
      }
    }
    return due;
  }

  #refuseNotDue({ request, from, to }: Run, bytesMax: number): void {
    for (let position = from; position < to; position++) {
      const isTooLarge = request.sizeOf(position) > bytesMax;
      const code = isTooLarge ? 'TRANSACTION_TOO_LARGE' : 'DEADLINE_PASSED';
      this.#endings.refuseQueued(request, position, code);
    }
  }

  /** The transactions are in a proposed block from now on. */
  proposed(proposal: Proposal): void {
    this.#proposals.set(proposal.index, proposal);
    this.#bytesInFlight += proposal.block.bytes.length;
    const at = { index: proposal.index, term: proposal.term };
    let index = 0;
    for (const { request, from, to } of proposal.runs) {
      request.proposed(from, to, proposal.block.body, index);
      for (const { waiter } of request.joinedIn(from, to)) waiter.proposedAt = at;
      index += to - from;
    }
  }

  /** An entry is committed and on this disk; `block` is null for a no-op. */
  committed(index: Index, term: Term, block: Block | null, nowMs: number): void {
    const proposal = this.#takeProposal(index);
    if (proposal !== undefined && proposal.term === term && block !== null) {
      this.#endProposal(proposal, block, nowMs);
    } else if (proposal !== undefined) {
      this.#holdProposal(proposal);
    }
    if (!this.#held.isEmpty) this.#endHeld(index, term, block);
  }

  #takeProposal(index: Index): Proposal | undefined {
    const proposal = this.#proposals.get(index);
    if (proposal === undefined) return undefined;
    this.#proposals.delete(index);
    this.#bytesInFlight -= proposal.block.bytes.length;
    return proposal;
  }

  #endProposal({ runs }: Proposal, block: Block, nowMs: number): void {
    const { number } = block.header;
    const blockHash = toHex(block.hash);
    const receipts = this.#answers.receiptsOf(number, blockHash);
    let index = 0;
    for (const { request, from, to } of runs) {
      if (request.open) {
        request.endCommitted(from, to, receipts);
        this.#observe(request, to - from, nowMs);
      }
      for (const { waiter, position } of request.joinedIn(from, to)) {
        const place = { block: number, index: index + position - from, blockHash };
        this.#endings.endWithPlace(waiter, place, leafMarkIn(this.#crypto, block, place.index));
        this.#observe(waiter.request, 1, nowMs);
      }
      index += to - from;
    }
  }

  #observe(request: SubmitRequest, count: number, nowMs: number): void {
    this.#observer.submitted((nowMs - request.receivedAtMs) / 1000, count);
    this.#forgetIfEnded(request);
  }

  #endHeld(index: Index, term: Term, block: Block | null): void {
    if (block !== null) this.#endHeldIn(block);
    for (const waiter of this.#held.replacedBy(index, term)) this.#placeTaken(waiter);
    this.#held.forgetOthers();
  }

  #endHeldIn(block: Block): void {
    const blockHash = toHex(block.hash);
    for (const { index, waiter } of this.#held.takeIn(block)) {
      const place = { block: block.header.number, index, blockHash };
      this.#endings.endWithPlace(waiter, place, leafMarkIn(this.#crypto, block, index));
    }
  }

  /** What it waits for will never commit there. Its id may stand elsewhere: tried again, at another leader. */
  #placeTaken(waiter: Waiter): void {
    const id = utf8(waiter.id);
    const queued = this.queue.find(id, 0, id.length);
    const found = queued === null ? this.#host.find(id, 0, id.length) : null;
    if (queued !== null) queueAgain(waiter, queued);
    else if (found?.kind === 'tail') waiter.proposedAt = found.at;
    else if (found !== null) this.#endings.endWithPlace(waiter, found, found.leafMark);
    else {
      const message = 'Another block took the place of the proposed one: submit again.';
      this.#endings.refuse(waiter, 'NOT_LEADER', { message });
    }
  }

  /** Nothing that was only queued will be in a block of ours; what was proposed may still commit. */
  lostLeadership(code: 'NOT_LEADER' | 'STOPPING' | 'CHANNEL_FAILED'): void {
    for (const { request, from, to } of this.queue.take(this.queue.count)) {
      for (let position = from; position < to; position++) {
        this.#endings.refuseQueued(request, position, code);
      }
    }
    for (const index of [...this.#proposals.keys()]) this.#holdProposal(this.#takeProposal(index)!);
  }

  #holdProposal({ index, term, block, runs }: Proposal): void {
    let at = 0;
    for (const { request, from, to } of runs) {
      for (const { waiter } of request.joinedIn(from, to)) {
        if (waiter.open) this.#held.hold(waiter, { index, term });
      }
      for (let position = from; position < to; position++, at++) {
        if (!request.isOpen(position)) continue;
        const leafMark = leafMarkIn(this.#crypto, block, at);
        const waiter = new Waiter(request, position, idAt(block.body, at), leafMark, false);
        this.#held.hold(waiter, { index, term });
      }
    }
  }

  /** Ends what is past its deadline; called every tick. */
  sweep(nowMs: number): void {
    let swept = false;
    // Nobody who is still awaited ends in a sweep, so the answer for an id stays the same: it is looked for once.
    const awaited = new Map<string, boolean>();
    for (const request of this.#open) {
      if (request.isAwaited(nowMs)) continue;
      this.#open.delete(request);
      if (!request.open) continue;
      swept = true;
      this.#endLate(request, nowMs, awaited);
    }
    if (this.#waiters > 0) this.#countWaiters();
    if (!swept) return;
    this.queue.removeAbandoned();
    this.#held.forgetOthers();
  }

  #countWaiters(): void {
    this.#waiters = 0;
    for (const { apart } of this.#open) {
      for (const { open } of apart) if (open) this.#waiters += 1;
    }
  }

  /** "Never ordered" is said only if nobody else still waits for the same id: their wait will order it. */
  #endLate(request: SubmitRequest, nowMs: number, awaited: Map<string, boolean>): void {
    for (const waiter of request.apart) {
      const { id, proposedAt } = waiter;
      if (!awaited.has(id)) awaited.set(id, this.#isAwaitedInQueue(id, nowMs));
      const isOver = proposedAt === null && awaited.get(id) === false;
      this.#endings.refuse(waiter, isOver ? 'DEADLINE_PASSED' : 'OUTCOME_UNKNOWN');
    }
    for (let position = 0; position < request.count; position++) {
      if (!request.isOpen(position)) continue;
      const isOver = request.isQueued(position) && !request.isAwaitedAt(position, nowMs);
      const code = isOver ? 'DEADLINE_PASSED' : 'OUTCOME_UNKNOWN';
      this.#endings.refuse({ request, position, id: request.idOf(position) }, code);
    }
  }

  #isAwaitedInQueue(id: string, nowMs: number): boolean {
    const bytes = utf8(id);
    const queued = this.queue.find(bytes, 0, bytes.length);
    return queued?.request.isAwaitedAt(queued.position, nowMs) ?? false;
  }

  /** The process is about to end, or the channel has failed: nobody is left without an answer. */
  endAll(code: 'STOPPING' | 'CHANNEL_FAILED'): void {
    this.lostLeadership(code);
    for (const request of this.#open) {
      for (const waiter of request.apart) this.#endings.refuse(waiter, 'OUTCOME_UNKNOWN');
      assert(!request.open, 'what was not queued stands apart once leadership is lost');
    }
    this.#open.clear();
    this.#held.clear();
  }

  #forgetIfEnded(request: SubmitRequest): void {
    if (!request.open) this.#open.delete(request);
  }
}

function queueAgain(
  waiter: Waiter,
  { request, position }: { readonly request: SubmitRequest; readonly position: number },
): void {
  waiter.proposedAt = null;
  request.join(position, waiter);
}
