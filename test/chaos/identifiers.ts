/**
 * Ids of every temper: words, UUIDv7 of now, and UUIDv7 whose time lies minutes in the past or the future, as clients with
 * queues or wrong clocks make them.
 */
import { randomBytes } from 'node:crypto';

const SKEW_MS_MAX = 5 * 60_000;

export function transactionId(n: number): string {
  if (n % 2 === 0) return `sdk-${n}`;
  const isSkewed = n % 20 === 1;
  const skewMs = isSkewed ? Math.round((Math.random() * 2 - 1.5) * SKEW_MS_MAX) : 0;
  return uuidV7(Date.now() + skewMs);
}

/** RFC 9562, 5.7. */
function uuidV7(timeMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(timeMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [0, 8, 12, 16, 20].map((at, i, all) => hex.slice(at, all[i + 1])).join('-');
}
