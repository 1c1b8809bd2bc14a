/**
 * A binary heap of what is to happen, by time and, within one instant, in the order it was asked for.
 *
 * Invariant: of two events of one instant the one that was added first is taken first, so that nothing but the code under
 * test and the seed decides an order.
 */
export class TimedEvent {
  readonly atMs: number;
  readonly order: number;
  /** Null once cancelled. */
  run: ((given: unknown) => void) | null;
  /** What `run` is called with: one function serves many events. */
  readonly given: unknown;

  constructor(atMs: number, order: number, run: (given: unknown) => void, given: unknown) {
    this.atMs = atMs;
    this.order = order;
    this.run = run;
    this.given = given;
  }

  cancel(): void {
    this.run = null;
  }
}

const isBefore = (one: TimedEvent, other: TimedEvent): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

export class EventHeap {
  readonly #events: TimedEvent[] = [];
  #order = 0;

  get size(): number {
    return this.#events.length;
  }

  get first(): TimedEvent | undefined {
    return this.#events[0];
  }

  add(atMs: number, run: (given: unknown) => void, given?: unknown): TimedEvent {
    const event = new TimedEvent(atMs, this.#order++, run, given);
    this.#rise(event);
    return event;
  }

  take(): TimedEvent | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  #rise(event: TimedEvent): void {
    const events = this.#events;
    let at = events.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = events[above]!;
      if (!isBefore(event, parent)) break;
      events[at] = parent;
      at = above;
    }
    events[at] = event;
  }

  #sink(event: TimedEvent): void {
    const events = this.#events;
    const count = events.length;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= count) break;
      if (below + 1 < count && isBefore(events[below + 1]!, events[below]!)) below += 1;
      const child = events[below]!;
      if (!isBefore(child, event)) break;
      events[at] = child;
      at = below;
    }
    events[at] = event;
  }
}
