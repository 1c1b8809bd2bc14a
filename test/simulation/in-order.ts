/**
 * Results that come in any order, handed on by number and without a gap.
 *
 * What has been handed on at any moment is all there is up to some number: who is killed can go on from there, and misses
 * and repeats nothing.
 */
export class InOrder<T> {
  #next: number;
  readonly #take: (number: number, result: T) => void;
  readonly #early = new Map<number, T>();

  constructor(first: number, take: (number: number, result: T) => void) {
    this.#next = first;
    this.#take = take;
  }

  add(number: number, result: T): void {
    this.#early.set(number, result);
    for (let at = this.#next; this.#early.has(at); at++) {
      const next = this.#early.get(at) as T;
      this.#early.delete(at);
      this.#next = at + 1;
      this.#take(at, next);
    }
  }
}
