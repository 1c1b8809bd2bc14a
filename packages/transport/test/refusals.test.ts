import { describe, expect, test } from 'vitest';
import {
  CairnError,
  cairnError,
  errorCodes,
  errorRow,
  exitCodeOf,
  exitCodeOfError,
  isErrorCode,
  refusal,
} from '../src/index.ts';

describe('the error table', () => {
  test.each(errorCodes)('%s says what happened and what to do, in sentences', (code) => {
    const row = errorRow(code);
    expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    expect(row.meaning).toMatch(/^[A-Z].*\.$/);
    expect(row.whatToDo).toMatch(/^[A-Z].*\.$/);
  });

  test.each(errorCodes)('%s says when to come back if and only if it is retryable', (code) => {
    const row = errorRow(code);
    expect(row.retryAfterMs !== undefined).toBe(row.retryable);
  });

  test('only what may pass by itself is retryable', () => {
    const retryable = errorCodes.filter((code) => errorRow(code).retryable);
    expect(new Set(retryable.map((code) => errorRow(code).status))).toEqual(
      new Set([429, 503, 504]),
    );
  });

  test('tells its codes from other words', () => {
    expect(isErrorCode('NOT_LEADER')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(isErrorCode('NOT_A_CODE')).toBe(false);
  });
});

describe('a refusal', () => {
  test('takes status, retryability and text from the table', () => {
    expect(refusal('NOT_LEADER', { leader: 'orderer2' })).toEqual({
      status: 503,
      error: {
        code: 'NOT_LEADER',
        message: 'This orderer does not lead the channel now.',
        retryable: true,
        retryAfterMs: 200,
        leader: 'orderer2',
      },
    });
  });

  test('says more where more is known, and nothing that is not', () => {
    const details = { message: 'Block 9 is not there yet.', height: 5, leader: undefined };
    expect(
      refusal('BLOCK_NOT_FOUND', { ...details, channel: 'mychannel', id: 'order-17' }),
    ).toEqual({
      status: 404,
      channel: 'mychannel',
      id: 'order-17',
      error: {
        code: 'BLOCK_NOT_FOUND',
        message: 'Block 9 is not there yet.',
        retryable: false,
        height: 5,
      },
    });
  });

  test('keeps null apart from unknown: there is no leader', () => {
    expect(refusal('NOT_LEADER', { leader: null }).error.leader).toBeNull();
    expect('leader' in refusal('NOT_LEADER').error).toBe(false);
  });

  test('of a passed deadline says that the transaction was never proposed', () => {
    expect(refusal('DEADLINE_PASSED').error.proposed).toBe(false);
    expect('proposed' in refusal('OUTCOME_UNKNOWN').error).toBe(false);
  });

  test('never says when to come back if that is of no use', () => {
    expect('retryAfterMs' in refusal('ID_CONFLICT', { retryAfterMs: 5 }).error).toBe(false);
    expect(refusal('OVERLOADED', { retryAfterMs: 5 }).error.retryAfterMs).toBe(5);
  });
});

describe('a CairnError', () => {
  test('is the refusal as an exception', () => {
    const cause = new Error('socket');
    const error = cairnError('NO_NATS', { message: 'No NATS server answers.' }, cause);
    expect(error).toBeInstanceOf(CairnError);
    expect(error).toMatchObject({ code: 'NO_NATS', status: 503, retryable: true, cause });
    expect(error.message).toBe('No NATS server answers.');
    expect(error.refusal).toEqual(refusal('NO_NATS', { message: 'No NATS server answers.' }));
  });

  test('has the exit code of its status, and of a failed verification its own', () => {
    expect(exitCodeOfError(cairnError('CHANNEL_NOT_FOUND'))).toBe(3);
    expect(exitCodeOfError(cairnError('VERIFICATION_FAILED'))).toBe(5);
  });
});

test.each([
  [200, 0],
  [400, 1],
  [401, 1],
  [403, 1],
  [404, 3],
  [409, 1],
  [413, 1],
  [429, 4],
  [500, 1],
  [503, 4],
  [504, 4],
])('status %d ends a command with %d', (status, exitCode) => {
  expect(exitCodeOf(status)).toBe(exitCode);
});
