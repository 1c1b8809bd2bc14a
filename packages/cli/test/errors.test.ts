import { StoreError } from '@cairn/store';
import { cairnError } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { CommandError, describeFailure } from '../src/errors.ts';

describe('a failure', () => {
  test('of a command keeps its code, sentence and exit code', () => {
    expect(describeFailure(new CommandError('PORT_IN_USE', 4, 'Port 1 is in use.'))).toEqual({
      code: 'PORT_IN_USE',
      exitCode: 4,
      message: 'Port 1 is in use.',
    });
  });

  test.each([
    ['CHANNEL_NOT_FOUND', 3],
    ['NO_LEADER', 4],
    ['OUTCOME_UNKNOWN', 4],
    ['ID_CONFLICT', 1],
    ['VERIFICATION_FAILED', 5],
    ['NO_NATS', 4],
  ] as const)('with the public code %s ends with exit code %i', (code, exitCode) => {
    expect(describeFailure(cairnError(code)).exitCode).toBe(exitCode);
  });

  test('says what to do when its message says only what the table says', () => {
    const { message } = describeFailure(cairnError('ID_CONFLICT'));
    expect(message).toMatch(/Use a new id/);
    const own = describeFailure(cairnError('ID_CONFLICT', { message: 'Choose another.' }));
    expect(own.message).toBe('Choose another.');
  });

  test('of a block beyond the newest names the height', () => {
    const { message } = describeFailure(cairnError('BLOCK_NOT_FOUND', { height: 17 }));
    expect(message).toContain('Its height is 17.');
  });

  test.each([
    ['DATA_DIRECTORY_IN_USE', 4],
    ['STORE_MISSING', 3],
    ['RECORD_DAMAGED', 5],
    ['WRITE_FAILED', 1],
  ] as const)('of the store with the code %s ends with exit code %i', (code, exitCode) => {
    expect(describeFailure(new StoreError(code, 'A sentence.')).exitCode).toBe(exitCode);
  });

  test('that nobody foresaw is called a bug, in one line, without its stack', () => {
    const { message, exitCode } = describeFailure(new TypeError('x is not a function\nat y'));
    expect(message).toBe('internal error, please report it: x is not a function.');
    expect(exitCode).toBe(1);
    expect(describeFailure('a text').message).toContain('a text');
  });
});
