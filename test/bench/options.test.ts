import { describe, expect, test } from 'vitest';
import { readFlags, UsageError } from './options.ts';

const flags = {
  rounds: { value: 5, meaning: 'how often' },
  folder: { value: 'here', meaning: 'where' },
};

describe('the flags of a benchmark', () => {
  test('what is not given has its default', () => {
    expect(readFlags(flags, [])).toEqual({ rounds: 5, folder: 'here' });
    expect(readFlags(flags, ['--rounds', '2', '--folder=there'])).toEqual({
      rounds: 2,
      folder: 'there',
    });
  });

  test('what cannot be a number, and what nobody knows, is refused', () => {
    expect(() => readFlags(flags, ['--rounds', 'many'])).toThrow(
      new UsageError('--rounds takes a whole number, not "many"'),
    );
    expect(() => readFlags(flags, ['--round', '2'])).toThrow(UsageError);
  });
});
