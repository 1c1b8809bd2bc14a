import { describe, expect, test } from 'vitest';
import { clip, columns, counted, grouped, payloadPreview } from '../src/present.ts';

describe('a payload', () => {
  test('that is text is shown as text on one line', () => {
    expect(payloadPreview(Buffer.from('hello\n  world'), 40)).toBe('hello world');
  });

  test('that is no text, or holds control characters, is shown in hex', () => {
    expect(payloadPreview(Uint8Array.of(0xff, 0x00, 0x10), 40)).toBe('ff0010');
    expect(payloadPreview(Buffer.from('\u001b[2Jgone'), 40)).toBe('1b5b324a676f6e65');
  });

  test('that is long is clipped', () => {
    expect(payloadPreview(Buffer.from('x'.repeat(1000)), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});

test('columns line up without borders', () => {
  expect(
    columns([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toBe('a    bb\nccc  d');
});

test('numbers are grouped and nouns follow them', () => {
  expect(grouped(1234567)).toBe('1,234,567');
  expect(counted(1, 'block')).toBe('1 block');
  expect(counted(2000, 'block')).toBe('2,000 blocks');
  expect(clip('abc', 3)).toBe('abc');
});
