import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeNotice, encodeNotice, isNotice } from '../src/member-notice.ts';

const notices = fc.record({
  channelId: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  heard: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  recorded: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});

describe('a notice', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(notices, (notice) => {
        const bytes = encodeNotice(notice);
        expect(isNotice(bytes)).toBe(true);
        expect(decodeNotice(bytes)).toEqual(notice);
      }),
    );
  });

  test('is nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const notice = decodeNotice(bytes);
        if (notice !== null) expect(encodeNotice(notice)).toEqual(bytes);
      }),
    );
    const bytes = encodeNotice({ channelId: new Uint8Array(32), heard: 1n, recorded: 2n });
    expect(decodeNotice(bytes.subarray(1))).toBeNull();
    expect(decodeNotice(Uint8Array.from([...bytes, 0]))).toBeNull();
    expect(decodeNotice(bytes.with(1, 2))).toBeNull();
  });
});
