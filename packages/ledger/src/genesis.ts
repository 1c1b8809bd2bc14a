/**
 * Config blocks, and block 0 above all: its hash *is* the channel's identity.
 *
 * Block 0 has term 1, its configuration's `createdMs` as time, configNumber 0, proposer 0, zeros as
 * channel id and previous hash, and a signature of zeros. It is made once and copied, never derived
 * again from anything else.
 */
import { type Block, buildBlock, decodeBlock, rootOf } from './block.ts';
import { transactionAt } from './body.ts';
import { equalBytes, isZero } from './bytes.ts';
import {
  type BatchConfig,
  type ChannelConfig,
  defaultBatch,
  defaultRaft,
  encodeConfig,
  type MemberRole,
  parseConfig,
  type RaftConfig,
} from './config.ts';
import type { Crypto } from './crypto.ts';
import { LedgerError, orThrow } from './errors.ts';
import {
  type BlockNumber,
  type ChannelName,
  configTxId,
  type Hash,
  type OrdererName,
  parseBlockNumber,
  ZERO_HASH,
} from './names.ts';
import { nobleCrypto } from './noble.ts';
import { encodeBodyTransaction } from './transaction.ts';

export const GENESIS_NUMBER: BlockNumber = parseBlockNumber(0);
export const GENESIS_TERM = 1;

export interface ChannelDefinition {
  readonly channel: ChannelName;
  readonly createdMs: number;
  /** Members get the ids 1..n in list order. */
  readonly members: readonly {
    readonly name: OrdererName;
    readonly key: string;
    readonly role: MemberRole;
  }[];
  readonly batch?: Partial<BatchConfig>;
  readonly raft?: Partial<RaftConfig>;
}

/** The configuration of block 0. Throws what `parseConfig` finds wrong. */
export function initialConfig(definition: ChannelDefinition): ChannelConfig {
  const { channel, createdMs, members, batch, raft } = definition;
  const config: ChannelConfig = {
    version: 1,
    channel,
    createdMs,
    nextMemberId: members.length + 1,
    members: members.map(({ name, key, role }, i) => ({ id: i + 1, name, key, role })),
    outgoing: [],
    batch: { ...defaultBatch, ...batch },
    raft: { ...defaultRaft, ...raft },
    policies: {},
  };
  return orThrow(parseConfig(encodeConfig(config)));
}

/** Throws `BAD_GENESIS` or what `parseConfig` finds wrong. */
export function genesisBlock(config: ChannelConfig, crypto: Crypto = nobleCrypto): Block {
  const block = buildBlock({
    crypto,
    signer: null,
    header: {
      kind: 'config',
      channelId: ZERO_HASH,
      number: GENESIS_NUMBER,
      previousHash: ZERO_HASH,
      timestampMs: config.createdMs,
      term: GENESIS_TERM,
      proposer: 0,
      configNumber: GENESIS_NUMBER,
    },
    parts: [configBlockPart(GENESIS_NUMBER, config)],
  });
  orThrow(checkGenesis(crypto, block));
  return block;
}

/** The one part of the config block with this number, for `buildBlock`. */
export function configBlockPart(number: BlockNumber, config: ChannelConfig): Uint8Array {
  return encodeBodyTransaction({ id: configTxId(number), payload: encodeConfig(config) });
}

/** The channel's identity. The caller knows that `genesis` is block 0. */
export function channelIdOf(genesis: Block): Hash {
  return genesis.hash;
}

/** The configuration a config block holds; refuses another id, authorship, or a bad document. */
export function configOf(block: Block): ChannelConfig | LedgerError {
  if (block.header.kind !== 'config') {
    return new LedgerError('CONFIG_FIELD', 'a data block holds no configuration');
  }
  const { id, author, payload } = transactionAt(block.body, 0);
  const expected = configTxId(block.header.number);
  if (id !== expected || author !== undefined) {
    return new LedgerError('CONFIG_FIELD', `its transaction has id ${expected} and no author`);
  }
  return parseConfig(payload);
}

/** What a `.genesis` file holds: block 0, and the configuration in it. */
export interface Genesis {
  readonly block: Block;
  readonly config: ChannelConfig;
}

/** Reads and checks the bytes of a `.genesis` file. */
export function decodeGenesis(crypto: Crypto, bytes: Uint8Array): Genesis | LedgerError {
  const block = decodeBlock(crypto, bytes);
  if (block instanceof LedgerError) return block;
  const config = checkGenesis(crypto, block);
  return config instanceof LedgerError ? config : { block, config };
}

/** The configuration of a block that is a valid block 0; `BAD_GENESIS` or a config error if not. */
export function checkGenesis(crypto: Crypto, block: Block): ChannelConfig | LedgerError {
  const config = configOf(block);
  if (config instanceof LedgerError) return config;
  const broken = brokenGenesisRule(crypto, block, config);
  return broken === null ? config : new LedgerError('BAD_GENESIS', `block 0 ${broken}`);
}

function brokenGenesisRule(crypto: Crypto, block: Block, config: ChannelConfig): string | null {
  const { header, signature } = block;
  if (header.number !== GENESIS_NUMBER) return 'has number 0';
  if (header.configNumber !== GENESIS_NUMBER) return 'has configNumber 0';
  if (header.term !== GENESIS_TERM) return 'has term 1';
  if (header.proposer !== 0) return 'has proposer 0';
  if (!isZero(header.channelId)) return 'has a channel id of zeros';
  if (!isZero(header.previousHash)) return 'has a previous hash of zeros';
  if (!isZero(signature)) return 'has a signature of zeros';
  if (header.timestampMs !== config.createdMs) return 'has createdMs as its time';
  if (config.outgoing.length > 0) return 'has no outgoing voters';
  const numbered = config.members.every((member, i) => member.id === i + 1);
  if (!numbered || config.nextMemberId !== config.members.length + 1) {
    return 'numbers its members 1 to n';
  }
  return equalBytes(header.transactionsRoot, rootOf(crypto, block)) ? null : 'has a false root';
}
