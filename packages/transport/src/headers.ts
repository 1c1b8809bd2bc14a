/**
 * Headers as NATS carries them: what may be one, and what it adds to the size of a message.
 */
import type { HeaderRecord } from './bus.ts';

const namePattern = /^[!-9;-~]+$/;

/** The bytes that these headers add. Throws for what would break the header block apart. */
export function headerBytesOf(headers: HeaderRecord | undefined): number {
  if (headers === undefined) return 0;
  const entries = Object.entries(headers);
  if (entries.length === 0) return 0;
  return entries.reduce((sum, [name, value]) => {
    assertHeader(name, value);
    return sum + Buffer.byteLength(`${name}: ${value}\r\n`);
  }, 'NATS/1.0\r\n\r\n'.length);
}

function assertHeader(name: string, value: string): void {
  if (namePattern.test(name) && !/[\r\n]/.test(value)) return;
  throw new RangeError(`${JSON.stringify(name)} cannot be sent as a header`);
}
