/**
 * A block: header 142 | signature 64 | body. Built with one copy, read with none.
 *
 * Invariants of a `Block`: `bytes` is exactly one block and is never written again; `hash` is the
 * hash of its first 142 bytes; `header.bodyBytes` is the number of bytes after the signature; the
 * body has been scanned. Root, signature and chain are *not* part of that: see `verify.ts`.
 */
import {
  type BodyIndex,
  type BodyLimits,
  countTransactions,
  formatLimits,
  scanBody,
} from './body.ts';
import { viewOf } from './bytes.ts';
import type { Crypto, Signer, Verifier } from './crypto.ts';
import { assert, LedgerError, orThrow } from './errors.ts';
import { type BlockHeader, blockHash, decodeHeader, signingBytes, writeHeader } from './header.ts';
import { BLOCK_BYTES_MAX, BODY_OFFSET, HEADER_BYTES, SIGNATURE_BYTES } from './limits.ts';
import { merkleLeaves, merkleRoot } from './merkle.ts';
import type { Hash } from './names.ts';

/** What can be said of a block from its first 206 bytes: enough to check who signed it. */
export interface BlockHead {
  readonly header: BlockHeader;
  readonly hash: Hash;
  /** 64 bytes; zeros in block 0. */
  readonly signature: Uint8Array;
}

export interface Block extends BlockHead {
  /** The canonical bytes. */
  readonly bytes: Uint8Array;
  /** Offsets into `bytes`. */
  readonly body: BodyIndex;
  /** Leaf hashes, 32 bytes each; filled by `leavesOf` when first needed. */
  leaves: Uint8Array | undefined;
}

/** A header without what follows from the body. */
export type HeaderFields = Omit<BlockHeader, 'transactionsRoot' | 'transactionCount' | 'bodyBytes'>;

export interface BuildOptions {
  readonly crypto: Crypto;
  /** Null only for block 0, whose signature is zeros. */
  readonly signer: Signer | null;
  readonly header: HeaderFields;
  /** Each holds one or more transactions in body form: length u32 | 0x00 | transaction. */
  readonly parts: readonly Uint8Array[];
}

/**
 * Concatenates the parts behind header and signature, which is the one copy, then hashes and signs.
 * Throws a `LedgerError` if the parts are not well-formed or too large.
 */
export function buildBlock({ crypto, signer, header: fields, parts }: BuildOptions): Block {
  assert((signer === null) === (fields.number === 0), 'exactly block 0 is unsigned');
  const bytes = joinParts(parts);
  const count = countTransactions(bytes, BODY_OFFSET, bytes.length, formatLimits.maxTransactions);
  const body = orThrow(scanBody(bytes, BODY_OFFSET, bytes.length, count));
  const leaves = merkleLeaves(crypto, bytes, body);
  writeHeader(headerOf(fields, merkleRoot(crypto, leaves, count), count, bytes.length), bytes);
  const headerBytes = viewOf(bytes, 0, HEADER_BYTES);
  const header = orThrow(decodeHeader(headerBytes));
  const hash = blockHash(crypto, headerBytes);
  if (signer !== null) bytes.set(signer.sign(signingBytes(hash)), HEADER_BYTES);
  return { header, hash, signature: signatureOf(bytes), bytes, body, leaves };
}

/** Written out, as everything that is made for each block: a spread costs more than what it copies. */
function headerOf(
  {
    kind,
    channelId,
    number,
    previousHash,
    timestampMs,
    term,
    proposer,
    configNumber,
  }: HeaderFields,
  transactionsRoot: Hash,
  transactionCount: number,
  blockBytes: number,
): BlockHeader {
  return {
    kind,
    channelId,
    number,
    previousHash,
    transactionsRoot,
    transactionCount,
    bodyBytes: blockBytes - BODY_OFFSET,
    timestampMs,
    term,
    proposer,
    configNumber,
  };
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  let length = BODY_OFFSET;
  for (const part of parts) length += part.length;
  if (length > BLOCK_BYTES_MAX) throw tooLarge(length);
  const bytes = new Uint8Array(length);
  let offset = BODY_OFFSET;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * Reads header and signature only. A receiver checks the signature on this first: until then,
 * anything wrong with the rest was said by nobody.
 */
export function decodeBlockHead(crypto: Crypto, bytes: Uint8Array): BlockHead | LedgerError {
  if (bytes.length > BLOCK_BYTES_MAX) return tooLarge(bytes.length);
  if (bytes.length < BODY_OFFSET) {
    return new LedgerError('HEADER_LENGTH', `a block has at least ${BODY_OFFSET} bytes`);
  }
  const headerBytes = viewOf(bytes, 0, HEADER_BYTES);
  const header = decodeHeader(headerBytes);
  if (header instanceof LedgerError) return header;
  return { header, hash: blockHash(crypto, headerBytes), signature: signatureOf(bytes) };
}

/** Reads the body that belongs to `head`; `bytes` are the same that `head` was read from. */
export function decodeBlockBody(
  head: BlockHead,
  bytes: Uint8Array,
  limits: BodyLimits = formatLimits,
): Block | LedgerError {
  const { bodyBytes, transactionCount } = head.header;
  if (bodyBytes !== bytes.length - BODY_OFFSET) {
    const found = bytes.length - BODY_OFFSET;
    return new LedgerError(
      'BLOCK_BODY_BYTES',
      `the header says ${bodyBytes} bytes of body, there are ${found}`,
    );
  }
  const body = scanBody(bytes, BODY_OFFSET, bytes.length, transactionCount, limits);
  if (body instanceof LedgerError) return body;
  const { header, hash, signature } = head;
  return { header, hash, signature, bytes, body, leaves: undefined };
}

/** Strict, structural only, no copy: the block keeps `bytes`, which must not change any more. */
export function decodeBlock(
  crypto: Crypto,
  bytes: Uint8Array,
  limits: BodyLimits = formatLimits,
): Block | LedgerError {
  const head = decodeBlockHead(crypto, bytes);
  return head instanceof LedgerError ? head : decodeBlockBody(head, bytes, limits);
}

/** The block's leaf hashes, computed once and kept on the block. */
export function leavesOf(crypto: Crypto, block: Block): Uint8Array {
  block.leaves ??= merkleLeaves(crypto, block.bytes, block.body);
  return block.leaves;
}

/** The root of the transactions as they are, to compare with the header's. */
export function rootOf(crypto: Crypto, block: Block): Hash {
  return merkleRoot(crypto, leavesOf(crypto, block), block.body.count);
}

/** Whether the holder of `verifier`'s key signed this head. Never true for block 0. */
export function verifySignature(head: BlockHead, verifier: Verifier): boolean {
  return verifier.verify(signingBytes(head.hash), head.signature);
}

function signatureOf(bytes: Uint8Array): Uint8Array {
  return viewOf(bytes, HEADER_BYTES, HEADER_BYTES + SIGNATURE_BYTES);
}

function tooLarge(length: number): LedgerError {
  const message = `a block has at most ${BLOCK_BYTES_MAX} bytes, not ${length}`;
  return new LedgerError('BLOCK_TOO_LARGE', message);
}
