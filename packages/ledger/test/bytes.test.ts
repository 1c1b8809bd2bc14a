import {
  fromBase64,
  fromHex,
  readU32,
  readU64,
  toBase64,
  toHex,
  utf8Decode,
  viewOf,
  writeU32,
  writeU64,
} from '@cairn/ledger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectThrown } from './expect-code.ts';

test('hex and base64 agree with Node for all bytes, both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect(fromHex(toHex(bytes))).toEqual(bytes);
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }),
  );
});

test('only the canonical spelling of hex and base64 is accepted', () => {
  for (const text of ['a', 'AA', '0g', ' 00']) expectThrown(() => fromHex(text), 'BAD_HEX');
  for (const text of [
    'A',
    'AA',
    'AA=',
    'AB==',
    'AAB=',
    'A===',
    '====',
    'AA==AA==',
    'A-_=',
    'AA==\n',
  ]) {
    expectThrown(() => fromBase64(text), 'BAD_BASE64');
  }
  expect(fromBase64('')).toEqual(new Uint8Array(0));
});

test('integers are big-endian and read back what was written', () => {
  const bytes = new Uint8Array(8);
  writeU32(bytes, 0, 0x01020304);
  expect([...bytes.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      writeU64(bytes, 0, value);
      expect(Buffer.from(bytes).readBigUInt64BE()).toBe(BigInt(value));
      expect(readU64(bytes, 0)).toBe(value);
      expect(readU32(bytes, 4)).toBe(value % 2 ** 32);
    }),
  );
});

test('a u64 beyond the safe integers reads as NaN', () => {
  expect(readU64(fromHex('0020000000000000'), 0)).toBeNaN();
  expect(readU64(fromHex('ffffffffffffffff'), 0)).toBeNaN();
  expect(readU64(fromHex('001fffffffffffff'), 0)).toBe(Number.MAX_SAFE_INTEGER);
});

test('an integer that does not fit is never written', () => {
  for (const value of [-1, 2 ** 32, 0.5, Number.NaN]) {
    expectThrown(() => writeU32(new Uint8Array(4), 0, value), 'ASSERTION');
  }
  expectThrown(() => writeU64(new Uint8Array(8), 0, 2 ** 53), 'ASSERTION');
});

test('text that is not UTF-8 is refused, and a byte order mark is kept', () => {
  expect(utf8Decode(Uint8Array.of(0xff))).toBeNull();
  expect(utf8Decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA');
});

test('a view is the same memory as a plain array, whatever it is cut from', () => {
  const values = [1, 2, 3, 4, 5];
  const within = Buffer.from([0, ...values]).subarray(1);
  for (const bytes of [Uint8Array.from(values), Buffer.from(values), within]) {
    const view = viewOf(bytes, 1, 4);
    expect(view).toEqual(Uint8Array.of(2, 3, 4));
    bytes[2] = 9;
    expect(view[1]).toBe(9);
  }
});
