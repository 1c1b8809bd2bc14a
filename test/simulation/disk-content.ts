/**
 * What stands on a simulated disk: an ordered map of bytes, in tables, as the store's keys are.
 *
 * Values are kept as they are given: whoever hands bytes to a disk does not change them any more.
 */
import { readU32 } from '@cairn/ledger';
import type { DiskOperation, DiskRange, DiskRecord } from '@cairn/store';
import {
  bytesOf,
  NamedTable,
  NUMBERED_BYTES,
  NumberedTable,
  TABLE_BYTES,
  type Table,
  textOf,
} from './disk-tables.ts';

const RECORDS = 0x10;
/** The table whose keys are texts, of whatever length. */
const TRANSACTIONS = 0x58;
/** Slots stay below this, so that slot and letter are a small number. */
const SLOT_HIGH_MAX = 0x3f;

function isNumbered(key: Uint8Array): boolean {
  if (key[0] !== RECORDS || key[5] === TRANSACTIONS || key[1]! > SLOT_HIGH_MAX) return false;
  return key.length === NUMBERED_BYTES || key.length === TABLE_BYTES;
}

/** Slot and letter. */
const tableNumberOf = (key: Uint8Array): number => readU32(key, 1) * 0x100 + key[5]!;

const { placeOf } = NumberedTable;

/** A range that ends where the table ends in which it begins. */
function isOneTable(from: Uint8Array, to: Uint8Array): boolean {
  if (to.length !== TABLE_BYTES || to[TABLE_BYTES - 1] !== from[TABLE_BYTES - 1]! + 1) return false;
  for (let at = 0; at < TABLE_BYTES - 1; at++) if (from[at] !== to[at]) return false;
  return true;
}

export class DiskContent {
  readonly #numbered = new Map<number, NumberedTable>();
  readonly #named = new Map<string, NamedTable>();

  copy(): DiskContent {
    const copy = new DiskContent();
    for (const [number, table] of this.#numbered) copy.#numbered.set(number, table.copy());
    for (const [name, table] of this.#named) copy.#named.set(name, table.copy());
    return copy;
  }

  /** In the order of their names. A name has a table of either kind, hardly ever both: texts come first then. */
  #tables(): Table[] {
    const tables = [...this.#named.values(), ...this.#numbered.values()];
    return tables.sort((one, other) => (one.name < other.name ? -1 : +(one.name > other.name)));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (isNumbered(key)) return this.#numbered.get(tableNumberOf(key))?.get(placeOf(key));
    const text = textOf(key);
    return this.#named.get(text.slice(0, TABLE_BYTES))?.get(text);
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
    return this.#tables()
      .flatMap((table) => table.keys())
      .sort();
  }

  range({ from, to, reverse = false, limit }: DiskRange): DiskRecord[] {
    const [low, high] = [textOf(from), textOf(to)];
    const tables = isOneTable(from, to) ? this.#tablesOf(from, low) : this.#tablesIn(low, high);
    if (reverse) tables.reverse();
    const found: DiskRecord[] = [];
    for (const table of tables) {
      found.push(...table.between(low, high, reverse, limit - found.length));
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
    if (isNumbered(key)) this.#numberedOf(key).put(placeOf(key), value);
    else this.#putNamed(textOf(key), value);
  }

  #numberedOf(key: Uint8Array): NumberedTable {
    const number = tableNumberOf(key);
    let table = this.#numbered.get(number);
    if (table === undefined) {
      table = new NumberedTable(textOf(key.subarray(0, TABLE_BYTES)));
      this.#numbered.set(number, table);
    }
    return table;
  }

  #putNamed(text: string, value: Uint8Array): void {
    const name = text.slice(0, TABLE_BYTES);
    let table = this.#named.get(name);
    if (table === undefined) {
      table = new NamedTable(name);
      this.#named.set(name, table);
    }
    table.put(text, value);
  }

  #remove(key: Uint8Array): void {
    if (isNumbered(key)) {
      this.#numbered.get(tableNumberOf(key))?.remove(placeOf(key));
      return;
    }
    const text = textOf(key);
    this.#named.get(text.slice(0, TABLE_BYTES))?.remove(text);
  }
}
