/**
 * What befalls single messages: lost, repeated, overtaken. Chance decides by the rates of the hour; or a list does, in
 * which case chance is not asked.
 *
 * What chance has done can be written down. The list then does the same to the same run, and any entry can be left out of
 * it: that message arrives in its turn.
 */
import type { Chance } from './random.ts';

/** By the number under which the message was sent; the delay is 0 for what is lost. */
export type Fate = readonly [
  message: number,
  kind: 'lost' | 'repeated' | 'overtaken',
  delayMs: number,
];

export interface FateRates {
  lossRate: number;
  repeatRate: number;
  /** The longest time after which a repeated message comes again. */
  repeatWithinMs: number;
  /** Rate of messages that are held up long enough to be overtaken. */
  reorderRate: number;
}

/** What is overtaken is held up less than this. */
const OVERTAKEN_MS = 50;

export class Fates {
  readonly #chance: Chance;
  readonly #rates: FateRates;
  #told: ReadonlyMap<string, number> | null = null;
  /** What chance has done, for who sets this to a list. */
  written: Fate[] | null = null;

  /** `rates` are read anew for each message. */
  constructor(chance: Chance, rates: FateRates) {
    this.#chance = chance;
    this.#rates = rates;
  }

  /** From now on exactly this befalls messages. */
  follow(fates: readonly Fate[]): void {
    this.#told = new Map(fates.map(([message, kind, delayMs]) => [`${message} ${kind}`, delayMs]));
  }

  isLost(message: number): boolean {
    if (this.#told !== null) return this.#told.has(`${message} lost`);
    const isLost = this.#chance.happens(this.#rates.lossRate);
    if (isLost) this.written?.push([message, 'lost', 0]);
    return isLost;
  }

  /** How long after the first the second comes; null: none does. */
  repeatMs(message: number): number | null {
    if (this.#told !== null) return this.#told.get(`${message} repeated`) ?? null;
    const { repeatRate, repeatWithinMs } = this.#rates;
    if (!this.#chance.happens(repeatRate)) return null;
    return this.#note(message, 'repeated', this.#chance.below(repeatWithinMs + 1));
  }

  /** How long it is held up while others pass; null: it is not. */
  overtakenMs(message: number): number | null {
    if (this.#told !== null) return this.#told.get(`${message} overtaken`) ?? null;
    if (!this.#chance.happens(this.#rates.reorderRate)) return null;
    return this.#note(message, 'overtaken', this.#chance.below(OVERTAKEN_MS));
  }

  #note(message: number, kind: Fate[1], delayMs: number): number {
    this.written?.push([message, kind, delayMs]);
    return delayMs;
  }
}
