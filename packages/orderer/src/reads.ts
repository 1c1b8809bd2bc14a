/**
 * What this orderer may show of a channel, and who waits for more of it.
 *
 * A block is visible once it is committed and a commit index covering it is on this disk (promise 6): what was shown
 * once can be shown again after a restart. A reader of a block that is near is told to wait, not that there is none.
 */

/** A request for a number beyond the height by less than this waits for it. */
export const NEAR_BLOCKS = 64;

interface WaitingReader {
  readonly number: number;
  readonly deadlineAtMs: number;
  readonly done: (visible: boolean) => void;
}

export class Reads {
  #waiting: WaitingReader[] = [];
  readonly #followers = new Set<() => void>();
  #visibleHeight: number;

  constructor(visibleHeight: number) {
    this.#visibleHeight = visibleHeight;
  }

  /** Number of blocks that may be shown. */
  get visibleHeight(): number {
    return this.#visibleHeight;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** True if somebody waits for what lies below `height`: worth a write of its own. */
  isWantedBelow(height: number): boolean {
    return (
      (this.#followers.size > 0 && height > this.#visibleHeight) ||
      this.#waiting.some((reader) => reader.number < height)
    );
  }

  /** Calls `done` when the block is visible or the time is over. */
  wait(number: number, deadlineAtMs: number, done: (visible: boolean) => void): void {
    this.#waiting.push({ number, deadlineAtMs, done });
  }

  /** Called on every advance, until the returned function is called. */
  follow(onAdvance: () => void): () => void {
    this.#followers.add(onAdvance);
    return () => this.#followers.delete(onAdvance);
  }

  advance(visibleHeight: number): void {
    if (visibleHeight <= this.#visibleHeight) return;
    this.#visibleHeight = visibleHeight;
    this.#release((reader) => reader.number < visibleHeight, true);
    if (this.#followers.size > 0) for (const onAdvance of [...this.#followers]) onAdvance();
  }

  sweep(nowMs: number): void {
    this.#release((reader) => reader.deadlineAtMs <= nowMs, false);
  }

  endAll(): void {
    this.#release(() => true, false);
  }

  #release(isReady: (reader: WaitingReader) => boolean, visible: boolean): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(isReady);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((reader) => !isReady(reader));
    for (const reader of ready) reader.done(visible);
  }
}
