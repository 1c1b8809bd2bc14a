/**
 * How a channel keeps time while nothing happens in it: ticks are counted for it and told to it later, all at once.
 *
 * A thousand idle channels would else spend most of an orderer's time on ticks that do nothing. Invariants: a channel
 * sleeps through no tick that would have done something; before anything else happens to it, it has been told of all.
 */

/** The ticks of all channels of one phase, and until when each of them sleeps: side by side, as they are looked at. */
export class TickCount {
  ticks = 0;
  /** By seat, the tick that is not to be slept through; 0: none is. */
  readonly wakesAt: number[] = [];

  isDue(seat: number): boolean {
    return this.ticks >= this.wakesAt[seat]!;
  }
}

export class Pulse {
  #count = new TickCount();
  #seat = 0;
  #told = 0;

  /** Takes the next seat; returns its number. */
  follow(count: TickCount): number {
    this.#count = count;
    this.#told = count.ticks;
    this.#seat = count.wakesAt.push(0) - 1;
    return this.#seat;
  }

  /** Nothing has happened since it went to sleep. */
  get isAsleep(): boolean {
    return this.#count.wakesAt[this.#seat]! > 0;
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
    this.#count.wakesAt[this.#seat] = 0;
  }

  /** So many ticks from now do nothing, unless it is woken before. */
  sleep(ticks: number): void {
    this.#count.wakesAt[this.#seat] = this.#count.ticks + ticks + 1;
  }
}
