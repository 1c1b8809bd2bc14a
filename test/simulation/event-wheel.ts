/**
 * What is to happen: a list for each millisecond, in the order it was asked for.
 *
 * The lists are the slots of a wheel: what is due a whole turn later, which is little, lies in the same list and waits.
 *
 * Invariant: of two events of one instant the one that was added first is taken first, so that nothing but the code under
 * test and the seed decides an order.
 */
export class TimedEvent {
  readonly atMs: number;
  /** Null once cancelled. */
  run: ((given: unknown) => void) | null;
  /** What `run` is called with: one function serves many events. */
  readonly given: unknown;
  /** Behind it in its list. */
  next: TimedEvent | null = null;

  constructor(atMs: number, run: (given: unknown) => void, given: unknown) {
    this.atMs = atMs;
    this.run = run;
    this.given = given;
  }

  cancel(): void {
    this.run = null;
  }
}

const SLOTS = 4096;

export class EventWheel {
  readonly #first = Array<TimedEvent | null>(SLOTS).fill(null);
  readonly #last = Array<TimedEvent | null>(SLOTS).fill(null);

  /** Whole milliseconds. */
  add(atMs: number, run: (given: unknown) => void, given?: unknown): TimedEvent {
    const event = new TimedEvent(atMs, run, given);
    const slot = atMs % SLOTS;
    const last = this.#last[slot] ?? null;
    if (last === null) this.#first[slot] = event;
    else last.next = event;
    this.#last[slot] = event;
    return event;
  }

  /** The first of those that are due at this time and were not taken yet; null: there are none. */
  take(atMs: number): TimedEvent | null {
    const slot = atMs % SLOTS;
    let before: TimedEvent | null = null;
    let event = this.#first[slot] ?? null;
    while (event !== null && event.atMs !== atMs) {
      before = event;
      event = event.next;
    }
    if (event !== null) this.#unlink(slot, before, event);
    return event;
  }

  #unlink(slot: number, before: TimedEvent | null, event: TimedEvent): void {
    if (before === null) this.#first[slot] = event.next;
    else before.next = event.next;
    if (event.next === null) this.#last[slot] = before;
    event.next = null;
  }
}
