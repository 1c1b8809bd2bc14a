import type { Bus } from '@cairn/transport';
import { expect, test } from 'vitest';
import { flushSoon } from '../src/flush.ts';

test('what is asked in one moment is flushed once, and what is asked later again', async () => {
  let flushed = 0;
  const bus = { flush: () => void flushed++ } as Bus;
  for (let i = 0; i < 5; i++) flushSoon(bus);
  expect(flushed).toBe(0);
  await Promise.resolve();
  expect(flushed).toBe(1);
  flushSoon(bus);
  await Promise.resolve();
  expect(flushed).toBe(2);
});
