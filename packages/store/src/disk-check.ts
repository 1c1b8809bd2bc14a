/**
 * What every disk demands of a commit before it takes any part of it: LMDB, for one, would keep the first half of a bad
 * one.
 */

import type { DiskOperation } from './disk.ts';
import { assert } from './errors.ts';

/** LMDB's limit for pages of 4 KiB and less. */
const KEY_BYTES_MAX = 511;

/** Bytes of all keys and values, once all of them are known to be possible. */
export function checkedBytes(operations: readonly DiskOperation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    if (operation.type === 'removeRange') continue;
    const { length } = operation.key;
    assert(length >= 1 && length <= KEY_BYTES_MAX, `a key has 1 to ${KEY_BYTES_MAX} bytes`);
    bytes += length;
    if (operation.type !== 'put') continue;
    assert(operation.value instanceof Uint8Array, 'a value is bytes');
    bytes += operation.value.length;
  }
  return bytes;
}
