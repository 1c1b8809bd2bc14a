/**
 * How a channel keeps time while nothing happens in it: ticks are counted for it and told to it later, all at once.
 *
 * A thousand idle channels would else spend most of an orderer's time on ticks that do nothing. Invariants: a channel
 * sleeps through no tick that would have done something; before anything else happens to it, it has been told of all.
 */

/** Ticks that have passed, of all channels of one phase. */
export interface TickCount {
  readonly ticks: number;
}

export class Pulse {
  #count: TickCount = { ticks: 0 };
  #told = 0;
  #wakesAt = 0;

  follow(count: TickCount): void {
    this.#count = count;
    this.#told = count.ticks;
    this.#wakesAt = 0;
  }

  /** The tick that has just passed is not to be slept through. */
  get isDue(): boolean {
    return this.#count.ticks >= this.#wakesAt;
  }

  /** Ticks that have passed since this was asked last. */
  takeUntold(): number {
    const { ticks } = this.#count;
    const untold = ticks - this.#told;
    this.#told = ticks;
    return untold;
  }

  /** The next tick is told. */
  wake(): void {
    this.#wakesAt = 0;
  }

  /** So many ticks from now do nothing, unless it is woken before. */
  sleep(ticks: number): void {
    this.#wakesAt = this.#count.ticks + ticks + 1;
  }
}
