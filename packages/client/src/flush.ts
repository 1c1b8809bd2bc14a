/**
 * Questions asked in the same moment leave in one write: a system call each would be most of what reading a long chain
 * costs.
 */
import type { Bus } from '@cairn/transport';

const waiting = new WeakSet<Bus>();

/** Sends what is published until the code that runs now, and what it has resolved, is done. */
export function flushSoon(bus: Bus): void {
  if (waiting.has(bus)) return;
  waiting.add(bus);
  queueMicrotask(() => {
    waiting.delete(bus);
    bus.flush();
  });
}
