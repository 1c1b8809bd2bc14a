/**
 * Transactions that were admitted and are not in a block yet, oldest first, bounded by count and bytes.
 *
 * An item lives here from admission to the cut. Only a leader has items: losing leadership empties the queue, and what
 * was in it was never in a proposed block, so it is refused and may be submitted again (promise 4).
 * Invariants: an id is here at most once; bytes is the sum of the items' body sizes; the memory the items keep alive is
 * at most `FRAME_SHARE` times that.
 */
import { concatBytes } from '@cairn/ledger';
import type { Waiter } from './waiters.ts';

/** One admitted transaction: a slice of the frame it came in, in block-body form (length, 0x00, transaction). */
export interface QueuedTransaction {
  readonly id: string;
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly admittedAtMs: number;
  /** Who waits for it; grows when the same id is submitted again before the cut. */
  readonly waiters: Waiter[];
}

/** Items that fill less than this share of the frame they came in are copied out of it. */
const FRAME_SHARE = 4;

export interface QueueLimits {
  readonly transactionsMax: number;
  readonly bytesMax: number;
}

export class SubmissionQueue {
  readonly #limits: QueueLimits;
  readonly #byId = new Map<string, QueuedTransaction>();
  #items: QueuedTransaction[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest item was admitted; undefined if none waits. */
  get oldestAtMs(): number | undefined {
    return this.#items[this.#head]?.admittedAtMs;
  }

  find(id: string): QueuedTransaction | undefined {
    return this.#byId.get(id);
  }

  hasRoomFor(bytes: number): boolean {
    return (
      this.count < this.#limits.transactionsMax && this.#bytes + bytes <= this.#limits.bytesMax
    );
  }

  push(item: QueuedTransaction): void {
    this.#items.push(item);
    this.#byId.set(item.id, item);
    this.#bytes += item.end - item.start;
  }

  /** All of `frame` was admitted that will be: if that is a small part, it is copied, and the frame can go. */
  leaveFrame(frame: Uint8Array): void {
    const first = this.#items.findLastIndex(({ source }) => source !== frame) + 1;
    const own = this.#items.slice(Math.max(first, this.#head));
    const bytes = own.reduce((sum, { start, end }) => sum + end - start, 0);
    if (bytes === 0 || bytes * FRAME_SHARE >= frame.buffer.byteLength) return;
    const source = concatBytes(...bodyParts(own));
    let start = 0;
    for (const [at, item] of own.entries()) {
      const end = start + item.end - item.start;
      const copied = { ...item, source, start, end };
      this.#items[this.#items.length - own.length + at] = copied;
      this.#byId.set(item.id, copied);
      start = end;
    }
  }

  /** Size in body form of the item at `position` from the oldest. */
  sizeAt(position: number): number {
    const item = this.#items[this.#head + position]!;
    return item.end - item.start;
  }

  /** Takes the oldest `count` items. */
  take(count: number): QueuedTransaction[] {
    const taken = this.#items.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    this.#compact();
    for (const item of taken) this.#forget(item);
    return taken;
  }

  /** Returns what was taken and could not be proposed to the front. */
  putBack(items: readonly QueuedTransaction[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
    for (const item of items) {
      this.#byId.set(item.id, item);
      this.#bytes += item.end - item.start;
    }
  }

  /** Removes the items that nobody waits for any more: their deadline passed before the cut. */
  removeAbandoned(): void {
    const kept: QueuedTransaction[] = [];
    for (let position = this.#head; position < this.#items.length; position++) {
      const item = this.#items[position]!;
      if (item.waiters.some((waiter) => waiter.open)) kept.push(item);
      else this.#forget(item);
    }
    this.#items = kept;
    this.#head = 0;
  }

  #forget(item: QueuedTransaction): void {
    this.#byId.delete(item.id);
    this.#bytes -= item.end - item.start;
  }

  /** Drops the taken front once it is the larger part, so that taking stays linear over time. */
  #compact(): void {
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

/** The slices of `items` as few buffers as possible: neighbours of one frame become one slice. */
export function bodyParts(items: readonly QueuedTransaction[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let first = 0;
  for (let next = 1; next <= items.length; next++) {
    const previous = items[next - 1]!;
    const item = items[next];
    if (item !== undefined && item.source === previous.source && item.start === previous.end)
      continue;
    parts.push(previous.source.subarray(items[first]!.start, previous.end));
    first = next;
  }
  return parts;
}
