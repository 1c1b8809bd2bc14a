import { expect, test } from 'vitest';
import { runManyChannels } from './many-channels.ts';

test('fifty channels keep every promise while all of them elect at once', {
  timeout: 120_000,
}, () => {
  const { failures, elected } = runManyChannels({ channels: 50, simulatedMs: 20_000, seed: 2 });
  expect(failures).toEqual([]);
  expect(elected).toBeGreaterThan(50);
});

test('many channels are the same run each time', () => {
  const digestOf = () => runManyChannels({ channels: 10, simulatedMs: 6_000 }).digest;
  expect(digestOf()).toBe(digestOf());
});
