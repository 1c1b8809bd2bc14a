/** A small channel with known keys, for tests. */
import { createHash } from 'node:crypto';
import {
  type Block,
  buildBlock,
  type ChainState,
  type ChannelConfig,
  type ConfigAt,
  configBlockPart,
  encodeBodyTransaction,
  encodeKey,
  genesisBlock,
  type HeaderFields,
  initialConfig,
  type MemberRole,
  nobleCrypto,
  orThrow,
  parseBlockNumber,
  parseChannelName,
  parseOrdererName,
  parseTxId,
  type Signer,
  startChain,
  stepOver,
} from '@cairn/ledger';

export const crypto = nobleCrypto;

/** Deterministic: the seed of member `id` is the hash of its name. */
export function signerOf(id: number, generation = 0): Signer {
  const text = `member-${id}-${generation}`;
  return crypto.createSigner(Uint8Array.from(createHash('sha256').update(text).digest()));
}

export function memberOf(id: number, role: MemberRole = 'voter') {
  return {
    name: parseOrdererName(`orderer${id}`),
    key: encodeKey(signerOf(id).publicKey),
    role,
  };
}

export const CREATED_MS = 1_795_000_000_000;

export const config: ChannelConfig = initialConfig({
  channel: parseChannelName('mychannel'),
  createdMs: CREATED_MS,
  members: [memberOf(1), memberOf(2), memberOf(3)],
});

export const genesis: Block = genesisBlock(config);
export const configAt: ConfigAt = {
  number: parseBlockNumber(0),
  config,
  previous: null,
};

export function firstState(): ChainState {
  return orThrow(startChain(crypto, genesis));
}

export function part(id: string, payload = `payload of ${id}`): Uint8Array {
  return encodeBodyTransaction({ id: parseTxId(id), payload: new TextEncoder().encode(payload) });
}

export interface NextOptions {
  readonly proposer?: number;
  readonly signer?: Signer;
  readonly parts?: readonly Uint8Array[];
  readonly header?: Partial<HeaderFields>;
}

/** The valid data block after `state`, changed as `options` say. */
export function nextBlock(state: ChainState, options: NextOptions = {}): Block {
  const proposer = options.proposer ?? 1;
  return buildBlock({
    crypto,
    signer: options.signer ?? signerOf(proposer),
    header: {
      kind: 'data',
      channelId: state.channelId,
      number: parseBlockNumber(state.number + 1),
      previousHash: state.hash,
      timestampMs: state.timestampMs + 1,
      term: state.term,
      proposer,
      configNumber: state.config.number,
      ...options.header,
    },
    parts: options.parts ?? [part(`tx-${state.number + 1}-a`), part(`tx-${state.number + 1}-b`)],
  });
}

export function nextConfigBlock(
  state: ChainState,
  next: ChannelConfig,
  options: NextOptions = {},
): Block {
  const number = parseBlockNumber(state.number + 1);
  return nextBlock(state, {
    ...options,
    parts: options.parts ?? [configBlockPart(number, next)],
    header: { kind: 'config', configNumber: number, ...options.header },
  });
}

export function after(state: ChainState, block: Block): ChainState {
  return stepOver(crypto, state, block);
}
