/** A real channel in small: keys, block 0, and as many properly signed blocks as a test asks for. */
import {
  type Block,
  buildBlock,
  type ChannelConfig,
  configBlockPart,
  encodeBodyTransaction,
  encodeKey,
  genesisBlock,
  initialConfig,
  nobleCrypto,
  parseBlockNumber,
  parseChannelName,
  parseOrdererName,
  parseTxId,
  type Signer,
  toHex,
  utf8,
} from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';

export const CHANNEL = 'demo';

export interface SampleChannel {
  readonly blocks: Block[];
  readonly channelId: string;
  readonly signers: readonly Signer[];
  config: ChannelConfig;
  /** Adds a data block with these payloads, signed by member 1 unless told. */
  addData(payloads: readonly string[], signer?: Signer): Block;
  /** Adds a config block with another batch time-out. */
  addConfig(timeoutMs: number, signer?: Signer): Block;
}

export function signerOf(fill: number): Signer {
  return nodeCrypto.createSigner(new Uint8Array(32).fill(fill));
}

export function sampleChannel(
  name: string = CHANNEL,
  createdMs = 1_795_000_000_000,
): SampleChannel {
  const signers = [1, 2, 3].map(signerOf);
  const genesisConfig = initialConfig({
    channel: parseChannelName(name),
    createdMs,
    members: signers.map((signer, i) => ({
      name: parseOrdererName(`orderer${i + 1}`),
      key: encodeKey(signer.publicKey),
      role: 'voter',
    })),
  });
  const genesis = genesisBlock(genesisConfig, nobleCrypto);
  const channel: SampleChannel = {
    blocks: [genesis],
    channelId: toHex(genesis.hash),
    signers,
    config: genesisConfig,
    addData(payloads, signer = signers[0]!) {
      const number = channel.blocks.length;
      const parts = payloads.map((payload, i) =>
        encodeBodyTransaction({ id: parseTxId(`tx-${number}-${i}`), payload: utf8(payload) }),
      );
      return add(channel, 'data', parts, signer);
    },
    addConfig(timeoutMs, signer = signers[0]!) {
      const config = { ...channel.config, batch: { ...channel.config.batch, timeoutMs } };
      const number = parseBlockNumber(channel.blocks.length);
      const block = add(channel, 'config', [configBlockPart(number, config)], signer);
      channel.config = config;
      return block;
    },
  };
  return channel;
}

function add(
  channel: SampleChannel,
  kind: 'data' | 'config',
  parts: readonly Uint8Array[],
  signer: Signer,
): Block {
  const previous = channel.blocks.at(-1)!;
  const number = parseBlockNumber(channel.blocks.length);
  const block = buildBlock({
    crypto: nodeCrypto,
    signer,
    header: {
      kind,
      channelId: channel.blocks[0]!.hash,
      number,
      previousHash: previous.hash,
      timestampMs: previous.header.timestampMs + 1,
      term: 2,
      proposer: channel.signers.indexOf(signer) + 1,
      configNumber: kind === 'config' ? number : previous.header.configNumber,
    },
    parts,
  });
  channel.blocks.push(block);
  return block;
}
