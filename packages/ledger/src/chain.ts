/**
 * A walk along a channel's blocks: the configuration evolves at config blocks, and each block is
 * judged by the keys of the newest configuration with a smaller number.
 *
 * Invariant: a `ChainState` says everything the next block must agree with; it is only made from a
 * checked genesis block, from a verified block, or by a caller who trusts what it was given.
 */
import { type Block, decodeBlock } from './block.ts';
import type { ChannelConfig } from './config.ts';
import type { Crypto, Verifier } from './crypto.ts';
import { LedgerError, orThrow } from './errors.ts';
import { checkGenesis, configOf, GENESIS_NUMBER } from './genesis.ts';
import { type ConfigAt, proposersOf } from './membership.ts';
import { type BlockNumber, type Hash, parseBlockNumber } from './names.ts';
import { decodeKey } from './nkey.ts';
import { type BlockExpectations, type BlockFault, type Verdict, verifyBlock } from './verify.ts';

/** Where a chain stands after its newest verified block. */
export interface ChainState {
  readonly channelId: Hash;
  /** Of the newest block. */
  readonly number: BlockNumber;
  readonly hash: Hash;
  readonly timestampMs: number;
  readonly term: number;
  /** In force for the next block. */
  readonly config: ConfigAt;
  /** Verifiers of those who may propose the next block, by member id. */
  readonly verifiers: ReadonlyMap<number, Verifier>;
}

export type ChainFault = BlockFault | 'GENESIS' | 'MALFORMED';

export type ChainVerdict =
  | { readonly ok: true; readonly state: ChainState }
  | {
      readonly ok: false;
      /** The first bad block, by its position in the chain. */
      readonly number: BlockNumber;
      readonly reason: ChainFault;
      readonly message: string;
    };

/** Begins at block 0, or says what is wrong with it. */
export function startChain(crypto: Crypto, genesis: Block): ChainState | LedgerError {
  const config = checkGenesis(crypto, genesis);
  if (config instanceof LedgerError) return config;
  return stateAfter(crypto, genesis, {
    channelId: genesis.hash,
    config: { number: GENESIS_NUMBER, config, previous: null },
    verifiers: new Map(),
  });
}

/**
 * Begins after a block the caller trusts already. `config` is the configuration in force for the
 * *next* block: for a config block, its own.
 */
export function resumeChain(
  crypto: Crypto,
  channelId: Hash,
  trusted: Block,
  config: ConfigAt,
): ChainState {
  return stateAfter(crypto, trusted, { channelId, config, verifiers: new Map() });
}

function stateAfter(
  crypto: Crypto,
  { header, hash }: Block,
  known: Pick<ChainState, 'channelId' | 'config' | 'verifiers'>,
): ChainState {
  return {
    channelId: known.channelId,
    number: header.number,
    hash,
    timestampMs: header.timestampMs,
    term: header.term,
    config: known.config,
    verifiers: proposerVerifiers(crypto, known.config, known.verifiers),
  };
}

/** Verifiers by member id. Those whose key has not changed are taken from `known`: making one is dear. */
export function proposerVerifiers(
  crypto: Crypto,
  config: ConfigAt,
  known: ReadonlyMap<number, Verifier> = new Map(),
): ReadonlyMap<number, Verifier> {
  const entries = proposersOf(config).map(({ id, key }): [number, Verifier] => {
    const publicKey = orThrow(decodeKey(key));
    const before = known.get(id);
    const unchanged = before?.publicKey.every((byte, i) => byte === publicKey[i]) ?? false;
    return [id, unchanged && before ? before : crypto.createVerifier(publicKey)];
  });
  return new Map(entries);
}

/** What the state expects of the next block. */
export function expectationsOf(
  crypto: Crypto,
  state: ChainState,
  entryTerm?: number,
): BlockExpectations {
  return {
    crypto,
    channelId: state.channelId,
    number: parseBlockNumber(state.number + 1),
    previousHash: state.hash,
    previousTimestampMs: state.timestampMs,
    previousTerm: state.term,
    config: state.config,
    verifierOf: (proposer) => state.verifiers.get(proposer),
    entryTerm,
  };
}

/** Verifies the next block of the chain and steps over it. */
export function advanceChain(crypto: Crypto, state: ChainState, block: Block): ChainVerdict {
  const verdict: Verdict = verifyBlock(block, expectationsOf(crypto, state));
  if (!verdict.ok) {
    const number = parseBlockNumber(state.number + 1);
    return { ok: false, number, reason: verdict.reason, message: verdict.message };
  }
  return { ok: true, state: stepOver(crypto, state, block) };
}

/** The state after a block that has been verified. */
export function stepOver(crypto: Crypto, state: ChainState, block: Block): ChainState {
  if (block.header.kind === 'data') {
    const { channelId, config, verifiers } = state;
    const { number, timestampMs, term } = block.header;
    return { channelId, number, hash: block.hash, timestampMs, term, config, verifiers };
  }
  const config: ChannelConfig = orThrow(configOf(block));
  const { number } = block.header;
  return stateAfter(crypto, block, {
    channelId: state.channelId,
    config: { number, config, previous: state.config.config },
    verifiers: state.verifiers,
  });
}

/**
 * Verifies a run of blocks, given as canonical bytes: from block 0 if `start` is null, otherwise
 * from the block after `start`. Stops at the first bad one.
 */
export function verifyChain(
  crypto: Crypto,
  blocks: Iterable<Uint8Array>,
  start: ChainState | null = null,
): ChainVerdict {
  let state = start;
  for (const bytes of blocks) {
    const step = verifyNext(crypto, state, bytes);
    if (!step.ok) return step;
    state = step.state;
  }
  if (state !== null) return { ok: true, state };
  return { ok: false, number: GENESIS_NUMBER, reason: 'GENESIS', message: 'there is no block 0' };
}

/** One step of `verifyChain`, for callers who receive blocks one at a time. */
export function verifyNext(
  crypto: Crypto,
  state: ChainState | null,
  bytes: Uint8Array,
): ChainVerdict {
  const number = state === null ? GENESIS_NUMBER : parseBlockNumber(state.number + 1);
  const block = decodeBlock(crypto, bytes);
  if (block instanceof LedgerError) {
    return { ok: false, number, reason: 'MALFORMED', message: block.message };
  }
  if (state !== null) return advanceChain(crypto, state, block);
  const first = startChain(crypto, block);
  if (!(first instanceof LedgerError)) return { ok: true, state: first };
  return { ok: false, number, reason: 'GENESIS', message: first.message };
}
