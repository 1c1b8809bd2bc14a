import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeNotice, encodeNotice, isNotice } from '../src/member-notice.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const addressed = {
  channelId: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  member: fc.nat(2 ** 32 - 1),
};
const notices = fc.oneof(
  fc.record({
    ...addressed,
    kind: fc.constant('otherDirectory' as const),
    heard: u64,
    recorded: u64,
  }),
  fc.record({
    ...addressed,
    kind: fc.constant('olderThanPromised' as const),
    term: u64,
    acknowledged: u64,
  }),
);

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
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const notice = decodeNotice(bytes);
        if (notice !== null) expect(encodeNotice(notice)).toEqual(bytes);
      }),
    );
    const bytes = encodeNotice({
      kind: 'otherDirectory',
      member: 1,
      channelId: new Uint8Array(32),
      heard: 1n,
      recorded: 2n,
    });
    expect(decodeNotice(bytes.subarray(1))).toBeNull();
    expect(decodeNotice(Uint8Array.from([...bytes, 0]))).toBeNull();
    expect(decodeNotice(bytes.with(1, 3))).toBeNull();
    expect(decodeNotice(bytes.with(2, 3))).toBeNull();
  });
});
