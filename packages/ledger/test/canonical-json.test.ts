import { canonicalJson, type JsonValue } from '@cairn/ledger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectThrown } from './expect-code.ts';

const json = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string({ unit: 'grapheme' }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
    ),
  }))
  .value.map((value) => value as JsonValue);

test('the text parses to the same value, and writing that gives the same text', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('keys are sorted by UTF-16 code units, as in the example of RFC 8785', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 };
  expect(
    Object.values(
      JSON.parse(`[${canonicalJson(value).match(/:\d/g)!.join(',').replaceAll(':', '')}]`),
    ),
  ).toEqual([2, 4, 6, 7, 1, 5, 3]);
});

test('strings are escaped as RFC 8785 says', () => {
  expect(canonicalJson('\u20ac$\u000f\nA\'B"\\"/')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\"/"');
});

test('fractions, unsafe integers and lone surrogates have no canonical form here', () => {
  for (const value of [
    0.5,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    { '\udc00': 1 },
  ]) {
    expectThrown(() => canonicalJson(value), 'CONFIG_FIELD');
  }
  expect(canonicalJson(-0)).toBe('0');
});
