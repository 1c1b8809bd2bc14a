/**
 * The real clock and the real chance.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Clock, Random } from './ports.ts';

export const realClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (callback) => {
    setImmediate(callback);
  },
};

export const realRandom: Random = {
  below: (limit) => randomInt(limit),
  bytes: (count) => new Uint8Array(randomBytes(count)),
};
