/**
 * Appends on their way to one follower, oldest first: how many, how many bytes, up to which index.
 *
 * A sliding window over two arrays. Invariant: indexes ascend; `bytes` is the sum over the window.
 */

import { assert } from './assert.ts';
import type { Index } from './types.ts';

export class Inflights {
  readonly #countMax: number;
  readonly #bytesMax: number;
  #lastIndexes: number[] = [];
  #sizes: number[] = [];
  #start = 0;
  #bytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#sizes.length - this.#start;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.count >= this.#countMax || this.#bytes >= this.#bytesMax;
  }

  /** An append whose newest entry is `last` has left. */
  add(last: Index, bytes: number): void {
    assert(!this.isFull, 'an append is added to a full window');
    this.#lastIndexes.push(last);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  /** Everything up to `index` has arrived. */
  freeUpTo(index: Index): void {
    while (this.count > 0 && (this.#lastIndexes[this.#start] as number) <= index) {
      this.#bytes -= this.#sizes[this.#start] as number;
      this.#start++;
    }
    this.#reclaim();
  }

  clear(): void {
    this.#lastIndexes.length = 0;
    this.#sizes.length = 0;
    this.#start = 0;
    this.#bytes = 0;
  }

  #reclaim(): void {
    if (this.count === 0) {
      this.clear();
      return;
    }
    if (this.#start < 64) return;
    this.#lastIndexes.splice(0, this.#start);
    this.#sizes.splice(0, this.#start);
    this.#start = 0;
  }
}
