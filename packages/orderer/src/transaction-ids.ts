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

  get count(): number {
    return this.#places.size;
  }

  add(block: BlockOfIds): void {
    if (block.header.kind === 'config') return;
    const base = block.header.number * POSITIONS;
    const ids = idsOf(block.body);
    for (let position = 0; position < ids.length; position++) {
      this.#places.set(ids[position]!, base + position);
    }
  }

  /** Forgets a block's ids: it was truncated, or the index holds them now. */
  remove(block: BlockOfIds): void {
    const base = block.header.number * POSITIONS;
    const ids = idsOf(block.body);
    for (let position = 0; position < ids.length; position++) {
      const id = ids[position]!;
      if (this.#places.get(id) === base + position) this.#places.delete(id);
    }
  }

  find(id: string): TransactionPlace | undefined {
    const packed = this.#places.get(id);
    if (packed === undefined) return undefined;
    const index = packed % POSITIONS;
    return { block: ((packed - index) / POSITIONS) as BlockNumber, index };
  }
}
