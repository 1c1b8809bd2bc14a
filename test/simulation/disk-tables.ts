/**
 * The tables of a simulated disk. The first bytes of a key name a table; the rest of it, if there is a rest, the record.
 *
 * Most tables number their records with a u64. Those lie in an array, at their numbers: to make and hash a text for each
 * record would be the dearest part of a simulated write. All other keys are texts, one character a byte, in a map; they
 * mostly come in ascending order, so that their order is kept almost for nothing and restored only where it is asked for.
 */
import { readU32 } from '@cairn/ledger';
import type { DiskRecord } from '@cairn/store';

/** Bytes of a table's name. */
export const TABLE_BYTES = 6;
export const NUMBERED_BYTES = TABLE_BYTES + 8;
/** No run writes so many records; an array with that many holes would be dear. */
const PLACES_MAX = 0x10_0000;

/** Latin-1 strings compare as the bytes do. */
export const textOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

export interface Table {
  readonly name: string;
  /** As texts, in order. */
  keys(): readonly string[];
  /** What lies from `low` on and before `high`. */
  between(low: string, high: string, isReverse: boolean, limit: number): DiskRecord[];
}

/** Place 0: the record whose key is the table's name alone; after it, those with numbers. */
export class NumberedTable implements Table {
  readonly name: string;
  readonly #values: (Uint8Array | undefined)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  static placeOf(key: Uint8Array): number {
    return key.length === TABLE_BYTES ? 0 : 1 + readU64(key, TABLE_BYTES);
  }

  copy(): NumberedTable {
    const copy = new NumberedTable(this.name);
    for (const value of this.#values) copy.#values.push(value);
    return copy;
  }

  get(place: number): Uint8Array | undefined {
    return this.#values[place];
  }

  put(place: number, value: Uint8Array): void {
    if (place > PLACES_MAX) throw new Error(`the simulated disk has no place ${place}`);
    this.#values[place] = value;
  }

  remove(place: number): void {
    if (place < this.#values.length) this.#values[place] = undefined;
  }

  keys(): string[] {
    const texts: string[] = [];
    for (const [place, value] of this.#values.entries()) {
      if (value !== undefined) texts.push(this.#textOf(place));
    }
    return texts;
  }

  #textOf(place: number): string {
    if (place === 0) return this.name;
    const number = Buffer.alloc(NUMBERED_BYTES - TABLE_BYTES);
    number.writeUInt32BE(place - 1, number.length - 4);
    return this.name + number.toString('latin1');
  }

  between(low: string, high: string, isReverse: boolean, limit: number): DiskRecord[] {
    const found: DiskRecord[] = [];
    const [start, end] = [this.#bound(low), this.#bound(high)];
    for (let count = end - start, at = 0; at < count && found.length < limit; at++) {
      const place = isReverse ? end - 1 - at : start + at;
      const value = this.#values[place];
      if (value !== undefined) found.push({ key: bytesOf(this.#textOf(place)), value });
    }
    return found;
  }

  /** The first place whose text is not before `text`, or the end. */
  #bound(text: string): number {
    const { name } = this;
    const end = this.#values.length;
    if (!text.startsWith(name)) return text < name ? 0 : end;
    if (text.length === TABLE_BYTES) return 0;
    const number = bytesOf(text.slice(TABLE_BYTES, NUMBERED_BYTES).padEnd(8, '\0'));
    return Math.min(end, 1 + readU64(number, 0) + (text.length > NUMBERED_BYTES ? 1 : 0));
  }
}

export class NamedTable implements Table {
  readonly name: string;
  readonly #values: Map<string, Uint8Array>;
  /** In order, unless null: then nobody knows. */
  #keys: string[] | null;

  constructor(name: string, values = new Map<string, Uint8Array>()) {
    this.name = name;
    this.#values = values;
    this.#keys = values.size === 0 ? [] : null;
  }

  copy(): NamedTable {
    return new NamedTable(this.name, new Map(this.#values));
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: Uint8Array): void {
    const before = this.#values.size;
    this.#values.set(key, value);
    if (this.#keys === null || this.#values.size === before) return;
    const last = this.#keys.at(-1);
    if (last === undefined || last < key) this.#keys.push(key);
    else this.#keys = null;
  }

  remove(key: string): void {
    if (!this.#values.delete(key)) return;
    if (this.#keys?.at(-1) === key) this.#keys.pop();
    else this.#keys = null;
  }

  keys(): readonly string[] {
    this.#keys ??= [...this.#values.keys()].sort();
    return this.#keys;
  }

  between(low: string, high: string, isReverse: boolean, limit: number): DiskRecord[] {
    // All of them are looked at: pages of an index are few.
    const inside = this.keys().filter((key) => key >= low && key < high);
    if (isReverse) inside.reverse();
    return inside
      .slice(0, limit)
      .map((key) => ({ key: bytesOf(key), value: this.#values.get(key)! }));
  }
}

/** Of any size, as the end of a range may be: not exact beyond 2^53. */
const readU64 = (bytes: Uint8Array, at: number): number =>
  readU32(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 4);
