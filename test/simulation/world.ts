/**
 * Virtual time: whole milliseconds, one heap of events, and nothing else that decides when something happens.
 *
 * Invariants: time never runs backwards; whatever is asked for now happens after everything that was already due now.
 */
import { EventHeap } from './event-heap.ts';

/** A livelock: events that cause events without time passing. */
const EVENTS_PER_INSTANT_MAX = 200_000;

export interface Timer {
  cancel(): void;
}

export class World {
  readonly #heap = new EventHeap();
  #nowMs = 0;
  #eventsNow = 0;
  #stopped = false;
  /** Events run so far. */
  events = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Nothing more happens in this run. */
  stop(): void {
    this.#stopped = true;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whole milliseconds; 0: later in this instant. */
  after(delayMs: number, run: () => void): Timer {
    const event = this.#heap.add(this.#nowMs + Math.max(0, Math.ceil(delayMs)), run);
    return {
      cancel: () => {
        event.run = null;
      },
    };
  }

  /** As `after`, for what is never cancelled. */
  in(delayMs: number, run: () => void): void {
    this.#heap.add(this.#nowMs + delayMs, run);
  }

  at(timeMs: number, run: () => void): void {
    this.#heap.add(Math.max(this.#nowMs, timeMs), run);
  }

  runFor(durationMs: number): void {
    this.runUntil(null, durationMs);
  }

  /** Runs until `condition` holds, asked after each event; false if the time is over first. */
  runUntil(condition: (() => boolean) | null, limitMs: number): boolean {
    const endMs = this.#nowMs + limitMs;
    while (!this.#stopped) {
      if (condition?.()) return true;
      const event = this.#heap.first;
      if (event === undefined || event.atMs > endMs) break;
      this.#heap.take();
      this.#advanceTo(event.atMs);
      event.run?.();
    }
    if (!this.#stopped) this.#nowMs = endMs;
    return condition?.() ?? false;
  }

  #advanceTo(timeMs: number): void {
    this.events += 1;
    this.#eventsNow = timeMs > this.#nowMs ? 0 : this.#eventsNow + 1;
    if (this.#eventsNow > EVENTS_PER_INSTANT_MAX) throw new Error('time stands still');
    this.#nowMs = timeMs;
  }
}
