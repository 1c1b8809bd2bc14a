/**
 * Those who wait for the outcome of a submission: one request, one or many transactions, one reply.
 *
 * A request is a frame (or a single submit); each of its transactions is a waiter, which ends exactly once with one
 * line of JSON: a receipt or a refusal. The request replies when its last waiter has ended, in frame order.
 */
import type { Index, Term } from '@cairn/raft';

/** What a frame's reply is made of when complete. */
export type ReplyToRequest = (lines: readonly string[]) => void;

export class SubmitRequest {
  readonly deadlineAtMs: number;
  readonly receivedAtMs: number;
  readonly waiters: Waiter[] = [];
  readonly #lines: string[];
  readonly #reply: ReplyToRequest;
  #remaining: number;

  constructor(count: number, receivedAtMs: number, deadlineAtMs: number, reply: ReplyToRequest) {
    this.#lines = new Array<string>(count).fill('');
    this.#remaining = count;
    this.#reply = reply;
    this.receivedAtMs = receivedAtMs;
    this.deadlineAtMs = deadlineAtMs;
  }

  get open(): boolean {
    return this.#remaining > 0;
  }

  /** Ends the transaction at `position` with its line. */
  end(position: number, line: string): void {
    this.#lines[position] = line;
    this.#remaining -= 1;
    if (this.#remaining === 0) this.#reply(this.#lines);
  }
}

export class Waiter {
  readonly request: SubmitRequest;
  readonly position: number;
  readonly id: string;
  /** True if the id was known when it arrived: it waits for somebody else's transaction. */
  readonly isDuplicate: boolean;
  /** The mark of its leaf where the transaction that commits may not be its own: other bytes get 409. */
  #leafToMatch: Uint8Array | null;
  /** Where it was proposed; null while it is only queued. */
  proposedAt: { readonly index: Index; readonly term: Term } | null = null;
  #open = true;

  constructor(
    request: SubmitRequest,
    position: number,
    id: string,
    leafToMatch: Uint8Array | null,
  ) {
    this.request = request;
    this.position = position;
    this.id = id;
    this.isDuplicate = leafToMatch !== null;
    this.#leafToMatch = leafToMatch;
    request.waiters.push(this);
  }

  get leafToMatch(): Uint8Array | null {
    return this.#leafToMatch;
  }

  /** From now on only a transaction of this leaf is its own. */
  matching(leafMark: Uint8Array): Waiter {
    this.#leafToMatch ??= leafMark;
    return this;
  }

  get open(): boolean {
    return this.#open;
  }

  end(line: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.request.end(this.position, line);
  }
}
