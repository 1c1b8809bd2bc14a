/** UUIDv7 (RFC 9562 section 5.7): ids that sort by time, which keeps the transaction index cheap. */
import { toHex } from './bytes.ts';
import { LedgerError } from './errors.ts';
import { parseTxId, type TxId } from './names.ts';

const TIME_MS_MAX = 2 ** 48 - 1;
const RANDOM_BYTES = 10;

/** `randomBytes`: 10 bytes, of which 74 bits are used. Throws `BAD_TIME` for a time that is not a u48. */
export function txIdUuidV7(nowMs: number, randomBytes: Uint8Array): TxId {
  if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs > TIME_MS_MAX) {
    throw new LedgerError('BAD_TIME', 'a UUIDv7 takes whole milliseconds of 48 bits');
  }
  if (randomBytes.length !== RANDOM_BYTES) {
    throw new LedgerError('BAD_TX_ID', `a UUIDv7 takes ${RANDOM_BYTES} random bytes`);
  }
  const random = Uint8Array.from(randomBytes);
  random[0] = 0x70 | (random[0]! & 0x0f);
  random[2] = 0x80 | (random[2]! & 0x3f);
  const hex = nowMs.toString(16).padStart(12, '0') + toHex(random);
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return parseTxId([...groups, hex.slice(20)].join('-'));
}
