/**
 * The disk port in memory: for tests and for the simulator.
 *
 * Deterministic: nothing happens by itself. Every commit asks `schedule` for one call back; when it comes, the oldest
 * outstanding commit becomes visible and durable at once and its `done` is called. Values are kept as copies, so a
 * caller that changes bytes it has handed over is found out by what it reads later.
 */

import type { Disk, DiskOperation, DiskRange, DiskRecord } from './disk.ts';
import { checkedBytes } from './disk-check.ts';
import { assert } from './errors.ts';

export interface MemoryDiskOptions {
  /** Called once a commit; it has to call `action` later, or never again after a simulated crash. */
  readonly schedule: (action: () => void) => void;
}

interface Outstanding {
  readonly operations: readonly DiskOperation[];
  readonly done: () => void;
}

type Content = Map<string, Uint8Array>;

/** Latin-1 strings compare as the bytes do. */
const textOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

export class MemoryDisk implements Disk {
  readonly #schedule: MemoryDiskOptions['schedule'];
  readonly #content: Content;
  readonly #outstanding: Outstanding[] = [];
  #sortedKeys: string[] = [];
  /** Keys that came or went since the keys were sorted. */
  #changedKeys = new Set<string>();
  #closed = false;
  #idle: () => void = () => {};

  constructor(options: MemoryDiskOptions, content: Content = new Map()) {
    this.#schedule = options.schedule;
    this.#content = content;
    this.#changedKeys = new Set(content.keys());
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#content.get(textOf(key));
    return value === undefined ? undefined : Uint8Array.from(value);
  }

  range({ from, to, reverse, limit }: DiskRange): DiskRecord[] {
    const keys = this.#sorted();
    const low = firstAtLeast(keys, textOf(from));
    const high = Math.max(low, firstAtLeast(keys, textOf(to)));
    const wanted = reverse
      ? keys.slice(Math.max(low, high - limit), high).reverse()
      : keys.slice(low, Math.min(high, low + limit));
    return wanted.map((text) => ({
      key: bytesOf(text),
      value: Uint8Array.from(this.#content.get(text)!),
    }));
  }

  commit(operations: readonly DiskOperation[], done: () => void): void {
    assert(!this.#closed, 'nothing is committed after close');
    checkedBytes(operations);
    this.#outstanding.push({ operations, done });
    this.#schedule(() => this.#settleOldest());
  }

  /** Commits that a crash now would lose. */
  get outstanding(): number {
    return this.#outstanding.length;
  }

  /**
   * What a restart finds after a power cut now: all durable commits and, because a disk may have finished what it has
   * not yet reported, the first `unreported` outstanding ones. This disk must not be used afterwards.
   */
  afterCrash(options: MemoryDiskOptions, unreported = 0): MemoryDisk {
    this.#closed = true;
    for (const { operations } of this.#outstanding.slice(0, unreported)) this.#apply(operations);
    this.#outstanding.length = 0;
    return new MemoryDisk(options, new Map(this.#content));
  }

  /** Test aid: damages stored bytes in place, past every rule. */
  damage(key: Uint8Array, change: (value: Uint8Array) => Uint8Array | null): void {
    const value = this.#content.get(textOf(key));
    assert(value !== undefined, 'only what exists can be damaged');
    const changed = change(value);
    if (changed === null) this.#delete(textOf(key));
    else this.#set(textOf(key), changed);
  }

  diskBytes(): number {
    let total = 0;
    for (const [key, value] of this.#content) total += key.length + value.length;
    return total;
  }

  /** Waits for what was committed, as every disk does. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#outstanding.length === 0) return;
    await new Promise<void>((idle) => {
      this.#idle = idle;
    });
  }

  #settleOldest(): void {
    const oldest = this.#outstanding.shift();
    if (oldest === undefined) return;
    this.#apply(oldest.operations);
    oldest.done();
    if (this.#outstanding.length === 0) this.#idle();
  }

  #apply(operations: readonly DiskOperation[]): void {
    for (const operation of operations) this.#applyOne(operation);
  }

  #applyOne(operation: DiskOperation): void {
    switch (operation.type) {
      case 'put':
        this.#set(textOf(operation.key), Uint8Array.from(operation.value));
        return;
      case 'remove':
        this.#delete(textOf(operation.key));
        return;
      case 'removeRange': {
        const [from, to] = [textOf(operation.from), textOf(operation.to)];
        for (const key of this.#content.keys()) if (key >= from && key < to) this.#delete(key);
      }
    }
  }

  #set(key: string, value: Uint8Array): void {
    if (!this.#content.has(key)) this.#changedKeys.add(key);
    this.#content.set(key, value);
  }

  #delete(key: string): void {
    if (this.#content.delete(key)) this.#changedKeys.add(key);
  }

  /** Nearly sorted already: cheap after every commit. */
  #sorted(): string[] {
    const changed = this.#changedKeys;
    if (changed.size === 0) return this.#sortedKeys;
    const kept = this.#sortedKeys.filter((key) => !changed.has(key));
    const came = [...changed].filter((key) => this.#content.has(key));
    this.#sortedKeys = [...kept, ...came].sort((one, other) => (one < other ? -1 : 1));
    this.#changedKeys = new Set();
    return this.#sortedKeys;
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
