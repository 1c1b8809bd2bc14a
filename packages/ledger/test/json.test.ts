import {
  asHash,
  encodeBodyTransaction,
  encodeKey,
  jsonOfBlock,
  jsonOfHeader,
  memberNameOf,
  parseTxId,
  signTransaction,
  toHex,
} from '@cairn/ledger';
import { expect, test } from 'vitest';
import {
  CREATED_MS,
  config,
  configAt,
  crypto,
  firstState,
  genesis,
  nextBlock,
  part,
  signerOf,
} from './sample.ts';

const naming = {
  channel: config.channel,
  channelId: genesis.hash,
  nameOf: (id: number) => memberNameOf(configAt, id),
};
const authored = signTransaction(crypto, signerOf(9), asHash(genesis.hash), {
  id: parseTxId('order-18'),
  payload: Uint8Array.of(0xfb, 0xff),
});
const block = nextBlock(firstState(), {
  proposer: 3,
  parts: [part('order-17', 'hello'), encodeBodyTransaction(authored)],
});

test('a block as JSON has the published fields in the published order', () => {
  expect(JSON.stringify(jsonOfBlock(block, naming), null, 1)).toBe(
    JSON.stringify(
      {
        channel: 'mychannel',
        channelId: toHex(genesis.hash),
        number: 1,
        kind: 'data',
        hash: toHex(block.hash),
        previousHash: toHex(genesis.hash),
        transactionsRoot: toHex(block.header.transactionsRoot),
        transactionCount: 2,
        bodyBytes: block.header.bodyBytes,
        timestamp: '2026-11-18T11:06:40.001Z',
        timestampMs: CREATED_MS + 1,
        term: 1,
        proposer: 'orderer3',
        proposerId: 3,
        configNumber: 0,
        signature: toHex(block.signature),
        transactions: [
          { id: 'order-17', payload: 'aGVsbG8=' },
          {
            id: 'order-18',
            payload: '+/8=',
            author: encodeKey(signerOf(9).publicKey),
            signature: toHex(authored.signature),
          },
        ],
      },
      null,
      1,
    ),
  );
});

test('a header as JSON is the block without its transactions', () => {
  const { transactions: _, ...rest } = jsonOfBlock(block, naming);
  expect(jsonOfHeader(block, naming)).toEqual(rest);
});

test('nobody proposed block 0', () => {
  expect(jsonOfHeader(genesis, naming)).toMatchObject({
    number: 0,
    kind: 'config',
    channelId: toHex(genesis.hash),
    proposer: null,
    proposerId: 0,
  });
});
