import { expect, test } from 'vitest';
import { type DiskClock, watch } from '../src/watchdog.ts';

/** A clock that jumps: timers that are due fire once, however late it is. */
class JumpingClock implements DiskClock {
  #nowMs = 0;
  #timer: { readonly atMs: number; readonly elapsed: () => void } | null = null;

  startTimer(delayMs: number, elapsed: () => void): () => void {
    this.#timer = { atMs: this.#nowMs + delayMs, elapsed };
    return () => {
      this.#timer = null;
    };
  }

  jump(byMs: number): void {
    this.#nowMs += byMs;
    const timer = this.#timer;
    if (timer === null || timer.atMs > this.#nowMs) return;
    this.#timer = null;
    timer.elapsed();
  }
}

function watched(): { clock: JumpingClock; stalls: () => number; callOff: () => void } {
  const clock = new JumpingClock();
  let stalls = 0;
  const callOff = watch(clock, 30_000, () => {
    stalls += 1;
  });
  return { clock, stalls: () => stalls, callOff };
}

test('a commit that takes the whole time is reported once', () => {
  const { clock, stalls } = watched();
  for (let second = 0; second < 29; second += 1) clock.jump(1_000);
  expect(stalls()).toBe(0);
  for (let second = 0; second < 60; second += 1) clock.jump(1_000);
  expect(stalls()).toBe(1);
});

test('a commit that ends in time is not', () => {
  const { clock, stalls, callOff } = watched();
  for (let second = 0; second < 29; second += 1) clock.jump(1_000);
  callOff();
  for (let second = 0; second < 60; second += 1) clock.jump(1_000);
  expect(stalls()).toBe(0);
});

test('a process that was suspended for an hour does not take itself for a stalled disk', () => {
  const { clock, stalls } = watched();
  clock.jump(3_600_000);
  expect(stalls()).toBe(0);
  for (let second = 0; second < 60; second += 1) clock.jump(1_000);
  expect(stalls()).toBe(1);
});
