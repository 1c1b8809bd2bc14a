import {
  type Block,
  buildBlock,
  type ChainState,
  encodeBodyTransaction,
  encodeKey,
  genesisBlock,
  initialConfig,
  parseBlockNumber,
  parseChannelName,
  parseOrdererName,
  parseTxId,
  utf8,
  verifyChain,
} from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { judgeRow } from '../../src/verify/members.ts';

const signer = nodeCrypto.createSigner(new Uint8Array(32).fill(7));
const genesis = genesisBlock(
  initialConfig({
    channel: parseChannelName('mychannel'),
    createdMs: 1_795_000_000_000,
    members: [
      { name: parseOrdererName('orderer1'), key: encodeKey(signer.publicKey), role: 'voter' },
    ],
  }),
);

function blockOne(text: string): Block {
  return buildBlock({
    crypto: nodeCrypto,
    signer,
    header: {
      kind: 'data',
      channelId: genesis.hash,
      number: parseBlockNumber(1),
      previousHash: genesis.hash,
      timestampMs: 1_795_000_000_000,
      term: 2,
      proposer: 1,
      configNumber: parseBlockNumber(0),
    },
    parts: [encodeBodyTransaction({ id: parseTxId('a'), payload: utf8(text) })],
  });
}

function afterGenesis(): ChainState {
  const verdict = verifyChain(nodeCrypto, [genesis.bytes]);
  if (!verdict.ok) throw new Error(verdict.message);
  return verdict.state;
}

function row(copies: Record<string, Uint8Array>) {
  const entries = Object.entries(copies);
  return { number: 1, copies: entries.map(([member, bytes]) => ({ member, fetched: { bytes } })) };
}

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

describe('the copies of one block', () => {
  test('that are the same and verify lead on', () => {
    const { bytes } = blockOne('x');
    const judged = judgeRow(afterGenesis(), row({ orderer1: bytes, orderer2: bytes.slice() }));
    expect(judged).toMatchObject({ state: { number: 1 } });
  });

  test('are a finding at the member whose bytes are damaged', () => {
    const { bytes } = blockOne('x');
    const copies = row({ orderer1: bytes, orderer2: bytes, orderer3: damaged(bytes) });
    expect(judgeRow(afterGenesis(), copies)).toMatchObject({
      finding: { member: 'orderer3', number: 1 },
    });
  });

  test('are a finding also when the first asked is the damaged one', () => {
    const { bytes } = blockOne('x');
    const copies = row({ orderer1: damaged(bytes), orderer2: bytes });
    expect(judgeRow(afterGenesis(), copies)).toMatchObject({ finding: { member: 'orderer1' } });
  });

  test('that differ and are both validly signed are called a fork', () => {
    const copies = row({ orderer1: blockOne('x').bytes, orderer2: blockOne('y').bytes });
    expect(judgeRow(afterGenesis(), copies)).toMatchObject({
      finding: { member: 'orderer2', number: 1, message: expect.stringContaining('fork') },
    });
  });

  test('that nobody has are a finding', () => {
    expect(judgeRow(afterGenesis(), row({}))).toMatchObject({
      finding: { member: 'every member', message: 'nobody has it' },
    });
  });
});
