import {
  asHash,
  checkClientTxId,
  configTxId,
  isReservedId,
  LedgerError,
  parseBlockNumber,
  parseBlockNumberText,
  parseChannelName,
  parseClientTxId,
  parseOrdererName,
  parseTxId,
  RESERVED_NAMES,
} from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';

describe('names of channels and orderers', () => {
  test.each(['a', 'mychannel', 'a-1', `a${'b'.repeat(62)}`])('%s is a name', (text) => {
    expect(parseChannelName(text)).toBe(text);
    expect(parseOrdererName(text)).toBe(text);
  });

  test.each(['', 'A', '1a', '-a', 'a_b', 'a.b', 'a b', 'é', 'a\n', `a${'b'.repeat(63)}`])(
    '%j is not a name',
    (text) => {
      expectThrown(() => parseChannelName(text), 'BAD_CHANNEL_NAME');
      expectThrown(() => parseOrdererName(text), 'BAD_ORDERER_NAME');
    },
  );

  test.each(RESERVED_NAMES)('%s is a subject of the service and no name', (text) => {
    expectThrown(() => parseChannelName(text), 'BAD_CHANNEL_NAME');
    expectThrown(() => parseOrdererName(text), 'BAD_ORDERER_NAME');
  });
});

describe('transaction ids', () => {
  test('are 1 to 64 characters of 0x21 to 0x7E', () => {
    for (const text of ['!', '~', 'order-17', 'x'.repeat(64)]) expect(parseTxId(text)).toBe(text);
    for (const text of ['', 'a b', 'a\n', '\x7f', 'é', 'x'.repeat(65)]) {
      expectThrown(() => parseTxId(text), 'BAD_TX_ID');
    }
  });

  test('beginning with config- are refused from clients but valid in blocks', () => {
    const id = configTxId(parseBlockNumber(7));
    expect(id).toBe('config-7');
    expect(parseTxId(id)).toBe(id);
    expect(isReservedId(id)).toBe(true);
    expectReturned(checkClientTxId('config-'), 'RESERVED_ID');
    expectThrown(() => parseClientTxId('config-0'), 'RESERVED_ID');
    expectThrown(() => parseClientTxId(''), 'BAD_TX_ID');
    expect(parseClientTxId('Config-0')).toBe('Config-0');
  });
});

describe('block numbers and hashes', () => {
  test('a block number is a non-negative safe integer', () => {
    expect(parseBlockNumber(0)).toBe(0);
    expect(parseBlockNumber(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expectThrown(() => parseBlockNumber(value), 'BAD_BLOCK_NUMBER');
    }
  });

  test('as text it has one spelling', () => {
    expect(parseBlockNumberText('42')).toBe(42);
    for (const text of ['', '042', '+1', '-1', '1e3', ' 1', '1.0', '9999999999999999']) {
      expectThrown(() => parseBlockNumberText(text), 'BAD_BLOCK_NUMBER');
    }
  });

  test('a hash has 32 bytes', () => {
    expectThrown(() => asHash(new Uint8Array(31)), 'BAD_HASH');
    expect(asHash(new Uint8Array(32))).toHaveLength(32);
  });

  test('an error carries its code and a sentence', () => {
    const error = checkClientTxId('');
    expect(error).toBeInstanceOf(LedgerError);
    expect(error).toMatchObject({ name: 'LedgerError', code: 'BAD_TX_ID' });
  });
});
