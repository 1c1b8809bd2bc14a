import {
  asHash,
  decodeTransaction,
  encodeBodyTransaction,
  encodedTransactionBytes,
  encodeTransaction,
  fromHex,
  leafHash,
  nobleCrypto,
  orThrow,
  parseTxId,
  signTransaction,
  TRANSACTION_BYTES_MAX,
  type Transaction,
  type TxId,
  toHex,
  verifyTransactionSignature,
  ZERO_HASH,
} from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';
import { signerOf } from './sample.ts';

const id = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: 64 })
  .map((codes) => parseTxId(String.fromCharCode(...codes)));
const payload = fc.uint8Array({ minLength: 1, maxLength: 200 });
const authorship = fc.record({
  author: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
});
const transaction: fc.Arbitrary<Transaction> = fc
  .tuple(id, payload, fc.option(authorship, { nil: undefined }))
  .map(([txId, bytes, signed]) => ({ id: txId, payload: bytes, ...signed }));

const pay = Uint8Array.of(0xaa);

describe('a transaction', () => {
  test('reads back what was written, whatever it is', () => {
    fc.assert(
      fc.property(transaction, (value) => {
        const bytes = encodeTransaction(value);
        expect(bytes).toHaveLength(encodedTransactionBytes(value));
        expect(decodeTransaction(bytes)).toEqual(value);
      }),
    );
  });

  test('has one encoding: any bytes that decode encode to themselves', () => {
    const nearMiss = fc.tuple(transaction, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const bytes = encodeTransaction(value);
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(nearMiss, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const decoded = decodeTransaction(bytes);
        if (!(decoded instanceof Error)) expect(encodeTransaction(decoded)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('is laid out as version, flags, id length, id, payload', () => {
    const bytes = encodeTransaction({ id: parseTxId('ab'), payload: pay });
    expect(toHex(bytes)).toBe('01000261' + '62aa');
    const inBody = encodeBodyTransaction({ id: parseTxId('ab'), payload: pay });
    expect(toHex(inBody)).toBe('00000006' + '00' + '0100026162aa');
  });

  test.each([
    ['', 'TX_TRUNCATED'],
    ['0100', 'TX_TRUNCATED'],
    ['02000161aa', 'TX_VERSION'],
    ['00000161aa', 'TX_VERSION'],
    ['01020161aa', 'TX_FLAGS'],
    ['01800161aa', 'TX_FLAGS'],
    ['010000aa', 'TX_ID'],
    ['01000120aa', 'TX_ID'],
    ['0100017faa', 'TX_ID'],
    ['010001ffaa', 'TX_ID'],
    ['01000361aa', 'TX_TRUNCATED'],
    [`010041${'61'.repeat(65)}aa`, 'TX_ID'],
    ['01000161', 'TX_PAYLOAD_EMPTY'],
    [`01010161${'00'.repeat(95)}`, 'TX_TRUNCATED'],
    [`01010161${'00'.repeat(96)}`, 'TX_PAYLOAD_EMPTY'],
  ] as const)('%s is refused: %s', (hex, code) => {
    expectReturned(decodeTransaction(fromHex(hex)), code);
  });

  test('over the limit is refused in both directions', () => {
    const bytes = encodeTransaction({ id: parseTxId('a'), payload: new Uint8Array(10) });
    expectReturned(decodeTransaction(bytes, bytes.length - 1), 'TX_TOO_LARGE');
    expect(decodeTransaction(bytes, bytes.length)).not.toBeInstanceOf(Error);
    const huge = new Uint8Array(TRANSACTION_BYTES_MAX);
    expectThrown(() => encodeTransaction({ id: parseTxId('a'), payload: huge }), 'TX_TOO_LARGE');
  });

  test('that breaks the rules is never written', () => {
    const encode = (change: object) =>
      encodeTransaction({ id: parseTxId('a'), payload: pay, ...change });
    expectThrown(() => encode({ id: '' as TxId }), 'TX_ID');
    expectThrown(() => encode({ id: 'é' as TxId }), 'TX_ID');
    expectThrown(() => encode({ payload: new Uint8Array(0) }), 'TX_PAYLOAD_EMPTY');
    expectThrown(() => encode({ author: new Uint8Array(32) }), 'TX_SIGNATURE');
    expectThrown(() => encode({ signature: new Uint8Array(64) }), 'TX_SIGNATURE');
    const short = { author: new Uint8Array(31), signature: new Uint8Array(64) };
    expectThrown(() => encode(short), 'TX_SIGNATURE');
  });
});

describe('the signature of an author', () => {
  const channelId = asHash(new Uint8Array(32).fill(9));
  const content = { id: parseTxId('order-17'), payload: pay };
  const signer = signerOf(1);
  const signed = signTransaction(nobleCrypto, signer, channelId, content);
  const verifier = nobleCrypto.createVerifier(signer.publicKey);
  const holds = (value: Transaction, channel = channelId) =>
    verifyTransactionSignature(nobleCrypto, verifier, channel, value);

  test('holds for this id, payload, author and channel, also after encoding', () => {
    expect(holds(signed)).toBe(true);
    expect(holds(orThrow(decodeTransaction(encodeTransaction(signed))))).toBe(true);
  });

  test('holds for nothing else', () => {
    expect(holds({ ...signed, id: parseTxId('order-18') })).toBe(false);
    expect(holds({ ...signed, payload: Uint8Array.of(0xab) })).toBe(false);
    expect(holds({ ...signed, author: signerOf(2).publicKey })).toBe(false);
    expect(holds(signed, ZERO_HASH)).toBe(false);
    expect(holds(content)).toBe(false);
  });
});

test('the leaf hash is the hash of 0x00 and the transaction', () => {
  const bytes = encodeTransaction({ id: parseTxId('a'), payload: pay });
  const slice = encodeBodyTransaction({ id: parseTxId('a'), payload: pay }).subarray(4);
  expect(leafHash(nobleCrypto, bytes)).toEqual(nobleCrypto.sha256(slice));
});
