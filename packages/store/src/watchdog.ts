/**
 * Tells when a commit takes too long.
 *
 * The allowed time is counted in ten ticks, because a timer alone cannot tell a stalled disk from a stalled process: one
 * that was suspended for a minute wakes up with its timer due and the commit's completion still unread. It loses one
 * tick that way, not the whole allowance.
 */

export interface DiskClock {
  /** Calls `elapsed` once after `delayMs`, unless the returned function was called before. */
  startTimer(delayMs: number, elapsed: () => void): () => void;
}

const TICKS = 10;

export const systemClock: DiskClock = {
  startTimer(delayMs, elapsed) {
    const timer = setTimeout(elapsed, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Returns the function that calls the watch off. */
export function watch(clock: DiskClock, allowedMs: number, stalled: () => void): () => void {
  let remaining = TICKS;
  let cancel = () => {};
  const tick = (): void => {
    if (remaining === 0) {
      stalled();
      return;
    }
    remaining -= 1;
    cancel = clock.startTimer(allowedMs / TICKS, tick);
  };
  tick();
  return () => cancel();
}
