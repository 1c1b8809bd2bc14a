import {
  buildBlock,
  channelIdOf,
  checkGenesis,
  concatBytes,
  configBlockPart,
  configOf,
  decodeGenesis,
  encodeBodyTransaction,
  encodeConfig,
  genesisBlock,
  type HeaderFields,
  orThrow,
  parseBlockNumber,
  parseTxId,
  transactionAt,
} from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';
import {
  CREATED_MS,
  config,
  crypto,
  firstState,
  genesis,
  memberOf,
  nextConfigBlock,
  part,
  signerOf,
} from './sample.ts';

const {
  transactionsRoot: _root,
  transactionCount: _count,
  bodyBytes: _bytes,
  ...fields
} = genesis.header;

/** Block 0 with other header fields or body, unsigned like every block 0. */
function wrongGenesis(
  change: Partial<HeaderFields>,
  parts = [configBlockPart(fields.number, config)],
) {
  return buildBlock({ crypto, signer: null, header: { ...fields, ...change }, parts });
}

describe('block 0', () => {
  test('has the fixed fields, and its hash is the channel id', () => {
    expect(genesis.header).toMatchObject({
      kind: 'config',
      number: 0,
      term: 1,
      proposer: 0,
      configNumber: 0,
      timestampMs: CREATED_MS,
      channelId: new Uint8Array(32),
      previousHash: new Uint8Array(32),
    });
    expect(genesis.signature).toEqual(new Uint8Array(64));
    expect(channelIdOf(genesis)).toBe(genesis.hash);
  });

  test('holds one transaction, config-0, with the configuration', () => {
    const { id, payload, author } = transactionAt(genesis.body, 0);
    expect(id).toBe('config-0');
    expect(author).toBeUndefined();
    expect(payload).toEqual(encodeConfig(config));
    expect(configOf(genesis)).toEqual(config);
  });

  test('is the same whenever it is made, and comes back from its bytes', () => {
    expect(genesisBlock(config).bytes).toEqual(genesis.bytes);
    const decoded = orThrow(decodeGenesis(crypto, genesis.bytes));
    expect(decoded.block.hash).toEqual(genesis.hash);
    expect(decoded.config).toEqual(config);
  });

  test.each([
    ['another term', { term: 2 }],
    ['a proposer', { proposer: 1 }],
    ['another time', { timestampMs: CREATED_MS + 1 }],
    ['a channel id', { channelId: genesis.hash }],
    ['a previous hash', { previousHash: genesis.hash }],
    ['another configNumber', { configNumber: parseBlockNumber(1) }],
  ])('with %s is refused', (_, change) => {
    expectReturned(checkGenesis(crypto, wrongGenesis(change)), 'BAD_GENESIS');
  });

  test('with a signature or a false root is refused', () => {
    for (const at of [142, 74]) {
      const bytes = genesis.bytes.slice();
      bytes[at]! ^= 1;
      expectReturned(decodeGenesis(crypto, bytes), 'BAD_GENESIS');
    }
  });

  test('numbers its members 1 to n', () => {
    const other = { ...config, nextMemberId: 9 };
    expectThrown(() => genesisBlock(other), 'BAD_GENESIS');
    const gap = { ...other, members: [{ ...memberOf(2), id: 2 }] };
    expectThrown(() => genesisBlock(gap), 'BAD_GENESIS');
    expectThrown(() => genesisBlock({ ...config, outgoing: [1] }), 'BAD_GENESIS');
  });

  test('of a data kind, or with another transaction, is refused', () => {
    expectReturned(checkGenesis(crypto, wrongGenesis({ kind: 'data' })), 'CONFIG_FIELD');
    expectReturned(checkGenesis(crypto, wrongGenesis({}, [part('config-1')])), 'CONFIG_FIELD');
    expectReturned(checkGenesis(crypto, wrongGenesis({}, [part('config-0')])), 'CONFIG_NOT_JSON');
    const authored = encodeBodyTransaction({
      id: parseTxId('config-0'),
      author: signerOf(1).publicKey,
      signature: new Uint8Array(64),
      payload: encodeConfig(config),
    });
    expectReturned(checkGenesis(crypto, wrongGenesis({}, [authored])), 'CONFIG_FIELD');
    const two = concatBytes(part('config-0'), part('config-1'));
    expectThrown(() => wrongGenesis({}, [two]), 'HEADER_CONFIG_COUNT');
  });

  test('is the only block that checkGenesis accepts', () => {
    const later = nextConfigBlock(firstState(), { ...config, nextMemberId: 5 });
    expectReturned(checkGenesis(crypto, later), 'BAD_GENESIS');
  });
});
