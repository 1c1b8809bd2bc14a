/**
 * What clients say in headers, read strictly: a header that cannot be understood is refused, never guessed.
 */
import { headerNames } from '@cairn/transport';

export const TIMEOUT_MS_DEFAULT = 10_000;
export const TIMEOUT_MS_MAX = 600_000;
export const WAIT_MS_DEFAULT = 1_000;
export const WAIT_MS_MAX = 10_000;

export interface HeaderSource {
  header(name: string): string | undefined;
}

/** A whole number of milliseconds in [0, max], the default if absent, null if malformed. */
function millisecondsOf(
  source: HeaderSource,
  name: string,
  defaultMs: number,
  maxMs: number,
): number | null {
  const text = source.header(name);
  if (text === undefined || text === '') return defaultMs;
  if (!/^[0-9]{1,9}$/.test(text)) return null;
  return Math.min(Number(text), maxMs);
}

export function timeoutMsOf(source: HeaderSource): number | null {
  return millisecondsOf(source, headerNames.timeoutMs, TIMEOUT_MS_DEFAULT, TIMEOUT_MS_MAX);
}

export function waitMsOf(source: HeaderSource): number | null {
  return millisecondsOf(source, headerNames.waitMs, WAIT_MS_DEFAULT, WAIT_MS_MAX);
}
