/**
 * One request of a client: a frame of transactions (or a single one), and the one reply to it.
 *
 * Each transaction ends exactly once, with a receipt or a refusal; when the last has ended, the reply is written, one line
 * of JSON each, in frame order. Most transactions are new and end with their neighbours in one block, so nothing is made
 * for a transaction alone: the frame is kept as it came until all of it stands in proposed blocks, then the blocks are
 * referred to. The few that wait for somebody else's transaction, or for what another leader makes of theirs, are `Waiter`s.
 */
import {
  type BodyIndex,
  concatBytes,
  idAt,
  readAscii,
  TRANSACTION_PREFIX_BYTES,
} from '@cairn/ledger';
import type { Index, Term } from '@cairn/raft';
import { assert } from './errors.ts';
import type { BlockReceipts } from './receipts.ts';
import { passingBytes } from './text-bytes.ts';

/** Transactions in body form that lie one behind the other. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** Where each transaction begins (its length), and behind them where the last ends. */
  readonly bounds: Uint32Array;
}

/** The reply: one line of JSON a transaction, without a line feed at the end. */
export type ReplyToRequest = (lines: Uint8Array) => void;

/** What becomes of a transaction: it is looked at, stands in the queue, in a proposal, is a `Waiter`, or has ended. */
const ARRIVED = 0;
const QUEUED = 1;
const PROPOSED = 2;
const APART = 3;
const ENDED = 4;

/** A frame of which less than this share is queued is copied out, so that a few transactions do not keep it alive. */
const FRAME_SHARE = 4;

/** Lines of JSON for the transactions from `at` on, a line feed after each. */
interface Piece {
  readonly at: number;
  readonly lines: Uint8Array;
}

/** Where [from, to) stands in a block: at `firstIndex` and following. */
interface Home {
  readonly from: number;
  readonly to: number;
  readonly body: BodyIndex;
  readonly firstIndex: number;
}

/** Another request's waiter, and the transaction it waits for. */
interface Joined {
  readonly waiter: Waiter;
  readonly position: number;
}

const NOTHING = new Uint8Array(0);
const NOBODY: readonly Joined[] = [];

export class SubmitRequest {
  readonly receivedAtMs: number;
  readonly deadlineAtMs: number;
  /** Those of its transactions that stand apart. */
  readonly apart: Waiter[] = [];
  readonly #states: Uint8Array;
  readonly #pieces: Piece[] = [];
  readonly #homes: Home[] = [];
  readonly #reply: ReplyToRequest;
  #bytes: Uint8Array;
  #bounds: Uint32Array;
  #remaining: number;
  /** Were queued and not proposed yet: while there are any, the frame is needed. */
  #queued = 0;
  #joined: Map<number, Waiter[]> | null = null;

  constructor(frame: Frame, receivedAtMs: number, deadlineAtMs: number, reply: ReplyToRequest) {
    this.#bytes = frame.bytes;
    this.#bounds = frame.bounds;
    this.#remaining = frame.bounds.length - 1;
    this.#states = new Uint8Array(this.#remaining);
    this.#reply = reply;
    this.receivedAtMs = receivedAtMs;
    this.deadlineAtMs = deadlineAtMs;
  }

  /** Of transactions. */
  get count(): number {
    return this.#states.length;
  }

  get open(): boolean {
    return this.#remaining > 0;
  }

  isAwaited(nowMs: number): boolean {
    return this.open && this.deadlineAtMs > nowMs;
  }

  isOpen(position: number): boolean {
    return this.#states[position] !== ENDED;
  }

  isQueued(position: number): boolean {
    return this.#states[position] === QUEUED;
  }

  // Where things lie.

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  startOf(position: number): number {
    return this.#bounds[position]!;
  }

  endOf(position: number): number {
    return this.#bounds[position + 1]!;
  }

  /** In body form. */
  sizeOf(position: number): number {
    return this.endOf(position) - this.startOf(position);
  }

  /** Only of a transaction that was checked and is not proposed: version, flags and the id's length stand before the id. */
  idStartOf(position: number): number {
    return this.startOf(position) + TRANSACTION_PREFIX_BYTES + 3;
  }

  idLengthOf(position: number): number {
    return this.#bytes[this.idStartOf(position) - 1]!;
  }

  /** Of a transaction that was checked. */
  idOf(position: number): string {
    const home = this.#homeOf(position);
    if (home !== undefined) return idAt(home.body, home.firstIndex + position - home.from);
    return readAscii(this.#bytes, this.idStartOf(position), this.idLengthOf(position));
  }

  #homeOf(position: number): Home | undefined {
    return this.#homes.find(({ from, to }) => from <= position && position < to);
  }

  // What becomes of them.

  queued(position: number): void {
    assert(this.#states[position] === ARRIVED, 'a transaction is queued once');
    this.#states[position] = QUEUED;
    this.#queued += 1;
  }

  /** [from, to) stands in a proposed block from now on, at `firstIndex` and following. */
  proposed(from: number, to: number, body: BodyIndex, firstIndex: number): void {
    this.#queued -= to - from;
    if (this.#queued === 0) this.#bytes = NOTHING;
    if (!this.open) return;
    for (let at = from; at < to; at++) {
      assert(this.#states[at] === QUEUED, 'only what was queued is proposed');
    }
    this.#states.fill(PROPOSED, from, to);
    this.#homes.push({ from, to, body, firstIndex });
  }

  /** From now on the waiter speaks for it. */
  standsApart(waiter: Waiter): void {
    this.#states[waiter.position] = APART;
    this.apart.push(waiter);
  }

  /** Another request's waiter for the transaction at `position`. */
  join(position: number, waiter: Waiter): void {
    this.#joined ??= new Map();
    const others = this.#joined.get(position);
    if (others === undefined) this.#joined.set(position, [waiter]);
    else others.push(waiter);
  }

  joinedAt(position: number): readonly Waiter[] {
    return this.#joined?.get(position) ?? [];
  }

  /** Of the transactions [from, to). */
  joinedIn(from: number, to: number): readonly Joined[] {
    if (this.#joined === null) return NOBODY;
    const joined: Joined[] = [];
    for (let position = from; position < to; position++) {
      for (const waiter of this.joinedAt(position)) joined.push({ waiter, position });
    }
    return joined;
  }

  /** Whether anybody still waits for the transaction: its own request, or who has joined. */
  isAwaitedAt(position: number, nowMs: number): boolean {
    if (this.isAwaited(nowMs) && this.isOpen(position)) return true;
    return this.joinedAt(position).some((waiter) => waiter.isAwaited(nowMs));
  }

  /** Ends the transaction at `position` with a line of JSON. */
  end(position: number, line: string): void {
    if (!this.isOpen(position)) return;
    this.#states[position] = ENDED;
    this.#pieces.push({ at: position, lines: passingBytes(`${line}\n`) });
    this.#ended(1);
  }

  /** [from, to), proposed together, has committed. */
  endCommitted(from: number, to: number, receipts: BlockReceipts): void {
    for (let at = from; at < to; at++) {
      assert(this.#states[at] === PROPOSED, 'what commits in its proposal was open until now');
    }
    this.#states.fill(ENDED, from, to);
    const { body, firstIndex } = this.#homeOf(from)!;
    this.#pieces.push({ at: from, lines: receipts.linesOf(body, firstIndex, to - from) });
    this.#ended(to - from);
  }

  #ended(count: number): void {
    this.#remaining -= count;
    if (this.#remaining === 0) this.#reply(this.#lines());
  }

  #lines(): Uint8Array {
    this.#pieces.sort((one, other) => one.at - other.at);
    const [first] = this.#pieces;
    const lines =
      this.#pieces.length === 1 ? first!.lines : concatBytes(...this.#pieces.map(linesOfPiece));
    return lines.subarray(0, -1);
  }

  /** All of the frame was looked at: if little of it is queued, that is copied, and the frame can go. */
  keepOnlyQueued(): void {
    const { count } = this;
    let bytes = 0;
    for (let at = 0; at < count; at++) if (this.isQueued(at)) bytes += this.sizeOf(at);
    if (bytes * FRAME_SHARE >= this.#bytes.buffer.byteLength) return;
    const parts: Uint8Array[] = [];
    const bounds = new Uint32Array(count + 1);
    for (let at = 0; at < count; at++) {
      const isKept = this.isQueued(at);
      if (isKept) parts.push(this.#bytes.subarray(this.startOf(at), this.endOf(at)));
      bounds[at + 1] = bounds[at]! + (isKept ? this.sizeOf(at) : 0);
    }
    this.#bytes = concatBytes(...parts);
    this.#bounds = bounds;
  }
}

function linesOfPiece({ lines }: Piece): Uint8Array {
  return lines;
}

/** A transaction of a request that waits apart from its neighbours. */
export class Waiter {
  readonly request: SubmitRequest;
  readonly position: number;
  readonly id: string;
  /** True if the id was known when it arrived: it waits for somebody else's transaction. */
  readonly isDuplicate: boolean;
  /** The mark of its leaf: the transaction that commits may not be its own, and other bytes get 409. */
  readonly leafMark: Uint8Array;
  /** Where it was proposed; null while it is only queued. */
  proposedAt: { readonly index: Index; readonly term: Term } | null = null;

  constructor(
    request: SubmitRequest,
    position: number,
    id: string,
    leafMark: Uint8Array,
    isDuplicate: boolean,
  ) {
    this.request = request;
    this.position = position;
    this.id = id;
    this.leafMark = leafMark;
    this.isDuplicate = isDuplicate;
    request.standsApart(this);
  }

  get open(): boolean {
    return this.request.isOpen(this.position);
  }

  isAwaited(nowMs: number): boolean {
    return this.open && this.request.isAwaited(nowMs);
  }
}
