/** Expecting a `LedgerError` by its code, thrown or returned. */
import { LedgerError, type LedgerErrorCode } from '@cairn/ledger';
import { expect } from 'vitest';

export function expectThrown(action: () => unknown, code: LedgerErrorCode): void {
  expect(codeOf(() => action())).toBe(code);
}

export function expectReturned(value: unknown, code: LedgerErrorCode): void {
  expect(value instanceof LedgerError ? value.code : value).toBe(code);
}

function codeOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error instanceof LedgerError ? error.code : error;
  }
}
