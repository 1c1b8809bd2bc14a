/**
 * Many submissions, their outcomes in the order of the input, with back-pressure to both sides: no more is read from the
 * input than may be open at once, and what has an outcome stays open until the application has taken it.
 *
 * Reading and taking run beside each other, so a slow input does not hold back outcomes. An iterator object, not a
 * generator: this is the path of bulk loads and benchmarks, and what has its outcome is handed out without a wait. Per
 * transaction there are one promise, because `for await` takes nothing else, no timer and no copy.
 */
import { OPEN_BYTES_MAX } from './limits.ts';
import type { Outcome, Pending } from './pending.ts';
import type { Submission } from './transactions.ts';

export interface Submitted {
  readonly id: string;
  /** `status` 200: a receipt; otherwise a refusal, also when the outcome is unknown. */
  readonly outcome: Outcome;
}

export type Submissions = Iterable<Submission> | AsyncIterable<Submission>;

/** A submission that was begun; its outcome is null until it has one. */
export type Begun = Pick<Pending, 'outcome' | 'bodyBytes'> & { readonly id: string };

/** Begins one submission; `settled` is called when the outcome is there, or not at all if it is at once. */
export type Begin = (submission: Submission, settled: () => void) => Begun;

type Step = IteratorResult<Submitted, unknown>;

export class OrderedSubmissions implements AsyncIterableIterator<Submitted, unknown> {
  readonly #begin: Begin;
  readonly #openMax: number;
  readonly #input: Iterator<Submission> | AsyncIterator<Submission>;
  readonly #settled = () => this.#serve();
  /** In the order of the input; null: taken. */
  #begun: (Begun | null)[] = [];
  #head = 0;
  #openBytes = 0;
  /** Calls of `next` that wait for an outcome, first come, first served. */
  readonly #takers: ((step: Promise<Step>) => void)[] = [];
  /** A call of the input's `next` has not returned, or its promise is open. */
  #reading = false;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(submissions: Submissions, begin: Begin, openMax: number) {
    this.#begin = begin;
    this.#openMax = openMax;
    this.#input =
      Symbol.asyncIterator in submissions
        ? submissions[Symbol.asyncIterator]()
        : submissions[Symbol.iterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Rejects once if the input failed, after the outcomes of what was read before. */
  next(): Promise<Step> {
    const step = (this.#takers.length === 0 ? this.#step() : null) ?? this.#later();
    this.#read();
    return step;
  }

  /** The application wants no more: what is open runs on, nothing more is read. */
  async return(value?: unknown): Promise<Step> {
    this.#stop();
    return { done: true, value };
  }

  async throw(error?: unknown): Promise<Step> {
    this.#stop();
    throw error;
  }

  /** Also ends with what was there all the time: a refusal that is known as soon as a submission is read. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#hasRoom()) {
        const result = this.#input.next();
        if ('then' in result) return void this.#readLater(result);
        this.#accept(result);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#reading = false;
    this.#serve();
  }

  async #readLater(result: Promise<IteratorResult<Submission>>): Promise<void> {
    try {
      this.#accept(await result);
    } catch (error) {
      this.#fail(error);
    }
    this.#reading = false;
    this.#read();
  }

  #accept(result: IteratorResult<Submission>): void {
    if (this.#ended) return;
    if (result.done === true) {
      this.#ended = true;
      return;
    }
    try {
      const begun = this.#begin(result.value, this.#settled);
      this.#begun.push(begun);
      this.#openBytes += begun.bodyBytes;
    } catch (error) {
      this.#fail(error);
      this.#closeInput();
    }
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = { error };
  }

  #hasRoom(): boolean {
    const open = this.#begun.length - this.#head;
    return !this.#ended && open < this.#openMax && this.#openBytes < OPEN_BYTES_MAX;
  }

  #later(): Promise<Step> {
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** What is taken makes room, and who takes it may be long in coming back for more: reading goes on beside that. */
  #serve(): void {
    let served = false;
    while (this.#takers.length > 0) {
      const step = this.#step();
      if (step === null) break;
      this.#takers.shift()!(step);
      served = true;
    }
    if (served) queueMicrotask(() => this.#read());
  }

  /** The outcome of the oldest submission, or the end; null if neither is there yet. */
  #step(): Promise<Step> | null {
    const head = this.#begun[this.#head];
    if (head == null) return this.#ended ? this.#end() : null;
    if (head.outcome === null) return null;
    this.#forget(head);
    return Promise.resolve({ done: false, value: { id: head.id, outcome: head.outcome } });
  }

  #forget(head: Begun): void {
    this.#openBytes -= head.bodyBytes;
    this.#begun[this.#head++] = null;
    if (this.#head < this.#openMax) return;
    this.#begun = this.#begun.slice(this.#head);
    this.#head = 0;
  }

  #end(): Promise<Step> {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) return Promise.reject(failure.error);
    return Promise.resolve({ done: true, value: undefined });
  }

  #stop(): void {
    const inputIsOpen = !this.#ended;
    this.#ended = true;
    this.#failure = null;
    this.#begun = [];
    this.#head = 0;
    this.#serve();
    if (inputIsOpen) this.#closeInput();
  }

  /** Whatever it says to that: the application hears why it was closed. */
  #closeInput(): void {
    const close = async () => this.#input.return?.();
    close().catch(() => {});
  }
}
