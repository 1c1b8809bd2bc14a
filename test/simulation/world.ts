/**
 * Virtual time: whole milliseconds, one wheel of events, and nothing else that decides when something happens.
 *
 * Invariants: time never runs backwards; whatever is asked for now happens after everything that was already due now.
 */
import { EventWheel, type TimedEvent } from './event-wheel.ts';

/** A livelock: events that cause events without time passing. */
const EVENTS_PER_INSTANT_MAX = 200_000;

export interface Timer {
  cancel(): void;
}

export class World {
  readonly #wheel = new EventWheel();
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
  after<Given>(delayMs: number, run: (given: Given) => void, given?: Given): Timer {
    return this.#add(Math.max(0, delayMs), run as (given: unknown) => void, given);
  }

  /** As `after`, for whole delays that are not negative. `run` is called with `given`: a function for each would be dear. */
  in<Given>(delayMs: number, run: (given: Given) => void, given?: Given): void {
    this.#add(delayMs, run as (given: unknown) => void, given);
  }

  at(timeMs: number, run: () => void): void {
    this.#add(Math.max(0, timeMs - this.#nowMs), run, undefined);
  }

  #add(delayMs: number, run: (given: unknown) => void, given: unknown): TimedEvent {
    return this.#wheel.add(this.#nowMs + Math.ceil(delayMs), run, given);
  }

  runFor(durationMs: number): void {
    this.runUntil(null, durationMs);
  }

  /** Runs until `condition` holds, asked after each event; false if the time is over first. */
  runUntil(condition: (() => boolean) | null, limitMs: number): boolean {
    const endMs = this.#nowMs + Math.floor(limitMs);
    while (!this.#stopped) {
      if (condition?.()) return true;
      const event = this.#next(endMs);
      if (event === null) break;
      this.#advanceTo(event.atMs);
      event.run?.(event.given);
    }
    if (!this.#stopped) this.#nowMs = endMs;
    return condition?.() ?? false;
  }

  #next(endMs: number): TimedEvent | null {
    for (let atMs = this.#nowMs; atMs <= endMs; atMs++) {
      const event = this.#wheel.take(atMs);
      if (event !== null) return event;
    }
    return null;
  }

  #advanceTo(timeMs: number): void {
    this.events += 1;
    this.#eventsNow = timeMs > this.#nowMs ? 0 : this.#eventsNow + 1;
    if (this.#eventsNow > EVENTS_PER_INSTANT_MAX) throw new Error('time stands still');
    this.#nowMs = timeMs;
  }
}
