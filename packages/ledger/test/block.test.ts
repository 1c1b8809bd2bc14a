import {
  BLOCK_BYTES_MAX,
  BODY_OFFSET,
  buildBlock,
  concatBytes,
  decodeBlock,
  decodeBlockBody,
  decodeBlockHead,
  formatLimits,
  leavesOf,
  merkleRoot,
  orThrow,
  parseBlockNumber,
  rootOf,
  verifySignature,
} from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';
import { crypto, firstState, genesis, nextBlock, part, signerOf } from './sample.ts';

const state = firstState();
const block = nextBlock(state);

describe('building a block', () => {
  test('gives what decoding its bytes gives', () => {
    const decoded = orThrow(decodeBlock(crypto, block.bytes));
    expect(decoded.header).toEqual(block.header);
    expect(decoded.hash).toEqual(block.hash);
    expect(decoded.signature).toEqual(block.signature);
    expect(decoded.body).toEqual(block.body);
    expect(leavesOf(crypto, decoded)).toEqual(block.leaves);
  });

  test('is indifferent to how transactions are grouped into parts', () => {
    const apart = nextBlock(state, { parts: [part('a'), part('b'), part('c')] });
    const together = nextBlock(state, { parts: [concatBytes(part('a'), part('b')), part('c')] });
    expect(together.bytes).toEqual(apart.bytes);
    expect(together.header.transactionCount).toBe(3);
  });

  test('fills in count, body bytes and root', () => {
    const { header, bytes } = block;
    expect(header.transactionCount).toBe(2);
    expect(header.bodyBytes).toBe(bytes.length - BODY_OFFSET);
    expect(header.transactionsRoot).toEqual(merkleRoot(crypto, leavesOf(crypto, block), 2));
    expect(rootOf(crypto, block)).toEqual(header.transactionsRoot);
  });

  test('refuses parts that are not well-formed, too many or too large', () => {
    expectThrown(() => nextBlock(state, { parts: [] }), 'BODY_COUNT');
    expectThrown(() => nextBlock(state, { parts: [part('a').subarray(1)] }), 'TX_TRUNCATED');
    const many = Array.from({ length: 5001 }, () => part('a'));
    expectThrown(() => nextBlock(state, { parts: many }), 'BODY_COUNT');
    const parts = [part('a', 'x'.repeat(400_000)), part('b', 'x'.repeat(400_000))];
    expectThrown(() => nextBlock(state, { parts }), 'BLOCK_TOO_LARGE');
  });

  test('reaches the largest size and not one byte more', () => {
    const room = BLOCK_BYTES_MAX - BODY_OFFSET - (part('a', 'x').length - 1);
    const largest = nextBlock(state, { parts: [part('a', 'x'.repeat(room))] });
    expect(largest.bytes).toHaveLength(BLOCK_BYTES_MAX);
    expect(decodeBlock(crypto, largest.bytes)).not.toBeInstanceOf(Error);
    expectReturned(decodeBlock(crypto, new Uint8Array(BLOCK_BYTES_MAX + 1)), 'BLOCK_TOO_LARGE');
  });

  test('without a signer is for block 0 alone', () => {
    const header = { ...block.header, number: parseBlockNumber(1) };
    const parts = [part('a')];
    expectThrown(() => buildBlock({ crypto, signer: null, header, parts }), 'ASSERTION');
  });
});

describe('decoding a block', () => {
  test('keeps the bytes it was given', () => {
    const decoded = orThrow(decodeBlock(crypto, block.bytes));
    expect(decoded.bytes).toBe(block.bytes);
    expect(decoded.signature.buffer).toBe(block.bytes.buffer);
  });

  test('refuses every truncation and any trailing byte', () => {
    for (let length = 0; length < block.bytes.length; length++) {
      expect(decodeBlock(crypto, block.bytes.subarray(0, length))).toBeInstanceOf(Error);
    }
    expectReturned(
      decodeBlock(crypto, concatBytes(block.bytes, Uint8Array.of(0))),
      'BLOCK_BODY_BYTES',
    );
  });

  test('obeys narrower limits', () => {
    const limits = { ...formatLimits, maxTransactions: 1 };
    expectReturned(decodeBlock(crypto, block.bytes, limits), 'BODY_COUNT');
  });

  test('in two steps gives the same as in one', () => {
    const head = orThrow(decodeBlockHead(crypto, block.bytes));
    expect(head.hash).toEqual(block.hash);
    expect(decodeBlockBody(head, block.bytes)).toEqual(decodeBlock(crypto, block.bytes));
  });

  test('never throws, and a changed byte is refused or changes hash, leaves or signature', () => {
    fc.assert(
      fc.property(fc.nat(block.bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = block.bytes.slice();
        bytes[at]! ^= flip;
        const decoded = decodeBlock(crypto, bytes);
        if (decoded instanceof Error) return;
        const same =
          Buffer.compare(decoded.hash, block.hash) === 0 &&
          Buffer.compare(rootOf(crypto, decoded), decoded.header.transactionsRoot) === 0 &&
          Buffer.compare(decoded.signature, block.signature) === 0;
        expect(same).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the signature of a block', () => {
  const verifier = (id: number) => crypto.createVerifier(signerOf(id).publicKey);

  test('is that of its proposer alone', () => {
    expect(verifySignature(block, verifier(1))).toBe(true);
    expect(verifySignature(block, verifier(2))).toBe(false);
  });

  test('covers the header', () => {
    const bytes = block.bytes.slice();
    bytes[121]! ^= 1;
    expect(verifySignature(orThrow(decodeBlock(crypto, bytes)), verifier(1))).toBe(false);
  });

  test('is zeros in block 0, which no key verifies', () => {
    expect(genesis.signature).toEqual(new Uint8Array(64));
    expect(verifySignature(genesis, verifier(1))).toBe(false);
  });
});
