import {
  asHash,
  type BlockHeader,
  blockHash,
  decodeHeader,
  encodeHeader,
  HEADER_BYTES,
  nobleCrypto,
  parseBlockNumber,
  signingBytes,
  TIMESTAMP_MS_MAX,
  toHex,
} from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(asHash);
const number = fc.maxSafeNat().map(parseBlockNumber);
const u32 = fc.nat(0xffff_ffff);
const header: fc.Arbitrary<BlockHeader> = fc.record({
  kind: fc.constant('data' as const),
  channelId: hash,
  number,
  previousHash: hash,
  transactionsRoot: hash,
  transactionCount: fc.integer({ min: 1, max: 0xffff_ffff }),
  bodyBytes: u32,
  timestampMs: fc.nat(TIMESTAMP_MS_MAX),
  term: fc.maxSafeNat(),
  proposer: u32,
  configNumber: number,
});

const fill = (byte: number) => asHash(new Uint8Array(32).fill(byte));
const sample: BlockHeader = {
  kind: 'data',
  channelId: fill(0xc1),
  number: parseBlockNumber(0x0102),
  previousHash: fill(0xb0),
  transactionsRoot: fill(0x70),
  transactionCount: 3,
  bodyBytes: 0x1234,
  timestampMs: 1_795_000_000_000,
  term: 5,
  proposer: 7,
  configNumber: parseBlockNumber(1),
};

function changed(offset: number, ...bytes: number[]): Uint8Array {
  const encoded = encodeHeader(sample);
  encoded.set(bytes, offset);
  return encoded;
}

describe('a header', () => {
  test('reads back what was written, whatever it is', () => {
    fc.assert(
      fc.property(header, (value) => {
        const bytes = encodeHeader(value);
        expect(bytes).toHaveLength(HEADER_BYTES);
        expect(decodeHeader(bytes)).toEqual(value);
      }),
    );
  });

  test('has one encoding: any bytes that decode encode to themselves', () => {
    fc.assert(
      fc.property(fc.nat(HEADER_BYTES - 1), fc.nat(255), (at, byte) => {
        const bytes = changed(at, byte);
        const decoded = decodeHeader(bytes);
        if (!(decoded instanceof Error)) expect(encodeHeader(decoded)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('is laid out as the format says', () => {
    expect(toHex(encodeHeader(sample))).toBe(
      `0100${'c1'.repeat(32)}0000000000000102${'b0'.repeat(32)}${'70'.repeat(32)}` +
        `0000000300001234${timeHex()}` +
        '0000000000000005000000070000000000000001',
    );
  });

  test('of a config block has kind 1 and one transaction', () => {
    const config: BlockHeader = { ...sample, kind: 'config', transactionCount: 1 };
    expect(encodeHeader(config)[1]).toBe(1);
    expect(decodeHeader(encodeHeader(config))).toEqual(config);
    expectReturned(decodeHeader(changed(1, 1)), 'HEADER_CONFIG_COUNT');
  });

  test.each([
    ['a wrong version', changed(0, 2), 'HEADER_VERSION'],
    ['an unknown kind', changed(1, 2), 'HEADER_KIND'],
    ['no transactions', changed(106, 0, 0, 0, 0), 'HEADER_COUNT'],
    ['a number over 2^53', changed(34, 0, 0x20), 'HEADER_NUMBER_RANGE'],
    ['a term over 2^53', changed(122, 0xff), 'HEADER_NUMBER_RANGE'],
    ['a configNumber over 2^53', changed(134, 1), 'HEADER_NUMBER_RANGE'],
    ['a time after the year 9999', changed(114, 0, 1), 'HEADER_NUMBER_RANGE'],
    ['a missing byte', encodeHeader(sample).subarray(1), 'HEADER_LENGTH'],
    ['nothing at all', new Uint8Array(0), 'HEADER_LENGTH'],
  ] as const)('with %s is refused', (_, bytes, code) => {
    expectReturned(decodeHeader(bytes), code);
  });
});

function timeHex(): string {
  return sample.timestampMs.toString(16).padStart(16, '0');
}

test('the block hash is the hash of 0x02 and the header', () => {
  const bytes = encodeHeader(sample);
  const expected = nobleCrypto.sha256(Uint8Array.of(2, ...bytes));
  expect(blockHash(nobleCrypto, bytes)).toEqual(expected);
  expectThrown(() => blockHash(nobleCrypto, bytes.subarray(1)), 'ASSERTION');
});

test('a proposer signs the domain and the block hash', () => {
  const text = Buffer.from(signingBytes(fill(0xab))).toString('latin1');
  expect(text).toBe(`cairn-block-v1\0${'\xab'.repeat(32)}`);
});
