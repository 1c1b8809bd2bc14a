import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BYTES_IN_FLIGHT_MAX, FRAMES_IN_FLIGHT_MAX } from '../src/limits.ts';
import { Window } from '../src/window.ts';

/** How many frames get in, each of one byte. They are let out again. */
function roomOf(window: Window): number {
  let frames = 0;
  for (; window.isOpen; frames++) window.enter(1);
  for (let i = 0; i < frames; i++) window.leave(1);
  return frames;
}

test('time-outs of attempts that began together halve it once', () => {
  const window = new Window();
  const { shrunk } = window;
  for (let i = 0; i < 8; i++) window.timedOut(shrunk);
  expect(roomOf(window)).toBe(FRAMES_IN_FLIGHT_MAX / 2);
  window.timedOut(window.shrunk);
  expect(roomOf(window)).toBe(FRAMES_IN_FLIGHT_MAX / 4);
});

test('a windowful of answers makes room for about one frame more', () => {
  const window = new Window();
  window.timedOut(window.shrunk);
  for (let i = 0; i < 17; i++) window.answered();
  expect(roomOf(window)).toBe(17);
});

test('whatever happens it lets one frame in and never more than the most', () => {
  const events = fc.array(fc.constantFrom('answered', 'timedOut' as const), { maxLength: 200 });
  fc.assert(
    fc.property(events, (all) => {
      const window = new Window();
      for (const event of all) {
        if (event === 'answered') window.answered();
        else window.timedOut(window.shrunk);
        const frames = roomOf(window);
        expect(frames).toBeGreaterThanOrEqual(1);
        expect(frames).toBeLessThanOrEqual(FRAMES_IN_FLIGHT_MAX);
      }
    }),
  );
});

test('it is closed while too many bytes are under way', () => {
  const window = new Window();
  window.enter(BYTES_IN_FLIGHT_MAX);
  expect(window.isOpen).toBe(false);
  window.leave(BYTES_IN_FLIGHT_MAX);
  expect(window.isOpen).toBe(true);
});
