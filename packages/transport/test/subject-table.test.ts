import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertSubject, matchesSubject, SubjectTable } from '../src/subject-table.ts';

test.each([
  ['a.b', 'a.b', true],
  ['a.b', 'a.c', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a', false],
  ['a.*', 'a.b.c', false],
  ['*.b', 'a.b', true],
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['>', 'a', true],
  ['a.>.b', 'a.x.b', false],
  ['a.*', 'a.*', true],
  ['a.*', 'a.>', false],
  ['a.>', 'a.*', true],
])('%s and %s match: %s', (pattern, subject, matches) => {
  expect(matchesSubject(pattern, subject)).toBe(matches);
});

test('a table finds exactly what matches, in the order it came', () => {
  const token = fc.constantFrom('a', 'b', '*');
  const pattern = fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join('.'));
  const subject = fc
    .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 })
    .map((tokens) => tokens.join('.'));
  fc.assert(
    fc.property(fc.array(pattern), fc.array(fc.nat()), subject, (patterns, removals, asked) => {
      const table = new SubjectTable<number>();
      const entries = patterns.map((text, number) => ({
        text,
        number,
        remove: table.add(text, number),
      }));
      const removed = new Set(removals.map((position) => position % (patterns.length || 1)));
      for (const position of removed) entries[position]?.remove();
      const expected = entries
        .filter(({ text, number }) => !removed.has(number) && matchesSubject(text, asked))
        .map(({ number }) => number);
      expect(table.find(asked)).toEqual(expected);
    }),
  );
});

test.each(['a', 'a.*', 'a.>'])('what is taken out twice takes nobody else out: %s', (pattern) => {
  const table = new SubjectTable<string>();
  const remove = table.add(pattern, 'first');
  remove();
  table.add(pattern, 'second');
  remove();
  expect(table.find(pattern.replace(/[*>]/, 'b'))).toEqual(['second']);
});

test('a subject with white space of any kind, or with nothing in it, is refused', () => {
  for (const subject of ['', 'a b', 'a\r\nPUB b', 'a\u00a0b', '\u2028', 'a\t']) {
    expect(() => assertSubject(subject)).toThrow('is not a NATS subject');
  }
  for (const subject of ['a', 'cairn.mychannel.raft.*.>', '_INBOX.x', 'größe'])
    assertSubject(subject);
});
