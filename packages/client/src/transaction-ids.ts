/**
 * Fresh ids for transactions without one: UUIDv7, which sort by time and so keep the service's index cheap.
 * Chance is drawn for many at once: one draw for each costs more than all the rest of a submission.
 */
import { type TxId, txIdUuidV7 } from '@cairn/ledger';
import type { Clock, Random } from '@cairn/transport';

const RANDOM_BYTES = 10;
/** About 8 KiB of chance. */
const DRAWN_AT_ONCE = 800;

export class TransactionIds {
  readonly #clock: Clock;
  readonly #random: Random;
  #drawn: Uint8Array = new Uint8Array(0);
  #offset = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  next(): TxId {
    if (this.#offset === this.#drawn.length) {
      this.#drawn = this.#random.bytes(RANDOM_BYTES * DRAWN_AT_ONCE);
      this.#offset = 0;
    }
    const start = this.#offset;
    this.#offset += RANDOM_BYTES;
    return txIdUuidV7(Math.floor(this.#clock.wallMs()), this.#drawn, start);
  }
}
