/**
 * Transactions that were admitted and are not in a block yet, oldest first, bounded by count and bytes.
 *
 * They stand here as runs of neighbours of one request, from admission to the cut. Only a leader has any: losing leadership
 * empties the queue, and what was in it was never in a proposed block, so it is refused and may be submitted again
 * (promise 4). Invariants: an id is here at most once; bytes is the sum of the body sizes; no run is empty.
 */
import { TRANSACTIONS_MAX } from '@cairn/ledger';
import { assert } from './errors.ts';
import { IdTable, NO_PLACE, sameBytes } from './id-table.ts';
import type { SubmitRequest } from './submit-request.ts';

/** Neighbours of one request: positions [from, to). */
export interface Run {
  readonly request: SubmitRequest;
  /** Of the request within this queue. */
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

export interface QueueLimits {
  readonly transactionsMax: number;
  readonly bytesMax: number;
}

/** A request's transactions fit below this, so that a place is one number. */
const POSITIONS = 8192;
assert(TRANSACTIONS_MAX <= POSITIONS, 'a position in a frame must fit its share of a packed place');

/** In the queue; the newest still grows. */
type OpenRun = { -readonly [Key in keyof Run]: Run[Key] };

interface Standing {
  readonly request: SubmitRequest;
  /** Of its transactions, in the queue. */
  queued: number;
}

export class SubmissionQueue {
  readonly limits: QueueLimits;
  readonly #places: IdTable;
  /** Requests with transactions here, by number. */
  readonly #standing = new Map<number, Standing>();
  #runs: OpenRun[] = [];
  #head = 0;
  #count = 0;
  #bytes = 0;
  #numbers = 0;

  /** `seed` is a secret number, see `IdTable`. */
  constructor(limits: QueueLimits, seed: number) {
    this.limits = limits;
    this.#places = new IdTable(seed, (place, bytes, start, length) => {
      const position = place % POSITIONS;
      const { request } = this.#standing.get((place - position) / POSITIONS)!;
      return (
        request.idLengthOf(position) === length &&
        sameBytes(request.bytes, request.idStartOf(position), bytes, start, length)
      );
    });
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest transaction was admitted; undefined if none waits. */
  get oldestAtMs(): number | undefined {
    return this.#runs[this.#head]?.request.receivedAtMs;
  }

  /** Whose transaction has the id at [start, start + length) of `bytes`. */
  find(
    bytes: Uint8Array,
    start: number,
    length: number,
  ): { readonly request: SubmitRequest; readonly position: number } | null {
    const place = this.#places.find(bytes, start, length);
    if (place === NO_PLACE) return null;
    const position = place % POSITIONS;
    return { request: this.#standing.get((place - position) / POSITIONS)!.request, position };
  }

  hasRoomFor(bytes: number): boolean {
    return this.#count < this.limits.transactionsMax && this.#bytes + bytes <= this.limits.bytesMax;
  }

  push(request: SubmitRequest, position: number): void {
    request.queued(position);
    const last = this.#head < this.#runs.length ? this.#runs.at(-1)! : null;
    const number = last?.request === request ? last.number : ++this.#numbers;
    if (last?.number === number && last.to === position) last.to += 1;
    else this.#runs.push({ request, number, from: position, to: position + 1 });
    this.#enter(request, number, position);
  }

  #enter(request: SubmitRequest, number: number, position: number): void {
    const standing = this.#standing.get(number);
    if (standing === undefined) this.#standing.set(number, { request, queued: 1 });
    else standing.queued += 1;
    const place = number * POSITIONS + position;
    const length = request.idLengthOf(position);
    this.#places.set(request.bytes, request.idStartOf(position), length, place);
    this.#bytes += request.sizeOf(position);
    this.#count += 1;
  }

  #leave({ request, number, from, to }: Run): void {
    for (let position = from; position < to; position++) {
      const place = number * POSITIONS + position;
      const length = request.idLengthOf(position);
      this.#places.delete(request.bytes, request.idStartOf(position), length, place);
      this.#bytes -= request.sizeOf(position);
    }
    this.#count -= to - from;
    const standing = this.#standing.get(number)!;
    standing.queued -= to - from;
    if (standing.queued === 0) this.#standing.delete(number);
  }

  /** Sizes in body form, from the oldest. */
  *sizes(): Generator<number, void, undefined> {
    for (let at = this.#head; at < this.#runs.length; at++) {
      const { request, from, to } = this.#runs[at]!;
      for (let position = from; position < to; position++) yield request.sizeOf(position);
    }
  }

  /** Takes the oldest `count` transactions. */
  take(count: number): Run[] {
    const taken: Run[] = [];
    for (let left = count; left > 0 && this.#head < this.#runs.length; ) {
      const run = this.#runs[this.#head]!;
      const to = Math.min(run.to, run.from + left);
      const { request, number, from } = run;
      taken.push({ request, number, from, to });
      left -= to - run.from;
      if (to === run.to) this.#head += 1;
      else this.#runs[this.#head] = { ...run, from: to };
    }
    this.#compact();
    for (const run of taken) this.#leave(run);
    return taken;
  }

  /** Returns what was taken and could not be proposed to the front. */
  putBack(runs: readonly Run[]): void {
    this.#runs = [...runs.map((run) => ({ ...run })), ...this.#runs.slice(this.#head)];
    this.#head = 0;
    for (const { request, number, from, to } of runs) {
      for (let position = from; position < to; position++) this.#enter(request, number, position);
    }
  }

  /** Removes what nobody waits for any more: its deadline passed before the cut. */
  removeAbandoned(): void {
    const kept = this.#runs.slice(this.#head).flatMap((run) => {
      const parts = partsOf(run, (position) => isWanted(run.request, position));
      for (const part of parts) if (!part.holds) this.#leave(part);
      return parts.filter(({ holds }) => holds);
    });
    this.#runs = kept;
    this.#head = 0;
  }

  /** Drops the taken front once it is the larger part, so that taking stays linear over time. */
  #compact(): void {
    if (this.#head * 2 < this.#runs.length) return;
    this.#runs = this.#runs.slice(this.#head);
    this.#head = 0;
  }
}

function isWanted(request: SubmitRequest, position: number): boolean {
  return request.open || request.joinedAt(position).some(({ open }) => open);
}

/** The run cut where the answer of `test` changes. */
export function partsOf(
  run: Run,
  test: (position: number) => boolean,
): readonly (Run & { readonly holds: boolean })[] {
  const parts: (Run & { readonly holds: boolean })[] = [];
  let from = run.from;
  for (let position = run.from; position < run.to; position++) {
    const holds = test(position);
    if (position + 1 < run.to && test(position + 1) === holds) continue;
    parts.push({ request: run.request, number: run.number, from, to: position + 1, holds });
    from = position + 1;
  }
  return parts;
}

export function transactionsIn(runs: readonly Run[]): number {
  return runs.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The bytes of the runs, one slice each. */
export function bodyParts(runs: readonly Run[]): Uint8Array[] {
  return runs.map(({ request, from, to }) =>
    request.bytes.subarray(request.startOf(from), request.endOf(to - 1)),
  );
}
