import { expect, test } from 'vitest';
import { selfTimes } from './profile/self-time.ts';

test('a function has the time of its samples, and idling is not work', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 6 });
  const { busyMs, functions } = selfTimes({
    nodes: [
      { id: 1, callFrame: frame('(idle)') },
      { id: 2, callFrame: frame('cut', 'file:///a/b/c/d/e.js') },
      { id: 3, callFrame: frame('') },
    ],
    samples: [1, 2, 2, 3],
    timeDeltas: [9000, 1000, 2000, 500],
  });
  expect(busyMs).toBe(3.5);
  expect(functions).toEqual([
    { label: '(idle)', selfMs: 9 },
    { label: 'cut  b/c/d/e.js:7', selfMs: 3 },
    { label: '(anonymous)', selfMs: 0.5 },
  ]);
});
