/**
 * One request of a client: a frame of transactions (or a single one), and the one reply to it.
 *
 * Each transaction ends exactly once, with a receipt or a refusal; when the last has ended, the reply is written, one line
 * of JSON each, in frame order. Most transactions are new and end with their neighbours in one block, so the frame is
 * kept as it came and nothing is made for a transaction alone; the few that wait for somebody else's transaction, or
 * for what another leader makes of theirs, are `Waiter`s.
 */
import { concatBytes, readAscii, TRANSACTION_PREFIX_BYTES, utf8 } from '@cairn/ledger';
import type { Index, Term } from '@cairn/raft';
import { assert } from './errors.ts';
import type { BlockReceipts } from './receipts.ts';

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

type Piece =
  | { readonly at: number; readonly line: Uint8Array }
  | {
      readonly at: number;
      readonly to: number;
      readonly firstIndex: number;
      readonly receipts: BlockReceipts;
    };

export class SubmitRequest {
  readonly receivedAtMs: number;
  readonly deadlineAtMs: number;
  /** Those of its transactions that stand apart. */
  readonly apart: Waiter[] = [];
  readonly #states: Uint8Array;
  readonly #pieces: Piece[] = [];
  readonly #reply: ReplyToRequest;
  #bytes: Uint8Array;
  #bounds: Uint32Array;
  #remaining: number;
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

  isProposed(position: number): boolean {
    return this.#states[position] === PROPOSED;
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

  /** Only of a transaction that was checked: version, flags and the id's length stand before the id. */
  idStartOf(position: number): number {
    return this.startOf(position) + TRANSACTION_PREFIX_BYTES + 3;
  }

  idLengthOf(position: number): number {
    return this.#bytes[this.idStartOf(position) - 1]!;
  }

  idOf(position: number): string {
    return readAscii(this.#bytes, this.idStartOf(position), this.idLengthOf(position));
  }

  // What becomes of them.

  queued(position: number): void {
    assert(this.#states[position] === ARRIVED, 'a transaction is queued once');
    this.#states[position] = QUEUED;
  }

  /** [from, to) leaves the queue for a proposed block. */
  proposed(from: number, to: number): void {
    if (this.open) this.#states.fill(PROPOSED, from, to);
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

  get hasJoined(): boolean {
    return this.#joined !== null;
  }

  joinedAt(position: number): readonly Waiter[] {
    return this.#joined?.get(position) ?? [];
  }

  /** Ends the transaction at `position` with a line of JSON. */
  end(position: number, line: string): void {
    if (!this.isOpen(position)) return;
    this.#states[position] = ENDED;
    this.#pieces.push({ at: position, line: utf8(line) });
    this.#ended(1);
  }

  /** [from, to) has committed at `firstIndex` and following of one block. */
  endCommitted(from: number, to: number, firstIndex: number, receipts: BlockReceipts): void {
    for (let at = from; at < to; at++) {
      assert(this.#states[at] === PROPOSED, 'what commits in its proposal was open until now');
    }
    this.#states.fill(ENDED, from, to);
    this.#pieces.push({ at: from, to, firstIndex, receipts });
    this.#ended(to - from);
  }

  #ended(count: number): void {
    this.#remaining -= count;
    if (this.#remaining === 0) this.#reply(this.#lines());
  }

  #lines(): Uint8Array {
    this.#pieces.sort((one, other) => one.at - other.at);
    const target = new Uint8Array(this.#pieces.reduce((sum, each) => sum + this.#sizeMax(each), 0));
    let at = 0;
    for (const piece of this.#pieces) at = this.#writePiece(target, at, piece);
    return target.subarray(0, at - 1);
  }

  #sizeMax(piece: Piece): number {
    if ('line' in piece) return piece.line.length + 1;
    let size = 0;
    for (let position = piece.at; position < piece.to; position++) {
      size += piece.receipts.bytesMax(this.idLengthOf(position)) + 1;
    }
    return size;
  }

  /** Each line with its line feed; returns where the next begins. */
  #writePiece(target: Uint8Array, start: number, piece: Piece): number {
    if ('line' in piece) {
      target.set(piece.line, start);
      return lineFeed(target, start + piece.line.length);
    }
    const { at: from, to, firstIndex, receipts } = piece;
    let at = start;
    for (let position = from; position < to; position++) {
      const [idStart, idLength] = [this.idStartOf(position), this.idLengthOf(position)];
      const index = firstIndex + position - from;
      at = receipts.write(target, at, this.#bytes, idStart, idLength, index);
      at = lineFeed(target, at);
    }
    return at;
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

function lineFeed(target: Uint8Array, at: number): number {
  target[at] = 0x0a;
  return at + 1;
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
