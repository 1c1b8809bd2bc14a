/**
 * Which ids stand in the log above the index's mark: the tail (beyond commit) and the recent blocks (committed, not
 * indexed yet).
 *
 * Together with the queue and the index these are the four places an id is looked up in. Invariant: every id of every
 * data block with a number above the mark is here, and none of a truncated block is.
 */
import type { BlockHeader, BlockNumber, BodyIndex } from '@cairn/ledger';
import { idsOf, TRANSACTIONS_MAX } from '@cairn/ledger';
import { assert } from './errors.ts';

export interface TransactionPlace {
  readonly block: BlockNumber;
  readonly index: number;
}

/** Positions fit below this, so that a place is one number: no object a transaction. */
const POSITIONS = 8192;
assert(TRANSACTIONS_MAX <= POSITIONS, 'a position in a block must fit its share of a packed place');

interface BlockOfIds {
  readonly body: BodyIndex;
  readonly header: Pick<BlockHeader, 'kind' | 'number'>;
}

export class TransactionIds {
  readonly #places = new Map<string, number>();
  /** Blocks that were added and not read yet, in order. A follower is hardly ever asked for an id: its blocks stay here. */
  #unread: BlockOfIds[] = [];

  get count(): number {
    return this.#unread.reduce((sum, { body }) => sum + body.count, this.#places.size);
  }

  add(block: BlockOfIds): void {
    if (block.header.kind === 'data') this.#unread.push(block);
  }

  /** Forgets a block's ids: it was truncated, or the index holds them now. */
  remove(block: BlockOfIds): void {
    const unread = this.#unread.indexOf(block);
    if (unread < 0) this.#forget(block);
    else this.#unread.splice(unread, 1);
  }

  find(id: string): TransactionPlace | undefined {
    if (this.#unread.length > 0) this.#readAll();
    const packed = this.#places.get(id);
    if (packed === undefined) return undefined;
    const index = packed % POSITIONS;
    return { block: ((packed - index) / POSITIONS) as BlockNumber, index };
  }

  #readAll(): void {
    for (const { header, body } of this.#unread) {
      const base = header.number * POSITIONS;
      const ids = idsOf(body);
      for (let at = 0; at < ids.length; at++) this.#places.set(ids[at]!, base + at);
    }
    this.#unread = [];
  }

  #forget({ header, body }: BlockOfIds): void {
    const base = header.number * POSITIONS;
    const ids = idsOf(body);
    for (let at = 0; at < ids.length; at++) {
      if (this.#places.get(ids[at]!) === base + at) this.#places.delete(ids[at]!);
    }
  }
}
