import { expect, test } from 'vitest';
import { headerBytesOf } from '../src/headers.ts';

test('headers count as NATS counts them', () => {
  expect(headerBytesOf(undefined)).toBe(0);
  expect(headerBytesOf({ a: 'ü' })).toBe(
    new TextEncoder().encode('NATS/1.0\r\na: ü\r\n\r\n').length,
  );
});

test.each([
  ['', 'x'],
  ['a b', 'x'],
  ['a:', 'x'],
  ['ä', 'x'],
  ['a', 'x\r\ny'],
  ['a', 'x\n'],
])('%j: %j cannot be a header', (name, value) => {
  expect(() => headerBytesOf({ [name]: value })).toThrow(RangeError);
});
