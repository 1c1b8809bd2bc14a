/**
 * UUIDv7 (RFC 9562 section 5.7): ids that sort by time, which keeps the transaction index cheap.
 *
 * A client makes one for each transaction, so the text is written into one buffer that is kept: the time is written once
 * per millisecond, and the buffer is read as one flat string, which pieces put together would not be.
 */
import { readAscii, utf8 } from './bytes.ts';
import { LedgerError } from './errors.ts';
import type { TxId } from './names.ts';

const TIME_MS_MAX = 2 ** 48 - 1;
const RANDOM_BYTES = 10;

const DIGITS = utf8('0123456789abcdef');
/** Time, version and random bits, variant and random bits, random. Between two calls it holds the last id. */
const text = utf8('00000000-0000-7000-8000-000000000000');
/** The time that stands in `text`. */
let writtenMs = 0;

/**
 * `randomBytes`: 10 bytes from `start`, of which 74 bits are used. Throws `BAD_TIME` for a time that is not a u48, and
 * `BAD_TX_ID` for too few random bytes.
 */
export function txIdUuidV7(nowMs: number, randomBytes: Uint8Array, start = 0): TxId {
  if (start < 0 || start + RANDOM_BYTES > randomBytes.length) {
    throw new LedgerError('BAD_TX_ID', `a UUIDv7 takes ${RANDOM_BYTES} random bytes`);
  }
  if (nowMs !== writtenMs) writeTime(nowMs);
  writeHex(14, 0x70 | (randomBytes[start]! & 0x0f));
  writeHex(16, randomBytes[start + 1]!);
  writeHex(19, 0x80 | (randomBytes[start + 2]! & 0x3f));
  writeHex(21, randomBytes[start + 3]!);
  for (let i = 4; i < RANDOM_BYTES; i++) writeHex(16 + 2 * i, randomBytes[start + i]!);
  return readAscii(text, 0, text.length) as TxId;
}

function writeTime(nowMs: number): void {
  if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs > TIME_MS_MAX) {
    throw new LedgerError('BAD_TIME', 'a UUIDv7 takes whole milliseconds of 48 bits');
  }
  const digits = utf8(nowMs.toString(16).padStart(12, '0'));
  text.set(digits.subarray(0, 8), 0);
  text.set(digits.subarray(8), 9);
  writtenMs = nowMs;
}

function writeHex(offset: number, byte: number): void {
  text[offset] = DIGITS[byte >>> 4]!;
  text[offset + 1] = DIGITS[byte & 0x0f]!;
}
