/** Waiting in tests for what another process will do. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** The first result of `look` that is neither null, undefined nor false. Throws `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadlineMs) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    await sleep(POLL_MS);
  }
}
