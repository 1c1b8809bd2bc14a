/**
 * Many submissions, their outcomes in the order of the input, with back-pressure to both sides: no more is read from the
 * input than may be open at once, and what has an outcome stays open until the application has taken it.
 *
 * Reading and yielding run beside each other, so a slow input does not hold back outcomes. Per transaction there is no
 * promise, no timer and no copy here: this is the path of bulk loads and benchmarks.
 */
import { OPEN_BYTES_MAX } from './limits.ts';
import type { Outcome } from './pending.ts';
import type { Submission } from './transactions.ts';

export interface Submitted {
  readonly id: string;
  /** `status` 200: a receipt; otherwise a refusal, also when the outcome is unknown. */
  readonly outcome: Outcome;
}

export type Submissions = Iterable<Submission> | AsyncIterable<Submission>;

/** Begins one submission; `done` is called once, perhaps at once. */
export type Begin = (
  submission: Submission,
  done: (outcome: Outcome) => void,
) => { readonly id: string; readonly bytes: number };

interface Slot {
  id: string;
  bytes: number;
  outcome: Outcome | null;
}

export class OrderedSubmissions {
  readonly #begin: Begin;
  readonly #openMax: number;
  readonly #input: Iterator<Submission> | AsyncIterator<Submission>;
  #slots: Slot[] = [];
  #head = 0;
  #openBytes = 0;
  #wakeReader: (() => void) | null = null;
  #wakeTaker: (() => void) | null = null;
  #ended: { readonly failure: { readonly error: unknown } | null } | null = null;
  #stopped = false;

  constructor(submissions: Submissions, begin: Begin, openMax: number) {
    this.#begin = begin;
    this.#openMax = openMax;
    this.#input =
      Symbol.asyncIterator in submissions
        ? submissions[Symbol.asyncIterator]()
        : submissions[Symbol.iterator]();
  }

  async *outcomes(): AsyncGenerator<Submitted, void, undefined> {
    void this.#read();
    try {
      for (;;) {
        const submitted = this.#takeHead();
        if (submitted !== null) yield submitted;
        else if (this.#isDrained()) return;
        else await this.#news();
      }
    } finally {
      this.#stop();
    }
  }

  /** Never rejects: a failing input is thrown to the taker, after the outcomes of what was read before. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        while (!this.#hasRoom()) await this.#room();
        if (this.#stopped) break;
        const step = this.#input.next();
        const result = 'then' in step ? await step : step;
        if (result.done === true) break;
        this.#open(result.value);
      }
      this.#ended = { failure: null };
    } catch (error) {
      this.#ended = { failure: { error } };
    }
    this.#tellTaker();
  }

  #open(submission: Submission): void {
    const slot: Slot = { id: '', bytes: 0, outcome: null };
    this.#slots.push(slot);
    const { id, bytes } = this.#begin(submission, (outcome) => {
      slot.outcome = outcome;
      this.#tellTaker();
    });
    slot.id = id;
    slot.bytes = bytes;
    this.#openBytes += bytes;
  }

  /** The oldest submission, if it has its outcome. */
  #takeHead(): Submitted | null {
    const slot = this.#slots[this.#head];
    if (slot === undefined || slot.outcome === null) return null;
    this.#head++;
    if (this.#head >= this.#openMax) this.#forgetTaken();
    this.#openBytes -= slot.bytes;
    this.#tellReader();
    return { id: slot.id, outcome: slot.outcome };
  }

  #forgetTaken(): void {
    this.#slots = this.#slots.slice(this.#head);
    this.#head = 0;
  }

  #isDrained(): boolean {
    if (this.#ended === null || this.#head < this.#slots.length) return false;
    if (this.#ended.failure !== null) throw this.#ended.failure.error;
    return true;
  }

  #hasRoom(): boolean {
    const open = this.#slots.length - this.#head;
    return this.#stopped || (open < this.#openMax && this.#openBytes < OPEN_BYTES_MAX);
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeTaker = resolve;
    });
  }

  #tellReader(): void {
    if (this.#wakeReader === null || !this.#hasRoom()) return;
    this.#wakeReader();
    this.#wakeReader = null;
  }

  #tellTaker(): void {
    this.#wakeTaker?.();
    this.#wakeTaker = null;
  }

  /** The application wants no more: what is open runs on, nothing more is read. */
  #stop(): void {
    const endedByItself = this.#ended !== null;
    this.#stopped = true;
    this.#tellReader();
    if (!endedByItself) void Promise.resolve(this.#input.return?.()).catch(() => {});
  }
}
