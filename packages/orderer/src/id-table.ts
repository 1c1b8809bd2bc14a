/**
 * From transaction ids to numbers, read where the ids lie: no string and no object for an id.
 *
 * An open-addressing table (linear probing) of hash and number. What a number stands for, and so where the bytes of its id
 * are, only the owner knows: it is asked to compare when the hashes are equal, so the answer is exact. The hash starts
 * from a secret seed: nobody outside can choose ids that fall together.
 * Invariants: an id is here at most once; no entry is separated from its home slot by an empty one; at most half is full.
 */
import { assert } from './errors.ts';

/** Whether the id at [start, start + length) of `bytes` is the one that `place` stands for. */
export type IsIdOf = (place: number, bytes: Uint8Array, start: number, length: number) => boolean;

export const NO_PLACE = -1;

/** A seed is a whole number below this. */
export const SEEDS = 0x1_0000_0000;
const SLOTS_MIN = 64;

export class IdTable {
  readonly #seed: number;
  readonly #isIdOf: IsIdOf;
  #hashes = new Uint32Array(SLOTS_MIN);
  #places = new Float64Array(SLOTS_MIN).fill(NO_PLACE);
  #count = 0;

  constructor(seed: number, isIdOf: IsIdOf) {
    this.#seed = seed;
    this.#isIdOf = isIdOf;
  }

  get count(): number {
    return this.#count;
  }

  /** The place of the id, or `NO_PLACE`. */
  find(bytes: Uint8Array, start: number, length: number): number {
    if (this.#count === 0) return NO_PLACE;
    return this.#places[this.#slotOf(this.#hash(bytes, start, length), bytes, start, length)]!;
  }

  /** Sets or replaces the place of the id. */
  set(bytes: Uint8Array, start: number, length: number, place: number): void {
    assert(place >= 0, 'a place is not negative');
    if (this.#count * 2 >= this.#places.length) this.#grow();
    const hash = this.#hash(bytes, start, length);
    const slot = this.#slotOf(hash, bytes, start, length);
    if (this.#places[slot] === NO_PLACE) this.#count += 1;
    this.#hashes[slot] = hash;
    this.#places[slot] = place;
  }

  /** Forgets the id if it stands at this place. */
  delete(bytes: Uint8Array, start: number, length: number, place: number): void {
    const slot = this.#slotWith(place, this.#hash(bytes, start, length));
    if (this.#places[slot] === NO_PLACE) return;
    this.#count -= 1;
    this.#closeGap(slot);
  }

  /** The slot that holds the place, or an empty one: a place says which id it is, so nothing need be compared. */
  #slotWith(place: number, hash: number): number {
    const mask = this.#places.length - 1;
    let slot = hash & mask;
    while (this.#places[slot] !== place && this.#places[slot] !== NO_PLACE) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** The slot that holds the id, or the empty one where it would go. */
  #slotOf(hash: number, bytes: Uint8Array, start: number, length: number): number {
    const mask = this.#places.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#places[slot]!;
      if (place === NO_PLACE) return slot;
      if (this.#hashes[slot] === hash && this.#isIdOf(place, bytes, start, length)) return slot;
    }
  }

  /** Moves back what would not be found behind the gap any more. */
  #closeGap(emptied: number): void {
    const mask = this.#places.length - 1;
    let gap = emptied;
    for (let slot = (gap + 1) & mask; this.#places[slot] !== NO_PLACE; slot = (slot + 1) & mask) {
      const distanceFromHome = (slot - this.#hashes[slot]!) & mask;
      if (distanceFromHome < ((slot - gap) & mask)) continue;
      this.#hashes[gap] = this.#hashes[slot]!;
      this.#places[gap] = this.#places[slot]!;
      gap = slot;
    }
    this.#places[gap] = NO_PLACE;
  }

  #grow(): void {
    const [hashes, places] = [this.#hashes, this.#places];
    this.#hashes = new Uint32Array(2 * places.length);
    this.#places = new Float64Array(2 * places.length).fill(NO_PLACE);
    const mask = this.#places.length - 1;
    for (let old = 0; old < places.length; old++) {
      if (places[old] === NO_PLACE) continue;
      let slot = hashes[old]! & mask;
      while (this.#places[slot] !== NO_PLACE) slot = (slot + 1) & mask;
      this.#hashes[slot] = hashes[old]!;
      this.#places[slot] = places[old]!;
    }
  }

  /** FNV-1a and a last stirring, so that the low bits depend on every byte. */
  #hash(bytes: Uint8Array, start: number, length: number): number {
    let hash = this.#seed;
    for (let at = start; at < start + length; at++) {
      hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}

/** Whether two ranges of the same length hold the same bytes. */
export function sameBytes(
  left: Uint8Array,
  leftStart: number,
  right: Uint8Array,
  rightStart: number,
  length: number,
): boolean {
  for (let at = 0; at < length; at++) {
    if (left[leftStart + at] !== right[rightStart + at]) return false;
  }
  return true;
}
