import type { DiskOperation } from '@cairn/store';
import { describe, expect, test } from 'vitest';
import { SimulatedDisk } from './disk.ts';
import { DiskContent } from './disk-content.ts';
import { observerOf } from './oracle/observer.ts';
import { chanceOf } from './random.ts';
import { World } from './world.ts';

const key = (text: string) => Buffer.from(text, 'latin1');
const put = (text: string, value: string): DiskOperation => ({
  type: 'put',
  key: key(text),
  value: Buffer.from(value),
});

function openDisk(seed = 1) {
  const world = new World();
  const disk = new SimulatedDisk(world, chanceOf(seed, 'disk'), 'orderer1', observerOf([]));
  const errors: string[] = [];
  const open = () =>
    disk.open({
      enter: (run) => run(),
      moment: () => true,
      fatal: (error) => errors.push((error as Error & { code: string }).code),
    });
  return { world, disk, errors, open };
}

describe('a simulated disk', () => {
  test('shows a transaction once it is durable, and reports in order', () => {
    const { world, open } = openDisk();
    const port = open();
    const done: number[] = [];
    port.commit([put('tablea1', 'x')], () => done.push(1));
    port.commit([put('tablea2', 'y')], () => done.push(2));
    expect(port.get(key('tablea1'))).toBeUndefined();
    world.runFor(1_000);
    expect(done).toEqual([1, 2]);
    expect(Buffer.from(port.get(key('tablea2'))!).toString()).toBe('y');
  });

  test('keeps a prefix of what was pending over a crash, never a hole', () => {
    const kept = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      const { disk, open } = openDisk(seed);
      const port = open();
      for (const name of ['a', 'b', 'c']) port.commit([put(`table${name}1`, name)], () => {});
      disk.crash();
      const there = ['a', 'b', 'c'].map(
        (name) => disk.content.get(key(`table${name}1`)) !== undefined,
      );
      expect([...there].sort().reverse()).toEqual(there);
      kept.add(there.filter(Boolean).length);
    }
    expect([...kept].sort()).toEqual([0, 1, 2, 3]);
  });

  test('that lies loses at the crash what it called durable, and keeps it if the lie ends before', () => {
    const { world, disk, open } = openDisk();
    const write = (text: string) => {
      open().commit([put(text, 'x')], () => {});
      world.runFor(1_000);
    };
    const isThere = (text: string) => disk.content.get(key(text)) !== undefined;
    write('tablea1');
    disk.lie();
    write('tablea2');
    expect(disk.stopLying()).toBe(true);
    disk.crash();
    disk.lie();
    write('tablea3');
    expect(isThere('tablea3'), 'as long as the process lives').toBe(true);
    disk.crash();
    expect(['tablea1', 'tablea2', 'tablea3'].map(isThere)).toEqual([true, true, false]);
    expect(disk.stopLying(), 'the crash ended it').toBe(false);
  });

  test('goes on at once when a long stall ends early', () => {
    const { world, disk, open } = openDisk();
    disk.behaviour.stalledUntilMs = 25_000;
    let isDone = false;
    open().commit([put('tablea1', 'x')], () => {
      isDone = true;
    });
    world.runFor(2_000);
    expect(isDone).toBe(false);
    disk.behaviour.stalledUntilMs = world.nowMs;
    world.runFor(1_000);
    expect(isDone).toBe(true);
  });

  test('ends the process when it stands still for too long', () => {
    const { world, disk, errors, open } = openDisk();
    disk.behaviour.stalledUntilMs = 100_000;
    open().commit([put('tablea1', 'x')], () => {});
    world.runFor(40_000);
    expect(errors).toEqual(['WRITE_STALLED']);
  });

  test('is damaged alone: whoever wrote the bytes keeps them', () => {
    const { world, disk, open } = openDisk();
    const value = Buffer.from('0123456789');
    open().commit([{ type: 'put', key: key('tablea1'), value }], () => {});
    world.runFor(1_000);
    disk.damage('bitFlip');
    expect(value.toString()).toBe('0123456789');
    expect(Buffer.from(disk.content.get(key('tablea1'))!).toString()).not.toBe('0123456789');
  });
});

/** Keys of all kinds: texts, the only one of a table, numbers without and with gaps. */
const namings: readonly (readonly [string, (table: number, number: number) => string])[] = [
  ['texts', (table, number) => `tabl${table}x${number}`],
  ['numbers', (table, number) => numbered(table, number)],
  ['numbers far apart', (table, number) => numbered(table, number * 1_000)],
];

function numbered(table: number, number: number): string {
  const name = `\x10\0\0\0\x01${'BLN'[table]}`;
  if (number === 0) return name;
  const digits = Buffer.alloc(8);
  digits.writeUInt32BE(number - 1, 4);
  return name + digits.toString('latin1');
}

test.each(namings)('the content of a disk answers ranges as a sorted list does: %s', (_, named) => {
  const chance = chanceOf(5, 'content');
  const content = new DiskContent();
  const model = new Map<string, string>();
  const draw = () => named(chance.below(3), chance.below(60));
  for (let step = 0; step < 2_000; step++) {
    const name = draw();
    if (chance.happens(0.3)) {
      content.apply([{ type: 'remove', key: key(name) }]);
      model.delete(name);
    } else {
      content.apply([put(name, String(step))]);
      model.set(name, String(step));
    }
    const [from, to] = [draw(), draw()];
    const reverse = chance.happens(0.5);
    const limit = chance.between(1, 5);
    const expected = [...model.keys()].sort().filter((each) => each >= from && each < to);
    if (reverse) expected.reverse();
    const found = content.range({ from: key(from), to: key(to), reverse, limit });
    const texts = found.map((each) => Buffer.from(each.key).toString('latin1'));
    expect(texts).toEqual(expected.slice(0, limit));
  }
  expect(content.copy().keys()).toEqual([...model.keys()].sort());
});
