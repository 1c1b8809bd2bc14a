import { describe, expect, test } from 'vitest';
import type { Channel } from '../src/channel.ts';
import { Pulse } from '../src/pulse.ts';
import { Ticker } from '../src/ticker.ts';
import { World } from './support/world.ts';

const TICK_MS = 100;

/** Channels that only count their ticks. */
function ticking(channels: number) {
  const world = new World(1);
  const told = Array.from({ length: channels }, () => [] as number[]);
  const pulses = told.map(() => new Pulse());
  let times = 0;
  const ticker = new Ticker(
    world.clockOf(() => true),
    (channel) => {
      const at = pulses.indexOf(channel.pulse);
      told[at]!.push(channel.pulse.takeUntold());
    },
    () => {
      times += 1;
    },
  );
  for (const pulse of pulses) ticker.add({ pulse } as Channel, TICK_MS);
  return { world, told, pulses, ticker, times: () => times };
}

describe('ticks', () => {
  test('come one by one to who has not gone to sleep', () => {
    const { world, told, times } = ticking(12);
    world.runFor(10 * TICK_MS + 1);
    expect(told).toEqual(Array(12).fill(Array(10).fill(1)));
    expect(times()).toBe(10);
  });

  test('that were slept through are told together', () => {
    const { world, told, pulses } = ticking(2);
    world.runFor(TICK_MS + 1);
    pulses[0]!.sleep(3);
    world.runFor(4 * TICK_MS);
    expect(told).toEqual([
      [1, 4],
      [1, 1, 1, 1, 1],
    ]);
  });

  test('come again to who was woken', () => {
    const { world, told, pulses } = ticking(1);
    world.runFor(TICK_MS + 1);
    pulses[0]!.sleep(1_000);
    world.runFor(3 * TICK_MS);
    expect(pulses[0]!.takeUntold()).toBe(3);
    expect(pulses[0]!.takeUntold()).toBe(0);
    pulses[0]!.wake();
    world.runFor(TICK_MS);
    expect(told).toEqual([[1, 1]]);
  });

  test('do not come to who sleeps for ever, nor to anybody once stopped', () => {
    const { world, told, pulses, ticker } = ticking(2);
    world.runFor(TICK_MS + 1);
    pulses[0]!.sleep(Number.POSITIVE_INFINITY);
    world.runFor(50 * TICK_MS);
    expect(told.map(({ length }) => length)).toEqual([1, 51]);
    ticker.stop();
    world.runFor(50 * TICK_MS);
    expect(told.map(({ length }) => length)).toEqual([1, 51]);
  });
});
