import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHECKED, crc32, portableCrc32 } from '../src/checksum.ts';

test('the checksum is the CRC-32 everybody knows', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});

test('the native and the portable checksum agree, also when continued', () => {
  const portable = portableCrc32();
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      expect(portable(other, portable(one))).toBe(crc32(other, crc32(one)));
      expect(portable(Buffer.concat([one, other]))).toBe(crc32(other, crc32(one)));
    }),
  );
});

test('anything followed by its checksum has the one checksum of sound records', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(), (bytes, bit) => {
      const record = Buffer.alloc(bytes.length + 4);
      record.set(bytes);
      record.writeUInt32LE(crc32(bytes), bytes.length);
      expect(crc32(record)).toBe(CHECKED);
      record[(bit >> 3) % record.length]! ^= 1 << (bit & 7);
      expect(crc32(record)).not.toBe(CHECKED);
    }),
  );
});

test('a checksum of the first bytes is that of these bytes alone, short or long', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (bytes, at) => {
      const length = at % (bytes.length + 1);
      expect(crc32(bytes, 7, length)).toBe(crc32(bytes.slice(0, length), 7));
    }),
  );
});
