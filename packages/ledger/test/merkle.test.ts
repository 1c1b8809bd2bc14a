import {
  consistencyProof,
  inclusionProof,
  leafAt,
  merkleLeaves,
  merkleRoot,
  nobleCrypto,
  nodeHash,
  orThrow,
  scanBody,
  toHex,
  verifyConsistency,
  verifyInclusion,
} from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectThrown } from './expect-code.ts';
import { part } from './sample.ts';

const crypto = nobleCrypto;

function leavesOfSize(count: number): Uint8Array {
  const leaves = new Uint8Array(count * 32);
  for (let i = 0; i < count; i++) crypto.sha256Into(Uint8Array.of(i, i >> 8), leaves, i * 32);
  return leaves;
}

/** The definition of RFC 6962 section 2.1, word for word. */
function rootByDefinition(leaves: Uint8Array): Uint8Array {
  const count = leaves.length / 32;
  if (count === 1) return leaves;
  let split = 1;
  while (split * 2 < count) split *= 2;
  const left = rootByDefinition(leaves.subarray(0, split * 32));
  return nodeHash(crypto, left, rootByDefinition(leaves.subarray(split * 32)));
}

describe('the Merkle root', () => {
  test('is the one RFC 6962 defines, for every size to 70', () => {
    for (let count = 1; count <= 70; count++) {
      const leaves = leavesOfSize(count);
      expect(toHex(merkleRoot(crypto, leaves, count))).toBe(toHex(rootByDefinition(leaves)));
    }
  });

  test('of no leaves is the hash of nothing', () => {
    expect(toHex(merkleRoot(crypto, new Uint8Array(0), 0))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  test('leaves its input as it was', () => {
    const leaves = leavesOfSize(5);
    merkleRoot(crypto, leaves, 5);
    expect(leaves).toEqual(leavesOfSize(5));
  });

  test('refuses a count that is not that of the leaves', () => {
    expectThrown(() => merkleRoot(crypto, leavesOfSize(3), 2), 'ASSERTION');
  });
});

test('leaves are hashes of body slices that begin with the 0x00', () => {
  const bytes = part('a');
  const body = orThrow(scanBody(bytes, 0, bytes.length, 1));
  expect(merkleLeaves(crypto, bytes, body)).toEqual(crypto.sha256(bytes.subarray(4)));
});

const sizeAndIndex = fc
  .integer({ min: 1, max: 40 })
  .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));

describe('an inclusion proof', () => {
  test('holds for every leaf of every tree, and only there', () => {
    fc.assert(
      fc.property(sizeAndIndex, fc.nat(40), ([treeSize, index], other) => {
        const leaves = leavesOfSize(treeSize);
        const root = merkleRoot(crypto, leaves, treeSize);
        const proof = inclusionProof(crypto, leaves, index);
        const claim = { leaf: leafAt(leaves, index), index, treeSize, proof, root };
        expect(verifyInclusion(crypto, claim)).toBe(true);
        if (other !== index) {
          expect(verifyInclusion(crypto, { ...claim, index: other })).toBe(false);
        }
        expect(verifyInclusion(crypto, { ...claim, proof: [...proof, root] })).toBe(false);
        expect(verifyInclusion(crypto, { ...claim, leaf: root })).toBe(treeSize === 1);
      }),
    );
  });

  test('with a number that is none is refused', () => {
    const leaves = leavesOfSize(1);
    const claim = { leaf: leaves, index: 0, treeSize: 1, proof: [], root: leaves };
    for (const index of [-1, 0.5, Number.NaN]) {
      expect(verifyInclusion(crypto, { ...claim, index })).toBe(false);
    }
    expect(verifyInclusion(crypto, { ...claim, treeSize: 2 ** 53 })).toBe(false);
    expectThrown(() => inclusionProof(crypto, leaves, 1), 'BAD_PROOF_RANGE');
  });
});

describe('a consistency proof', () => {
  test('holds between every two sizes, and only between those', () => {
    fc.assert(
      fc.property(sizeAndIndex, fc.nat(41), ([newSize, index], other) => {
        const leaves = leavesOfSize(newSize);
        const oldSize = index + 1;
        const claim = {
          oldSize,
          newSize,
          proof: consistencyProof(crypto, leaves, oldSize),
          oldRoot: merkleRoot(crypto, leaves.subarray(0, oldSize * 32), oldSize),
          newRoot: merkleRoot(crypto, leaves, newSize),
        };
        expect(verifyConsistency(crypto, claim)).toBe(true);
        if (other !== oldSize) {
          expect(verifyConsistency(crypto, { ...claim, oldSize: other })).toBe(false);
        }
        const swapped = { ...claim, oldRoot: claim.newRoot, newRoot: claim.oldRoot };
        expect(verifyConsistency(crypto, swapped)).toBe(oldSize === newSize);
      }),
    );
  });

  test('from an empty tree means nothing and is neither made nor accepted', () => {
    const leaves = leavesOfSize(2);
    const newRoot = merkleRoot(crypto, leaves, 2);
    const oldRoot = merkleRoot(crypto, new Uint8Array(0), 0);
    const claim = { oldSize: 0, newSize: 2, proof: [], oldRoot, newRoot };
    expect(verifyConsistency(crypto, claim)).toBe(false);
    expectThrown(() => consistencyProof(crypto, leaves, 0), 'BAD_PROOF_RANGE');
  });
});
