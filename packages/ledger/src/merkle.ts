/**
 * The Merkle tree of RFC 6962 over a block's transactions.
 *
 *   leaf = hash(0x00 | transaction)      node = hash(0x01 | left | right)
 *
 * A level with an odd number of nodes passes its last one up unchanged; that gives the same tree as
 * the RFC's split at the largest power of two. Proofs are in `proof.ts`.
 */
import type { BodyIndex } from './body.ts';
import type { Crypto } from './crypto.ts';
import { assert } from './errors.ts';
import { HASH_BYTES } from './limits.ts';
import { asHash, type Hash } from './names.ts';

const NODE_PREFIX = 0x01;
const PAIR_BYTES = 2 * HASH_BYTES;
const NODE_INPUT_BYTES = 1 + PAIR_BYTES;

/** The leaves of a scanned body, 32 bytes each, one after the other. */
export function merkleLeaves(crypto: Crypto, bytes: Uint8Array, body: BodyIndex): Uint8Array {
  const leaves = new Uint8Array(body.count * HASH_BYTES);
  for (let i = 0; i < body.count; i++) {
    const slice = bytes.subarray(body.starts[i]! - 1, body.ends[i]!);
    crypto.sha256Into(slice, leaves, i * HASH_BYTES);
  }
  return leaves;
}

/**
 * Root over `count` leaves; of no leaves, hash of nothing (RFC 6962 section 2.1).
 * Works in one buffer: [0x01 and a pair to hash | the level, which each pass halves in place].
 */
export function merkleRoot(crypto: Crypto, leaves: Uint8Array, count: number): Hash {
  assert(leaves.length === count * HASH_BYTES, 'leaves are 32 bytes each');
  if (count === 0) return asHash(crypto.sha256(leaves));
  if (count === 1) return asHash(leaves.slice());
  const buffer = new Uint8Array(NODE_INPUT_BYTES + leaves.length);
  buffer[0] = NODE_PREFIX;
  buffer.set(leaves, NODE_INPUT_BYTES);
  const input = buffer.subarray(0, NODE_INPUT_BYTES);
  for (let width = count; width > 1; width = (width + 1) >>> 1) halve(crypto, buffer, input, width);
  return asHash(buffer.slice(NODE_INPUT_BYTES, NODE_INPUT_BYTES + HASH_BYTES));
}

/** Node i is written where node i was and read from 2i and 2i + 1: never ahead of the reading. */
function halve(crypto: Crypto, buffer: Uint8Array, input: Uint8Array, width: number): void {
  const pairs = width >>> 1;
  for (let i = 0; i < pairs; i++) {
    const left = NODE_INPUT_BYTES + i * PAIR_BYTES;
    buffer.copyWithin(1, left, left + PAIR_BYTES);
    crypto.sha256Into(input, buffer, NODE_INPUT_BYTES + i * HASH_BYTES);
  }
  if (width % 2 === 0) return;
  const last = NODE_INPUT_BYTES + (width - 1) * HASH_BYTES;
  buffer.copyWithin(NODE_INPUT_BYTES + pairs * HASH_BYTES, last, last + HASH_BYTES);
}

/** hash(0x01 | left | right). */
export function nodeHash(crypto: Crypto, left: Uint8Array, right: Uint8Array): Hash {
  assert(left.length === HASH_BYTES && right.length === HASH_BYTES, 'tree nodes are hashes');
  const input = new Uint8Array(NODE_INPUT_BYTES);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + HASH_BYTES);
  return asHash(crypto.sha256(input));
}

export function leafAt(leaves: Uint8Array, index: number): Hash {
  return asHash(leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
}
