/**
 * What stands on a simulated disk: an ordered map of bytes, in tables, as the store's keys are.
 *
 * The first six bytes of a key name a table; within one, keys mostly come in ascending order, so that order is kept almost
 * for nothing and restored only where somebody asks for a range.
 */
import type { DiskOperation, DiskRange, DiskRecord } from '@cairn/store';

const TABLE_BYTES = 6;

/** Latin-1 strings compare as the bytes do. */
export const textOf = (key: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < key.length; at++) text += String.fromCharCode(key[at]!);
  return text;
};

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

interface Table {
  readonly values: Map<string, Uint8Array>;
  /** In order, with keys that are gone, unless null: then nobody knows. */
  keys: string[] | null;
}

export class DiskContent {
  readonly #tables: Map<string, Table>;

  constructor(tables: Map<string, Table> = new Map()) {
    this.#tables = tables;
  }

  copy(): DiskContent {
    const copies = [...this.#tables].map(([name, { values }]): [string, Table] => [
      name,
      { values: new Map(values), keys: null },
    ]);
    return new DiskContent(new Map(copies));
  }

  get isEmpty(): boolean {
    return [...this.#tables.values()].every(({ values }) => values.size === 0);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const text = textOf(key);
    return this.#tables.get(text.slice(0, TABLE_BYTES))?.values.get(text);
  }

  /** Every key as text, in order. */
  keys(): string[] {
    return [...this.#tables.values()].flatMap(({ values }) => [...values.keys()]).sort();
  }

  range({ from, to, reverse, limit }: DiskRange): DiskRecord[] {
    const [low, high] = [textOf(from), textOf(to)];
    const names = this.#tablesBetween(low, high);
    if (reverse === true) names.reverse();
    const found: DiskRecord[] = [];
    for (const name of names) {
      const { values } = this.#tables.get(name)!;
      for (const text of this.#keysOf(name, low, high, reverse === true)) {
        if (found.length === limit) return found;
        const value = values.get(text);
        if (value !== undefined) found.push({ key: bytesOf(text), value });
      }
    }
    return found;
  }

  #tablesBetween(low: string, high: string): string[] {
    const isWithin = (name: string) => name >= low.slice(0, TABLE_BYTES) && name <= high;
    return [...this.#tables.keys()].filter(isWithin).sort();
  }

  *#keysOf(name: string, low: string, high: string, reverse: boolean): Generator<string> {
    const keys = this.#sortedKeys(this.#tables.get(name)!);
    const start = firstAtLeast(keys, low);
    const end = firstAtLeast(keys, high);
    if (reverse) for (let at = end - 1; at >= start; at--) yield keys[at]!;
    else for (let at = start; at < end; at++) yield keys[at]!;
  }

  #sortedKeys(table: Table): string[] {
    table.keys ??= [...table.values.keys()].sort();
    return table.keys;
  }

  apply(operations: readonly DiskOperation[]): void {
    for (const operation of operations) this.#applyOne(operation);
  }

  #applyOne(operation: DiskOperation): void {
    switch (operation.type) {
      case 'put':
        this.set(textOf(operation.key), new Uint8Array(operation.value));
        return;
      case 'remove':
        this.remove(textOf(operation.key));
        return;
      case 'removeRange': {
        const range = { from: operation.from, to: operation.to, limit: Number.POSITIVE_INFINITY };
        for (const { key } of this.range(range)) this.remove(textOf(key));
      }
    }
  }

  set(key: string, value: Uint8Array): void {
    const name = key.slice(0, TABLE_BYTES);
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { values: new Map(), keys: [] };
      this.#tables.set(name, table);
    }
    const { values, keys } = table;
    if (keys !== null && !values.has(key)) {
      const last = keys.at(-1);
      if (last === undefined || last < key) keys.push(key);
      else table.keys = null;
    }
    values.set(key, value);
  }

  remove(key: string): void {
    const table = this.#tables.get(key.slice(0, TABLE_BYTES));
    if (table === undefined || !table.values.delete(key)) return;
    if (table.keys?.at(-1) === key) table.keys.pop();
    else table.keys = null;
  }
}

function firstAtLeast(keys: readonly string[], wanted: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
