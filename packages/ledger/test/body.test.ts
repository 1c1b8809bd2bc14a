import {
  bodySliceAt,
  concatBytes,
  countTransactions,
  duplicateId,
  formatLimits,
  hasReservedId,
  idAt,
  orThrow,
  scanBody,
  transactionAt,
} from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectReturned, expectThrown } from './expect-code.ts';
import { part } from './sample.ts';

const parts = [part('a', 'first'), part('bb', 'second'), part('ccc', 'third')];
const run = concatBytes(...parts);

function scan(bytes: Uint8Array, count = 3, limits = formatLimits) {
  return scanBody(bytes, 0, bytes.length, count, limits);
}

describe('scanning a body', () => {
  test('finds every transaction without copying, at any offset', () => {
    const padded = concatBytes(new Uint8Array(7), run, new Uint8Array(3));
    const body = orThrow(scanBody(padded, 7, 7 + run.length, 3));
    expect([0, 1, 2].map((i) => idAt(body, i))).toEqual(['a', 'bb', 'ccc']);
    const payloads = [0, 1, 2].map((i) => transactionAt(body, i).payload);
    expect(payloads.map((bytes) => Buffer.from(bytes).toString())).toEqual([
      'first',
      'second',
      'third',
    ]);
    expect(payloads.every((bytes) => bytes.buffer === padded.buffer)).toBe(true);
    expect([0, 1, 2].map((i) => bodySliceAt(body, i))).toEqual(parts);
  });

  test('tiles any concatenation of parts exactly', () => {
    const texts = fc.array(fc.stringMatching(/^[!-~]{1,64}$/), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(texts, (ids) => {
        const pieces = ids.map((id) => part(id));
        const bytes = concatBytes(...pieces);
        const body = orThrow(scan(bytes, ids.length));
        expect(countTransactions(bytes, 0, bytes.length, 5000)).toBe(ids.length);
        expect(ids.map((_, i) => idAt(body, i))).toEqual(ids);
        expect(ids.map((_, i) => bodySliceAt(body, i))).toEqual(pieces);
      }),
    );
  });

  test('refuses a false count', () => {
    expectReturned(scan(run, 0), 'BODY_COUNT');
    expectReturned(scan(run, 2), 'BODY_TRAILING_BYTES');
    expectReturned(scan(run, 4), 'TX_TRUNCATED');
    expectReturned(scan(run, 5001), 'BODY_COUNT');
    expectReturned(scan(run, 3, { ...formatLimits, maxTransactions: 2 }), 'BODY_COUNT');
    expectReturned(scan(run, Number.NaN), 'BODY_COUNT');
  });

  test('refuses a count that the bytes cannot hold before it allocates for it', () => {
    expectReturned(scan(new Uint8Array(9), 1), 'TX_TRUNCATED');
    expectReturned(scan(new Uint8Array(0), 5000), 'TX_TRUNCATED');
  });

  test('refuses every truncation and any trailing byte', () => {
    for (let length = 0; length < run.length; length++) {
      expectReturned(scan(run.subarray(0, length)), 'TX_TRUNCATED');
    }
    expectReturned(scan(concatBytes(run, Uint8Array.of(0))), 'BODY_TRAILING_BYTES');
  });

  test('refuses a missing leaf prefix, a huge length and an oversized transaction', () => {
    const noPrefix = run.slice();
    noPrefix[4] = 1;
    expectReturned(scan(noPrefix), 'TX_PREFIX');
    const hugeLength = run.slice();
    hugeLength.fill(0xff, 0, 4);
    expectReturned(scan(hugeLength), 'TX_TRUNCATED');
    expectReturned(scan(run, 3, { ...formatLimits, maxTransactionBytes: 9 }), 'TX_TOO_LARGE');
  });

  test('never throws on bytes of a stranger', () => {
    const changed = fc.tuple(fc.nat(run.length - 1), fc.nat(255)).map(([at, byte]) => {
      const bytes = run.slice();
      bytes[at] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(
        fc.oneof(changed, fc.uint8Array({ maxLength: 200 })),
        fc.nat(6),
        (bytes, count) => {
          const body = scan(bytes, count);
          if (body instanceof Error) return;
          const slices = Array.from({ length: count }, (_, i) => bodySliceAt(body, i));
          expect(concatBytes(...slices)).toEqual(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('an index or range outside the buffer is a bug of the caller', () => {
    const body = orThrow(scan(run));
    expectThrown(() => idAt(body, 3), 'ASSERTION');
    expectThrown(() => transactionAt(body, -1), 'ASSERTION');
    expectThrown(() => scanBody(run, 0, run.length + 1, 3), 'ASSERTION');
  });
});

describe('counting by length fields', () => {
  test('stops one above the limit, and on broken lengths', () => {
    expect(countTransactions(run, 0, run.length, 2)).toBe(3);
    expect(countTransactions(run, 0, run.length, 1)).toBe(2);
    expect(countTransactions(Uint8Array.of(255, 255, 255, 255, 0), 0, 5, 10)).toBe(1);
    expect(countTransactions(new Uint8Array(0), 0, 0, 10)).toBe(0);
    expect(countTransactions(Uint8Array.of(1), 0, 1, 10)).toBe(1);
  });
});

test('an id that stands in a body twice is found', () => {
  const twice = concatBytes(...parts, part('bb', 'other payload'));
  expect(duplicateId(orThrow(scan(twice, 4)))).toBe('bb');
  expect(duplicateId(orThrow(scan(run)))).toBeNull();
});

test('the first id that stands in a body twice is told, in whatever order the ids are', () => {
  const ids = fc.array(fc.stringMatching(/^[a-c]{1,3}$/), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(ids, (list) => {
      const bytes = concatBytes(...list.map((id) => part(id)));
      const body = orThrow(scan(bytes, list.length));
      const twice = list.find((id, at) => list.indexOf(id) < at);
      expect(duplicateId(body)).toBe(twice ?? null);
    }),
  );
});

test('ids as only config blocks have them are found, near ones are not', () => {
  const has = (...ids: string[]) =>
    hasReservedId(orThrow(scan(concatBytes(...ids.map((id) => part(id))), ids.length)));
  expect(has('a', 'config-')).toBe(true);
  expect(has('config-1', 'a')).toBe(true);
  expect(has('config', 'Config-1', 'xconfig-1', 'config_1')).toBe(false);
});
