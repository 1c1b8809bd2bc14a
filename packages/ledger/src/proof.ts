/**
 * Inclusion and consistency proofs of RFC 6962 (section 2.1), verified as in RFC 9162 section 2.1.3.2
 * and 2.1.4.2. Sizes and indexes are safe integers and may exceed 32 bits (a channel's whole
 * history is such a tree too), so halving is arithmetic, not shifting.
 */
import { equalBytes } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { LedgerError } from './errors.ts';
import { HASH_BYTES } from './limits.ts';
import { leafAt, merkleRoot, nodeHash } from './merkle.ts';
import type { Hash } from './names.ts';

/** Sibling hashes from the leaf upwards. Throws `BAD_PROOF_RANGE` unless index < number of leaves. */
export function inclusionProof(crypto: Crypto, leaves: Uint8Array, index: number): Hash[] {
  const count = leaves.length / HASH_BYTES;
  if (!Number.isInteger(index) || index < 0 || index >= count) throw badRange();
  return inclusionPath(crypto, leaves, index);
}

function inclusionPath(crypto: Crypto, leaves: Uint8Array, index: number): Hash[] {
  const count = leaves.length / HASH_BYTES;
  if (count === 1) return [];
  const split = largestPowerOfTwoBelow(count);
  const left = leaves.subarray(0, split * HASH_BYTES);
  const right = leaves.subarray(split * HASH_BYTES);
  return index < split
    ? [...inclusionPath(crypto, left, index), rootOf(crypto, right)]
    : [...inclusionPath(crypto, right, index - split), rootOf(crypto, left)];
}

/** Proof that the tree over the first `oldSize` >= 1 leaves is a prefix of the tree over all of them. */
export function consistencyProof(crypto: Crypto, leaves: Uint8Array, oldSize: number): Hash[] {
  const count = leaves.length / HASH_BYTES;
  if (!Number.isInteger(oldSize) || oldSize < 1 || oldSize > count) throw badRange();
  return oldSize === count ? [] : subproof(crypto, leaves, oldSize, true);
}

/** SUBPROOF of RFC 6962 section 2.1.2; `whole`: the old tree is this very subtree's beginning. */
function subproof(crypto: Crypto, leaves: Uint8Array, oldSize: number, whole: boolean): Hash[] {
  const count = leaves.length / HASH_BYTES;
  if (oldSize === count) return whole ? [] : [rootOf(crypto, leaves)];
  const split = largestPowerOfTwoBelow(count);
  const left = leaves.subarray(0, split * HASH_BYTES);
  const right = leaves.subarray(split * HASH_BYTES);
  return oldSize <= split
    ? [...subproof(crypto, left, oldSize, whole), rootOf(crypto, right)]
    : [...subproof(crypto, right, oldSize - split, false), rootOf(crypto, left)];
}

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly treeSize: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** True only if `leaf` stands at `index` of the tree with this size and root. */
export function verifyInclusion(crypto: Crypto, claim: InclusionClaim): boolean {
  const { leaf, index, treeSize, proof, root } = claim;
  if (!isSize(index) || !isSize(treeSize) || index >= treeSize) return false;
  if (![leaf, root, ...proof].every(isHash)) return false;
  let [node, last, hash] = [index, treeSize - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    const siblingIsLeft = isOdd(node) || node === last;
    hash = siblingIsLeft ? nodeHash(crypto, sibling, hash) : nodeHash(crypto, hash, sibling);
    if (siblingIsLeft) [node, last] = skipPassedUp(node, last);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equalBytes(hash, root);
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly proof: readonly Uint8Array[];
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
}

/** True only if the old tree is a prefix of the new one. From an empty old tree nothing follows: false. */
export function verifyConsistency(crypto: Crypto, claim: ConsistencyClaim): boolean {
  const { oldSize, newSize, proof, oldRoot, newRoot } = claim;
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (![oldRoot, newRoot, ...proof].every(isHash)) return false;
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  return oldSize > 0 && proof.length > 0 && climbBothTrees(crypto, claim);
}

function climbBothTrees(crypto: Crypto, claim: ConsistencyClaim): boolean {
  let [node, last] = [claim.oldSize - 1, claim.newSize - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // A complete old tree is itself the first node of the path and is not repeated in the proof.
  const path = node === 0 ? [claim.oldRoot, ...claim.proof] : claim.proof;
  let [oldHash, newHash] = [path[0]!, path[0]!];
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      oldHash = nodeHash(crypto, sibling, oldHash);
      newHash = nodeHash(crypto, sibling, newHash);
      [node, last] = skipPassedUp(node, last);
    } else {
      newHash = nodeHash(crypto, newHash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equalBytes(oldHash, claim.oldRoot) && equalBytes(newHash, claim.newRoot);
}

/** An even last node had no sibling on these levels: it was passed up, and the proof has no hash for it. */
function skipPassedUp(node: number, last: number): [number, number] {
  while (node !== 0 && !isOdd(node)) [node, last] = [half(node), half(last)];
  return [node, last];
}

function rootOf(crypto: Crypto, leaves: Uint8Array): Hash {
  const count = leaves.length / HASH_BYTES;
  return count === 1 ? leafAt(leaves, 0) : merkleRoot(crypto, leaves, count);
}

function largestPowerOfTwoBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function badRange(): LedgerError {
  return new LedgerError('BAD_PROOF_RANGE', 'the index or size lies outside the tree');
}
