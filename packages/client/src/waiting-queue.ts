/**
 * Submissions that wait for the window, first in, first out, and the rule of what shares a frame: as many as fit 500
 * transactions and the frame's bytes. One alone is never too large: the submit door takes what no frame can.
 */
import { FRAME_TRANSACTIONS_MAX } from './limits.ts';
import type { Pending } from './pending.ts';

export class WaitingQueue {
  #items: Pending[] = [];
  #head = 0;
  #bytes = 0;

  /** Of all that wait, in body form; those settled meanwhile count until they are passed over. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  push(pending: Pending): void {
    this.#items.push(pending);
    this.#bytes += pending.bodyBytes;
  }

  /** Removes and returns the next frame's submissions; none if all that waited are settled. */
  takeFrame(bodyBytesMax: number): Pending[] {
    const taken: Pending[] = [];
    let takenBytes = 0;
    for (;;) {
      const next = this.#items[this.#head];
      if (next === undefined || taken.length === FRAME_TRANSACTIONS_MAX) break;
      if (!next.settled && taken.length > 0 && takenBytes + next.bodyBytes > bodyBytesMax) break;
      this.#head++;
      this.#bytes -= next.bodyBytes;
      if (next.settled) continue;
      taken.push(next);
      takenBytes += next.bodyBytes;
    }
    this.#forgetTaken();
    return taken;
  }

  /** Moves what is left to the front, at most once for as many items as were taken. */
  #forgetTaken(): void {
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
