import { describe, expect, test } from 'vitest';
import { EventWheel } from './event-wheel.ts';
import { Network } from './network.ts';
import type { PlannedAction } from './plan.ts';
import { planOf } from './planner.ts';
import { profileNames, profileOf } from './profile.ts';
import { chanceOf } from './random.ts';
import { World } from './world.ts';

test('of what is due at one time, that which was asked for first comes first, however far ahead it was', () => {
  const chance = chanceOf(3, 'wheel');
  const wheel = new EventWheel();
  const times = Array.from({ length: 500 }, () => chance.below(3) * 4096 + chance.below(40));
  const asked = times.map((atMs, order) => wheel.add(atMs, () => {}, order));
  for (const time of [...new Set(times)].sort((one, other) => one - other)) {
    const due = asked.filter(({ atMs }) => atMs === time);
    expect([...due, null].map(() => wheel.take(time))).toEqual([...due, null]);
  }
});

test('what is asked for now comes after all that was due now, in the order it was asked for', () => {
  const world = new World();
  const seen: string[] = [];
  const note = (text: string) => seen.push(text);
  world.in(5, () => {
    note('first');
    world.in(0, note, 'asked first');
    world.after(0, note, 'called off').cancel();
    world.at(3, () => note('too late, so now'));
    world.in(1, note, 'later');
    world.in(0, () => world.in(0, note, 'asked last'));
  });
  world.in(5, note, 'second');
  world.runFor(5);
  const now = ['asked first', 'too late, so now', 'asked last'];
  expect(seen).toEqual(['first', 'second', ...now]);
  expect(world.nowMs).toBe(5);
  world.runFor(1);
  expect(seen.at(-1)).toBe('later');
});

test('a stream does not know how often another one was asked', () => {
  const draw = (name: string) => Array.from({ length: 5 }, chanceOf(9, name).real);
  const alone = draw('network');
  draw('disk');
  expect(draw('network')).toEqual(alone);
  expect(draw('disk')).not.toEqual(alone);
});

describe('a network', () => {
  function twoParties() {
    const world = new World();
    const network = new Network(world, chanceOf(4, 'network'));
    for (const name of ['a', 'b']) network.add(name, () => {});
    const arrived: number[] = [];
    const send = (number: number, isOrderly: boolean) =>
      network.transmit('a', 'b', isOrderly, (passage) => {
        passage.read();
        arrived.push(number);
      });
    return { world, network, arrived, send };
  }

  test('keeps the order of what one sends to another', () => {
    const { world, network, arrived, send } = twoParties();
    network.behaviour.latencyMs = { least: 1, mean: 40 };
    for (let number = 0; number < 50; number++) send(number, true);
    world.runFor(5_000);
    expect(arrived).toEqual(Array.from({ length: 50 }, (_, number) => number));
  });

  test('repeats and reorders what members send, never what clients send', () => {
    const { world, network, arrived, send } = twoParties();
    Object.assign(network.behaviour, { repeatRate: 0.5, repeatWithinMs: 100, reorderRate: 0.5 });
    for (let number = 0; number < 50; number++) send(number, true);
    world.runFor(1_000);
    expect(arrived).toEqual(Array.from({ length: 50 }, (_, number) => number));
    for (let number = 50; number < 100; number++) send(number, false);
    world.runFor(1_000);
    expect(arrived.length).toBeGreaterThan(110);
  });

  test('carries at once again when a clog ends early', () => {
    const { world, network, arrived, send } = twoParties();
    network.clog('a', 'b', 10_000);
    send(1, true);
    world.runFor(100);
    network.heal();
    send(2, true);
    world.runFor(20_000);
    expect(arrived).toEqual([2]);
  });

  test('loses all that is in flight with a connection', () => {
    const { world, network, arrived, send } = twoParties();
    send(1, true);
    network.disconnect('b');
    network.connect('b');
    send(2, true);
    world.runFor(100);
    expect(arrived).toEqual([2]);
  });

  test.each([true, false])('brings the last words of a process that has ended: %s', (isLate) => {
    const { world, network, arrived, send } = twoParties();
    network.hasLateWords = isLate;
    send(1, true);
    network.end('a');
    world.runFor(100);
    expect(arrived).toEqual(isLate ? [1] : []);
  });

  test('follows a list instead of chance', () => {
    const { world, network, arrived, send } = twoParties();
    network.behaviour.lossRate = 1;
    network.fates.follow([
      [2, 'lost', 0],
      [3, 'repeated', 10],
      [4, 'overtaken', 5],
    ]);
    for (const number of [1, 2, 3, 4, 5]) send(number, false);
    world.runFor(100);
    expect(arrived).toEqual([1, 3, 5, 4, 3]);
  });
});

test.each(['swarm', 'crashes', 'network', 'disks', 'members'])(
  'in every run of profile %s the leader dies somewhere in the midst',
  (name) => {
    for (let seed = 1; seed <= 30; seed++) {
      const { actions } = planOf(profileOf(name, seed), seed, 30_000);
      const isDeath = ([timeMs, action]: PlannedAction) =>
        timeMs > 3_000 && (action.kind === 'crashAll' || action.kind === 'crash');
      expect(actions.length === 0 || actions.some(isDeath)).toBe(true);
      const times = actions.map(([timeMs]) => timeMs);
      expect(times).toEqual(times.toSorted((left, right) => left - right));
    }
  },
);

test.each(profileNames)('profile %s draws the same plan each time', (name) => {
  const draw = () => planOf(profileOf(name, 11), 11, 60_000);
  expect(draw()).toEqual(draw());
  expect(JSON.parse(JSON.stringify(draw()))).toEqual(draw());
});
