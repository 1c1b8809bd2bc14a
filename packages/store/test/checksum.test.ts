import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, portableCrc32 } from '../src/checksum.ts';

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
