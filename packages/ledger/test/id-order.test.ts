import { type IdsInPlace, orderIds, txIdUuidV7 } from '@cairn/ledger';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Ids in a buffer, not in the order they are given in, with bytes between them. */
function placed(ids: readonly string[]): IdsInPlace {
  const idStarts = new Uint32Array(ids.length);
  let text = '~';
  for (const [at, id] of [...ids.entries()].toReversed()) {
    idStarts[at] = text.length;
    text += `${id}~~`;
  }
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return { bytes, count: ids.length, idStarts, idLengths: Uint8Array.from(ids, (id) => id.length) };
}

function expectOrdered(ids: readonly string[]): void {
  const { positions, isAscending, isDistinct } = orderIds(placed(ids));
  const sorted = ids.toSorted();
  expect(Array.from(positions, (at) => ids[at])).toEqual(sorted);
  expect([...positions].sort((one, other) => one - other)).toEqual([...ids.keys()]);
  expect(isDistinct).toBe(new Set(ids).size === ids.length);
  expect(isAscending).toBe(isDistinct && ids.every((id, at) => id === sorted[at]));
}

describe('the order of ids', () => {
  const any = fc.stringMatching(/^[!-~]{1,64}$/);
  /** Long common beginnings, ids that begin with others, few different bytes: what keys cannot tell apart. */
  const alike = fc
    .tuple(fc.constantFrom('', 'a', 'order-', 'x'.repeat(58)), fc.stringMatching(/^[ab]{0,6}$/))
    .map(([start, rest]) => start + rest || 'a');

  test.each([
    ['any ids', any],
    ['ids that are much alike', alike],
    ['both', fc.oneof(any, alike)],
  ])('is that of the strings, for %s', (_, id) => {
    fc.assert(fc.property(fc.array(id, { maxLength: 300 }), expectOrdered), { numRuns: 300 });
  });

  test('holds for ids that ascend, and for nearly ascending ones', () => {
    const ascending = fc.uniqueArray(any, { maxLength: 200 }).map((ids) => ids.sort());
    fc.assert(fc.property(ascending, expectOrdered));
    const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
    const inTime = fc.array(bytes, { maxLength: 200 });
    fc.assert(
      fc.property(inTime, (list) => {
        expectOrdered(list.map((random, at) => txIdUuidV7(1e12 + (at >> 4), random)));
      }),
    );
  });

  test('notices one id that is there twice among very many, wherever the two stand', () => {
    const ids = Array.from({ length: 5_000 }, (_, at) => `same-beginning-${(at * 7919) % 5_000}`);
    expectOrdered(ids);
    const place = fc.nat({ max: ids.length - 1 });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const changed = ids.with(one, ids[other]!);
        expect(orderIds(placed(changed)).isDistinct).toBe(one === other);
      }),
      { numRuns: 20 },
    );
  });

  test('of none is nothing', () => {
    expectOrdered([]);
  });
});
