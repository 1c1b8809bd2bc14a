import { describe, expect, test } from 'vitest';
import { parseDirective, parseFile } from './datadriven.ts';
import { comparable } from './runner.ts';

describe('the grammar of data-driven files', () => {
  test('cases are separated by blank lines, comments stand between them', () => {
    const cases = parseFile('# a comment\n\nfirst 1\ninput\n\nmore\n----\nout\n\nsecond\n----\n');
    expect(cases).toEqual([
      {
        line: 3,
        command: 'first',
        args: [{ key: '1', values: [] }],
        input: 'input\n\nmore',
        expected: 'out\n',
      },
      { line: 10, command: 'second', args: [], input: '', expected: '' },
    ]);
  });

  test('a fenced output may hold blank lines', () => {
    const [first, second] = parseFile('a\n----\n----\none\n\ntwo\n----\n----\n\nb\n----\nok\n');
    expect(first?.expected).toBe('one\n\ntwo\n');
    expect(second?.command).toBe('b');
  });

  test('a backslash continues a directive', () => {
    expect(parseFile('a x=1 \\\n  y=2\n----\n')[0]?.args).toEqual([
      { key: 'x', values: ['1'] },
      { key: 'y', values: ['2'] },
    ]);
  });

  test('values are split at top-level commas', () => {
    expect(parseDirective('vote cfg=(1, (2,3),4) votes= flag')).toEqual({
      command: 'vote',
      args: [
        { key: 'cfg', values: ['1', '(2,3)', '4'] },
        { key: 'votes', values: [''] },
        { key: 'flag', values: [] },
      ],
    });
  });

  test('log lines are left out of a comparison, and nothing reads ok', () => {
    expect(comparable('INFO 1 became leader\n  DEBUG x\n> 1 handling Ready\n')).toBe(
      '> 1 handling Ready',
    );
    expect(comparable('WARN only logs\n')).toBe(comparable('ok\n'));
  });
});
