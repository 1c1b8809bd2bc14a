/**
 * The first bytes of a transaction's leaf hash: what tells "the same transaction again" from "another one under its id",
 * also where the block is not at hand because the index keeps nothing else.
 */
import { type Block, type Crypto, leavesOf, TRANSACTION_PREFIX_BYTES } from '@cairn/ledger';
import { LEAF_MARK_BYTES } from './index-backlog.ts';

/** `LEAF_MARK_BYTES` of the hash of 0x00 and the transaction. */
export type LeafMark = Uint8Array;

const LEAF_BYTES = 32;

/** Of the transaction in body form at [start, end). */
export function leafMarkOf(
  crypto: Crypto,
  bytes: Uint8Array,
  start: number,
  end: number,
): LeafMark {
  const leaf = crypto.sha256(bytes.subarray(start + TRANSACTION_PREFIX_BYTES - 1, end));
  return leaf.subarray(0, LEAF_MARK_BYTES);
}

export function leafMarkIn(crypto: Crypto, block: Block, index: number): LeafMark {
  const start = index * LEAF_BYTES;
  return leavesOf(crypto, block).subarray(start, start + LEAF_MARK_BYTES);
}

export function equalMarks(left: LeafMark, right: LeafMark): boolean {
  for (let i = 0; i < LEAF_MARK_BYTES; i++) if (left[i] !== right[i]) return false;
  return true;
}
