/**
 * Headers as NATS carries them: what may be one, and what it adds to the size of a message.
 */
import { Buffer } from 'node:buffer';
import type { HeaderRecord } from './bus.ts';

const namePattern = /^[!-9;-~]+$/;

/** The bytes that these headers add. Throws for what would break the header block apart. */
export function headerBytesOf(headers: HeaderRecord | undefined): number {
  if (headers === undefined) return 0;
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value = headers[name]!;
    assertHeader(name, value);
    bytes += name.length + ': '.length + Buffer.byteLength(value) + '\r\n'.length;
  }
  return bytes === 0 ? 0 : bytes + 'NATS/1.0\r\n\r\n'.length;
}

function assertHeader(name: string, value: string): void {
  if (namePattern.test(name) && !/[\r\n]/.test(value)) return;
  throw new RangeError(`${JSON.stringify(name)} cannot be sent as a header`);
}
