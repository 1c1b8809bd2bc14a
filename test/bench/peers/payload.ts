/** The payloads of the benchmark, the same for both systems. */
import { randomBytes } from 'node:crypto';

/** Bytes that do not compress. */
export function payloadOf(sizeBytes: number): Uint8Array {
  return new Uint8Array(randomBytes(sizeBytes));
}
