/**
 * How long to wait before the next attempt. Pure but for the chance it is handed.
 *
 * Jitter spreads the clients of a channel that has just lost its leader; a refusal's `retryAfterMs` is the service's own
 * wish and is stretched by up to a quarter, never shortened.
 */

import type { Random } from '@cairn/transport';
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN } from './limits.ts';

/** `attempt` counts from 1; null: the service named no delay. */
export function backoffMs(random: Random, attempt: number, retryAfterMs: number | null): number {
  if (retryAfterMs !== null) return retryAfterMs + random.below(Math.ceil(retryAfterMs / 4) + 1);
  const ceilingMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attempt, 10));
  return BACKOFF_MS_MIN + random.below(ceilingMs - BACKOFF_MS_MIN + 1);
}
