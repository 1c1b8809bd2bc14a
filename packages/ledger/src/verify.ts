/**
 * Whether a block may stand where it claims to stand.
 *
 * `verifyBlock` checks who signed before anything else. Its outcome is therefore of two kinds:
 * `PROPOSER` and `SIGNATURE` mean that nobody entitled said this (drop and count it); every other
 * reason means that a proposer of the channel broke a rule (keep the evidence).
 * Limits are those of the configuration in force: the newest config block with a smaller number.
 */
import { type Block, type BlockHead, rootOf, verifySignature } from './block.ts';
import { duplicateId, hasReservedId } from './body.ts';
import { equalBytes } from './bytes.ts';
import { bodyBytesMax, type ChannelConfig } from './config.ts';
import type { Crypto, Verifier } from './crypto.ts';
import { LedgerError } from './errors.ts';
import { configOf } from './genesis.ts';
import { BODY_OFFSET, TRANSACTIONS_MAX } from './limits.ts';
import { type ConfigAt, checkSuccession } from './membership.ts';
import type { BlockNumber, Hash } from './names.ts';

/** Stable codes; labels of metrics and evidence files. */
export type BlockFault =
  | 'PROPOSER'
  | 'SIGNATURE'
  | 'NUMBER'
  | 'CHANNEL_ID'
  | 'PREVIOUS_HASH'
  | 'CONFIG_NUMBER'
  | 'TERM'
  | 'TIME'
  | 'BODY_BYTES'
  | 'LIMITS'
  | 'ROOT'
  | 'DUPLICATE_ID'
  | 'RESERVED_ID'
  | 'CONFIG_SHAPE'
  | 'CONFIG_CHANGE';

export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: BlockFault; readonly message: string };

/** What the block before says about the next one. */
export interface BlockExpectations {
  readonly crypto: Crypto;
  readonly channelId: Hash;
  readonly number: BlockNumber;
  readonly previousHash: Hash;
  readonly previousTimestampMs: number;
  readonly previousTerm: number;
  /** The configuration in force for this block. */
  readonly config: ConfigAt;
  /** Undefined for a member that may not propose under `config`. */
  readonly verifierOf: (proposer: number) => Verifier | undefined;
  /** Term of the Raft entry that carries the block, where there is one. */
  readonly entryTerm?: number | undefined;
}

const OK: Verdict = { ok: true };

/** Signature first, then every rule. The block has come through `decodeBlock`. */
export function verifyBlock(block: Block, expectations: BlockExpectations): Verdict {
  const signed = verifyProposer(block, expectations.verifierOf);
  return signed.ok ? verifyBlockRules(block, expectations) : signed;
}

/** Only who signed; needs no more than the first 206 bytes. */
export function verifyProposer(
  head: BlockHead,
  verifierOf: (proposer: number) => Verifier | undefined,
): Verdict {
  const { proposer } = head.header;
  const verifier = verifierOf(proposer);
  if (verifier === undefined) return fault('PROPOSER', `member ${proposer} may not propose here`);
  if (verifySignature(head, verifier)) return OK;
  return fault('SIGNATURE', `the signature is not that of member ${proposer}`);
}

/** Every rule but the signature, cheapest first; for a block whose signature has been verified. */
export function verifyBlockRules(block: Block, expectations: BlockExpectations): Verdict {
  return (
    brokenLink(block, expectations) ??
    brokenOrder(block, expectations) ??
    brokenLimit(block, expectations.config.config) ??
    brokenContent(block, expectations) ??
    OK
  );
}

function brokenLink({ header }: BlockHead, expected: BlockExpectations): Verdict | null {
  if (header.number !== expected.number) {
    return fault('NUMBER', `number ${header.number} where ${expected.number} is due`);
  }
  if (!equalBytes(header.channelId, expected.channelId)) {
    return fault('CHANNEL_ID', 'the block belongs to another channel');
  }
  if (!equalBytes(header.previousHash, expected.previousHash)) {
    return fault('PREVIOUS_HASH', 'the block does not follow the block before');
  }
  const configNumber = header.kind === 'config' ? header.number : expected.config.number;
  if (header.configNumber === configNumber) return null;
  return fault('CONFIG_NUMBER', `configNumber ${header.configNumber}, not ${configNumber}`);
}

function brokenOrder({ header }: BlockHead, expected: BlockExpectations): Verdict | null {
  const { entryTerm, previousTerm, previousTimestampMs } = expected;
  if (entryTerm !== undefined && header.term !== entryTerm) {
    return fault('TERM', `term ${header.term} in an entry of term ${entryTerm}`);
  }
  if (header.term < previousTerm) {
    return fault('TERM', `term ${header.term} after term ${previousTerm}`);
  }
  if (header.timestampMs >= previousTimestampMs) return null;
  return fault('TIME', `time ${header.timestampMs} after ${previousTimestampMs}`);
}

/** A config block obeys the limits of the format, checked when decoded; a data block its channel's. */
function brokenLimit(block: Block, { batch }: ChannelConfig): Verdict | null {
  const { kind, bodyBytes } = block.header;
  if (bodyBytes !== block.bytes.length - BODY_OFFSET) {
    return fault('BODY_BYTES', `bodyBytes ${bodyBytes} does not count the body`);
  }
  if (kind === 'config') return null;
  if (block.body.count > batch.maxTransactions || block.body.count > TRANSACTIONS_MAX) {
    return fault('LIMITS', `${block.body.count} transactions, at most ${batch.maxTransactions}`);
  }
  if (bodyBytes > bodyBytesMax(batch)) {
    return fault('LIMITS', `${bodyBytes} bytes of body, at most ${bodyBytesMax(batch)}`);
  }
  return longestTransaction(block) <= batch.maxTransactionBytes
    ? null
    : fault('LIMITS', `a transaction has over ${batch.maxTransactionBytes} bytes`);
}

function longestTransaction({ body }: Block): number {
  let longest = 0;
  for (let i = 0; i < body.count; i++) longest = Math.max(longest, body.ends[i]! - body.starts[i]!);
  return longest;
}

function brokenContent(block: Block, expected: BlockExpectations): Verdict | null {
  if (!equalBytes(block.header.transactionsRoot, rootOf(expected.crypto, block))) {
    return fault('ROOT', 'the transactions do not hash to transactionsRoot');
  }
  return block.header.kind === 'config'
    ? brokenConfig(block, expected.config.config)
    : brokenIds(block);
}

function brokenIds({ body }: Block): Verdict | null {
  const twice = duplicateId(body);
  if (twice !== null) return fault('DUPLICATE_ID', `id ${twice} stands in the block twice`);
  return hasReservedId(body) ? fault('RESERVED_ID', 'a config- id in a data block') : null;
}

function brokenConfig(block: Block, inForce: ChannelConfig): Verdict | null {
  const next = configOf(block);
  if (next instanceof LedgerError) return fault('CONFIG_SHAPE', next.message);
  const refusal = checkSuccession(inForce, next);
  return refusal === null ? null : fault('CONFIG_CHANGE', refusal.message);
}

function fault(reason: BlockFault, message: string): Verdict {
  return { ok: false, reason, message };
}
