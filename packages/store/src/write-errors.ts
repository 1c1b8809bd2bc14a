/**
 * What to say when a write failed: to the operator, who has to free space or replace a disk.
 */

import { StoreError } from './errors.ts';

/** The library rejects with a general error and gives the cause, a moment later, as another promise. */
export async function causeOf(error: unknown): Promise<unknown> {
  const commitError = (error as { commitError?: Promise<unknown> }).commitError;
  const cause = commitError?.then(
    () => error,
    (cause: unknown) => cause,
  );
  const patience = new Promise((elapsed) => setTimeout(() => elapsed(error), 100));
  return cause === undefined ? error : Promise.race([cause, patience]);
}

export function rejected(cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const hint = why.startsWith('Input/output') ? '; a full disk is often reported so' : '';
  return new StoreError(
    'WRITE_FAILED',
    `The disk refused a write (${why}${hint}). ` +
      'Nothing written after it is acknowledged; this process has to end.',
    {},
    cause,
  );
}

export function stalled(stallMs: number): StoreError {
  return new StoreError(
    'WRITE_STALLED',
    `A write did not reach the disk within ${stallMs} ms. Nothing after it is acknowledged; this process has to end.`,
  );
}
