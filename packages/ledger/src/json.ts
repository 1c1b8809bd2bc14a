/**
 * Blocks as the JSON users see: hashes and signatures in hex, payloads in base64, times also in
 * RFC 3339, the proposer by name. Field names and order are part of the public interface.
 */
import type { Block, BlockHead } from './block.ts';
import { transactionAt } from './body.ts';
import { toBase64, toHex } from './bytes.ts';
import type { BlockKind } from './header.ts';
import type { ChannelName, Hash } from './names.ts';
import { encodeKey } from './nkey.ts';
import type { Transaction } from './transaction.ts';

/** What a block does not say itself. */
export interface BlockNaming {
  readonly channel: ChannelName;
  readonly channelId: Hash;
  /** For instance `(id) => memberNameOf(config, id)`; null for block 0's proposer 0. */
  readonly nameOf: (memberId: number) => string | null;
}

export interface HeaderJson {
  readonly channel: string;
  readonly channelId: string;
  readonly number: number;
  readonly kind: BlockKind;
  readonly hash: string;
  readonly previousHash: string;
  readonly transactionsRoot: string;
  readonly transactionCount: number;
  readonly bodyBytes: number;
  readonly timestamp: string;
  readonly timestampMs: number;
  readonly term: number;
  readonly proposer: string | null;
  readonly proposerId: number;
  readonly configNumber: number;
  readonly signature: string;
}

export interface TransactionJson {
  readonly id: string;
  readonly payload: string;
  readonly author?: string;
  readonly signature?: string;
}

export interface BlockJson extends HeaderJson {
  readonly transactions: readonly TransactionJson[];
}

/** The block without its transactions: what events carry. */
export function jsonOfHeader(
  { header, hash, signature }: BlockHead,
  naming: BlockNaming,
): HeaderJson {
  return {
    channel: naming.channel,
    channelId: toHex(naming.channelId),
    number: header.number,
    kind: header.kind,
    hash: toHex(hash),
    previousHash: toHex(header.previousHash),
    transactionsRoot: toHex(header.transactionsRoot),
    transactionCount: header.transactionCount,
    bodyBytes: header.bodyBytes,
    timestamp: new Date(header.timestampMs).toISOString(),
    timestampMs: header.timestampMs,
    term: header.term,
    proposer: naming.nameOf(header.proposer),
    proposerId: header.proposer,
    configNumber: header.configNumber,
    signature: toHex(signature),
  };
}

export function jsonOfBlock(block: Block, naming: BlockNaming): BlockJson {
  const transactions = Array.from({ length: block.body.count }, (_, i) =>
    jsonOfTransaction(transactionAt(block.body, i)),
  );
  return { ...jsonOfHeader(block, naming), transactions };
}

export function jsonOfTransaction(transaction: Transaction): TransactionJson {
  const { id, payload, author, signature } = transaction;
  const json = { id, payload: toBase64(payload) };
  if (author === undefined || signature === undefined) return json;
  return { ...json, author: encodeKey(author), signature: toHex(signature) };
}
