/**
 * Which ids stand in the log above the index's mark: the tail (beyond commit) and the recent blocks (committed, not
 * indexed yet).
 *
 * Together with the queue and the index these are the four places an id is looked up in. Invariant: every id of every
 * data block with a number above the mark is here, and none of a truncated block is.
 */
import type { BlockHeader, BlockNumber, BodyIndex } from '@cairn/ledger';
import { TRANSACTIONS_MAX } from '@cairn/ledger';
import { assert } from './errors.ts';
import { IdTable, NO_PLACE, sameBytes } from './id-table.ts';

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
  readonly #places: IdTable;
  /** Bodies of the blocks whose ids are in `#places`, by number. */
  readonly #bodies = new Map<number, BodyIndex>();
  /** Blocks that were added and not read yet, in order. A follower is hardly ever asked for an id: its blocks stay here. */
  #unread: BlockOfIds[] = [];

  /** `seed` is a secret number, see `IdTable`. */
  constructor(seed: number) {
    this.#places = new IdTable(seed, (place, bytes, start, length) => {
      const index = place % POSITIONS;
      const body = this.#bodies.get((place - index) / POSITIONS)!;
      return (
        body.idLengths[index] === length &&
        sameBytes(body.bytes, body.idStarts[index]!, bytes, start, length)
      );
    });
  }

  get count(): number {
    return this.#unread.reduce((sum, { body }) => sum + body.count, this.#places.count);
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

  /** Where the id at [start, start + length) of `bytes` stands. */
  find(bytes: Uint8Array, start: number, length: number): TransactionPlace | undefined {
    if (this.#unread.length > 0) this.#readAll();
    const place = this.#places.find(bytes, start, length);
    if (place === NO_PLACE) return undefined;
    const index = place % POSITIONS;
    return { block: ((place - index) / POSITIONS) as BlockNumber, index };
  }

  #readAll(): void {
    for (const { header, body } of this.#unread) {
      const base = header.number * POSITIONS;
      this.#bodies.set(header.number, body);
      for (let at = 0; at < body.count; at++) {
        this.#places.set(body.bytes, body.idStarts[at]!, body.idLengths[at]!, base + at);
      }
    }
    this.#unread = [];
  }

  #forget({ header, body }: BlockOfIds): void {
    if (this.#bodies.get(header.number) !== body) return;
    const base = header.number * POSITIONS;
    for (let at = 0; at < body.count; at++) {
      this.#places.delete(body.bytes, body.idStarts[at]!, body.idLengths[at]!, base + at);
    }
    this.#bodies.delete(header.number);
  }
}
