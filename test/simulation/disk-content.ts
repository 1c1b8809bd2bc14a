/**
 * What stands on a simulated disk: an ordered map of bytes, in tables, as the store's keys are.
 *
 * The first six bytes of a key name a table. Most tables number their records: their keys are six bytes and a u64, which
 * is kept as a number, since making and hashing a text for each record would be the dearest part of a simulated write. Keys
 * mostly come in ascending order, so that order is kept almost for nothing and restored only where somebody asks for a
 * range. Values are kept as they are given: whoever hands bytes to a disk does not change them any more.
 */
import type { DiskOperation, DiskRange, DiskRecord } from '@cairn/store';

const TABLE_BYTES = 6;
const NUMBERED_BYTES = TABLE_BYTES + 8;
const RECORDS = 0x10;
/** Numbers in keys stay below this, so that they are exact and their table fits a small number. */
const HIGH_MAX = 0x20_0000;
const SLOT_HIGH_MAX = 0x3f;
/** The table whose keys are texts, of whatever length. */
const TRANSACTIONS = 0x58;

/** Latin-1 strings compare as the bytes do. */
export const textOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** A number for a key of a numbered table, a text for any other. */
type Key = number | string;

interface Table {
  /** The six bytes, as a text. */
  readonly name: string;
  readonly values: Map<Key, Uint8Array>;
  /** In order, with keys that are gone, unless null: then nobody knows. */
  keys: Key[] | null;
}

function isNumbered(key: Uint8Array): boolean {
  return (
    key.length === NUMBERED_BYTES &&
    key[0] === RECORDS &&
    key[5] !== TRANSACTIONS &&
    key[1]! <= SLOT_HIGH_MAX &&
    key[TABLE_BYTES] === 0 &&
    u32(key, TABLE_BYTES) < HIGH_MAX
  );
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

/** Slot and letter. */
const tableNumberOf = (key: Uint8Array): number => u32(key, 1) * 0x100 + key[5]!;

const numberOf = (key: Uint8Array): number =>
  u32(key, TABLE_BYTES) * 0x1_0000_0000 + u32(key, TABLE_BYTES + 4);

/** A range that ends where the table ends in which it begins. */
function isOneTable(from: Uint8Array, to: Uint8Array): boolean {
  if (to.length !== TABLE_BYTES || to[TABLE_BYTES - 1] !== from[TABLE_BYTES - 1]! + 1) return false;
  for (let at = 0; at < TABLE_BYTES - 1; at++) if (from[at] !== to[at]) return false;
  return true;
}

function textOfKey({ name }: Table, key: Key): string {
  if (typeof key === 'string') return key;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(key));
  return name + bytes.toString('latin1');
}

/** Where the texts from `text` on begin among the table's keys, which are all of one kind. */
function boundIn({ name }: Table, text: string, isNumbers: boolean): Key {
  if (!isNumbers) return text;
  if (!text.startsWith(name)) return text < name ? 0 : Number.POSITIVE_INFINITY;
  const number = bytesOf(text.slice(TABLE_BYTES, NUMBERED_BYTES).padEnd(8, '\0'));
  const exact = u32(number, 0) * 0x1_0000_0000 + u32(number, 4);
  return text.length > NUMBERED_BYTES ? exact + 1 : exact;
}

export class DiskContent {
  readonly #numbered = new Map<number, Table>();
  readonly #named = new Map<string, Table>();

  copy(): DiskContent {
    const copy = new DiskContent();
    for (const [number, table] of this.#numbered) copy.#numbered.set(number, copyOf(table));
    for (const [name, table] of this.#named) copy.#named.set(name, copyOf(table));
    return copy;
  }

  get isEmpty(): boolean {
    return this.#tables().every(({ values }) => values.size === 0);
  }

  /** In the order of their names. A name has a table of either kind, hardly ever both: texts come first then. */
  #tables(): Table[] {
    const tables = [...this.#named.values(), ...this.#numbered.values()];
    return tables.sort((one, other) => (one.name < other.name ? -1 : +(one.name > other.name)));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (isNumbered(key)) return this.#numbered.get(tableNumberOf(key))?.values.get(numberOf(key));
    const text = textOf(key);
    return this.#named.get(text.slice(0, TABLE_BYTES))?.values.get(text);
  }

  /** What would write all of it. */
  puts(): { type: 'put'; key: Uint8Array; value: Uint8Array }[] {
    return this.keys().map((text) => {
      const key = bytesOf(text);
      return { type: 'put', key, value: this.get(key)! };
    });
  }

  /** Every key as text, in order. */
  keys(): string[] {
    const textsOf = (table: Table) => [...table.values.keys()].map((key) => textOfKey(table, key));
    return this.#tables().flatMap(textsOf).sort();
  }

  range({ from, to, reverse, limit }: DiskRange): DiskRecord[] {
    const [low, high] = [textOf(from), textOf(to)];
    const tables = isOneTable(from, to) ? this.#tablesOf(from, low) : this.#tablesIn(low, high);
    if (reverse === true) tables.reverse();
    const found: DiskRecord[] = [];
    for (const table of tables) {
      for (const key of keysBetween(table, low, high, reverse === true)) {
        if (found.length === limit) return found;
        const value = table.values.get(key);
        if (value !== undefined) found.push({ key: bytesOf(textOfKey(table, key)), value });
      }
    }
    return found;
  }

  #tablesIn(low: string, high: string): Table[] {
    const start = low.slice(0, TABLE_BYTES);
    return this.#tables().filter(({ name }) => name >= start && name <= high);
  }

  /** Without looking at any other: the disk of a thousand channels has thousands of tables. */
  #tablesOf(key: Uint8Array, text: string): Table[] {
    const named = this.#named.get(text.slice(0, TABLE_BYTES));
    const numbered = key[0] === RECORDS ? this.#numbered.get(tableNumberOf(key)) : undefined;
    return [named, numbered].filter((table) => table !== undefined);
  }

  apply(operations: readonly DiskOperation[]): void {
    for (const operation of operations) this.#applyOne(operation);
  }

  #applyOne(operation: DiskOperation): void {
    switch (operation.type) {
      case 'put':
        this.#put(operation.key, operation.value);
        return;
      case 'remove':
        this.#remove(operation.key);
        return;
      case 'removeRange': {
        const range = { from: operation.from, to: operation.to, limit: Number.POSITIVE_INFINITY };
        for (const { key } of this.range(range)) this.#remove(key);
      }
    }
  }

  /** The key as text. */
  set(key: string, value: Uint8Array): void {
    this.#put(bytesOf(key), value);
  }

  #put(key: Uint8Array, value: Uint8Array): void {
    if (isNumbered(key)) {
      const number = tableNumberOf(key);
      let table = this.#numbered.get(number);
      if (table === undefined) {
        table = emptyTable(textOf(key.subarray(0, TABLE_BYTES)));
        this.#numbered.set(number, table);
      }
      put(table, numberOf(key), value);
      return;
    }
    const text = textOf(key);
    const name = text.slice(0, TABLE_BYTES);
    let table = this.#named.get(name);
    if (table === undefined) {
      table = emptyTable(name);
      this.#named.set(name, table);
    }
    put(table, text, value);
  }

  #remove(key: Uint8Array): void {
    if (isNumbered(key)) {
      remove(this.#numbered.get(tableNumberOf(key)), numberOf(key));
      return;
    }
    const text = textOf(key);
    remove(this.#named.get(text.slice(0, TABLE_BYTES)), text);
  }
}

const emptyTable = (name: string): Table => ({ name, values: new Map(), keys: [] });

const copyOf = ({ name, values }: Table): Table => ({ name, values: new Map(values), keys: null });

function put(table: Table, key: Key, value: Uint8Array): void {
  const { values, keys } = table;
  const before = values.size;
  values.set(key, value);
  if (keys === null || values.size === before) return;
  const last = keys.at(-1);
  if (last === undefined || last < key) keys.push(key);
  else table.keys = null;
}

function remove(table: Table | undefined, key: Key): void {
  if (table === undefined || !table.values.delete(key)) return;
  if (table.keys?.at(-1) === key) table.keys.pop();
  else table.keys = null;
}

function* keysBetween(
  table: Table,
  low: string,
  high: string,
  reverse: boolean,
): Generator<Key, void, undefined> {
  const keys = sortedKeys(table);
  const isNumbers = typeof keys[0] === 'number';
  const start = firstAtLeast(keys, boundIn(table, low, isNumbers));
  const end = firstAtLeast(keys, boundIn(table, high, isNumbers));
  if (reverse) for (let at = end - 1; at >= start; at--) yield keys[at]!;
  else for (let at = start; at < end; at++) yield keys[at]!;
}

function sortedKeys(table: Table): Key[] {
  table.keys ??= [...table.values.keys()].sort((one, other) => (one < other ? -1 : +(one > other)));
  return table.keys;
}

function firstAtLeast(keys: readonly Key[], wanted: Key): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
