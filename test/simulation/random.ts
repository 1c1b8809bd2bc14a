/**
 * Chance, in independent streams: each actor draws from its own, named one.
 *
 * A stream is the run's seed hashed with the stream's name, so that an actor that draws once more than before shifts no
 * other actor's chance. sfc32 is small, fast, and the same on every machine.
 */
import type { Random } from '@cairn/orderer';

export interface Chance extends Random {
  /** A real number in [0, 1). */
  real(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True with this probability. */
  happens(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Exponentially distributed around `mean`, whole. */
  around(mean: number): number;
}

/** FNV-1a over the name, started at the seed. */
function hashedWith(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) | 0;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  return hash;
}

export function chanceOf(seed: number, name: string): Chance {
  let a = seed | 0;
  let b = hashedWith(seed, name);
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let each = 0; each < 12; each++) next();
  const real = () => next() / 0x1_0000_0000;
  const below = (limit: number) => next() % limit;
  return {
    real,
    below,
    between: (least, most) => least + below(most - least + 1),
    happens: (probability) => probability > 0 && real() < probability,
    pick: (from) => from[below(from.length)]!,
    around: (mean) => Math.round(-Math.log(1 - real()) * mean),
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  };
}
