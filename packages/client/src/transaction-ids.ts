/**
 * Fresh ids for transactions without one: UUIDv7, each greater than the one before (RFC 9562 section 6.2, a counter in
 * the 12 bits behind the time). Ascending ids keep the service's index cheap: it need not sort them. Chance is drawn for
 * many at once: one draw for each costs more than all the rest of a submission.
 */
import { type TxId, txIdUuidV7 } from '@cairn/ledger';
import type { Clock, Random } from '@cairn/transport';

const RANDOM_BYTES = 10;
/** About 8 KiB of chance. */
const DRAWN_AT_ONCE = 800;
const COUNTER_MAX = 0xfff;

export class TransactionIds {
  readonly #clock: Clock;
  readonly #random: Random;
  #drawn: Uint8Array = new Uint8Array(0);
  #offset = 0;
  /** Of the last id: never behind it, even if the clock is. */
  #timeMs = 0;
  #counter = 0;

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
    this.#count(Math.floor(this.#clock.wallMs()), start);
    return txIdUuidV7(this.#timeMs, this.#drawn, start);
  }

  /** Goes on to the next time and counter, and puts the counter in the place of the first 12 random bits. */
  #count(nowMs: number, start: number): void {
    const drawn = this.#drawn;
    if (nowMs > this.#timeMs) {
      this.#timeMs = nowMs;
      // A new millisecond begins somewhere in the lower half: nobody learns how many came before.
      this.#counter = ((drawn[start]! & 0x07) << 8) | drawn[start + 1]!;
    } else if (this.#counter < COUNTER_MAX) {
      this.#counter += 1;
    } else {
      this.#timeMs += 1;
      this.#counter = 0;
    }
    drawn[start] = this.#counter >>> 8;
    drawn[start + 1] = this.#counter & 0xff;
  }
}
