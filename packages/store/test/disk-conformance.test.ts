/**
 * One suite, two disks: what the store may expect of the disk port.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Disk, type DiskOperation, MemoryDisk, openLmdbDisk } from '../src/index.ts';

const key = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);
const put = (name: string, value: string): DiskOperation => ({
  type: 'put',
  key: key(name),
  value: key(value),
});
const committed = (disk: Disk, operations: readonly DiskOperation[]): Promise<void> =>
  new Promise((resolve) => disk.commit(operations, resolve));
const everything = (disk: Disk, reverse = false): string[] =>
  disk
    .range({ from: Uint8Array.of(0), to: Uint8Array.of(255), reverse, limit: 10_000 })
    .map((record) => `${text(record.key)}=${text(record.value)}`);

async function withMemory(use: (disk: Disk) => Promise<void>): Promise<void> {
  await use(new MemoryDisk({ schedule: setImmediate }));
}

async function withLmdb(use: (disk: Disk) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-disk-'));
  const fatal = (error: Error): void => {
    throw error;
  };
  const disk = await openLmdbDisk({ directory, mapBytes: 2 ** 32, fatal });
  try {
    await use(disk);
  } finally {
    await disk.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

describe.each([
  ['MemoryDisk', withMemory],
  ['LMDB', withLmdb],
])('a disk: %s', (_, withDisk) => {
  test('gives back what was put, and nothing for an unknown key', () =>
    withDisk(async (disk) => {
      await committed(disk, [put('a', 'one'), put('b', '')]);
      expect(text(disk.get(key('a')))).toBe('one');
      expect(disk.get(key('b'))).toEqual(new Uint8Array(0));
      expect(disk.get(key('c'))).toBeUndefined();
    }));

  test('shows what done has reported, even when it was read before in the same turn', () =>
    withDisk(async (disk) => {
      await committed(disk, [put('a', 'one')]);
      for (let round = 0; round < 20; round += 1) {
        const wanted = `round ${round}`;
        const done = committed(disk, [put('a', wanted)]);
        disk.get(key('a'));
        await done;
        expect(text(disk.get(key('a')))).toBe(wanted);
      }
    }));

  test('returns copies that stay valid while the value is overwritten many times', () =>
    withDisk(async (disk) => {
      for (const length of [10, 3_000, 40_000, 600_000]) {
        await committed(disk, [put('a', 'x'.repeat(length))]);
        const kept = disk.get(key('a'));
        const [ranged] = disk.range({ from: key('a'), to: key('b'), limit: 1 });
        for (let round = 0; round < 5; round += 1) {
          await committed(disk, [put('a', String(round).repeat(length))]);
          disk.get(key('a'));
        }
        expect(text(kept)).toBe('x'.repeat(length));
        expect(text(ranged?.value)).toBe('x'.repeat(length));
      }
    }));

  test('ranges are half open, ordered by bytes, both ways and limited', () =>
    withDisk(async (disk) => {
      await committed(disk, [put('b', '2'), put('a', '1'), put('c', '3'), put('cc', '4')]);
      const names = (from: string, to: string, limit: number, reverse: boolean) =>
        disk.range({ from: key(from), to: key(to), limit, reverse }).map((one) => text(one.key));
      expect(names('a', 'c', 9, false)).toEqual(['a', 'b']);
      expect(names('a', 'c', 9, true)).toEqual(['b', 'a']);
      expect(names('aa', 'cb', 9, true)).toEqual(['c', 'b']);
      expect(names('b', 'z', 2, true)).toEqual(['cc', 'c']);
      expect(names('b', 'z', 2, false)).toEqual(['b', 'c']);
      expect(names('d', 'z', 2, true)).toEqual([]);
      expect(names('0', 'a', 2, true)).toEqual([]);
    }));

  test('calls done in the order of the calls, with every earlier commit visible', () =>
    withDisk(async (disk) => {
      const order: number[] = [];
      await new Promise<void>((resolve) => {
        for (let number = 0; number < 50; number += 1) {
          disk.commit([put('n', String(number)), put(`k${number}`, 'x')], () => {
            order.push(number);
            expect(disk.get(key(`k${number}`))).toBeDefined();
            if (number === 49) resolve();
          });
        }
      });
      expect(order).toEqual(Array.from({ length: 50 }, (_, number) => number));
      expect(text(disk.get(key('n')))).toBe('49');
    }));

  test('reports an empty commit in its turn', () =>
    withDisk(async (disk) => {
      const order: string[] = [];
      await Promise.all([
        committed(disk, [put('a', '1')]).then(() => order.push('first')),
        committed(disk, []).then(() => order.push('empty')),
        committed(disk, [put('b', '2')]).then(() => order.push('last')),
      ]);
      await committed(disk, []);
      expect(order).toEqual(['first', 'empty', 'last']);
    }));

  test('takes nothing more once it is closed', () =>
    withDisk(async (disk) => {
      let last = false;
      disk.commit([put('a', '1')], () => {
        last = true;
      });
      await disk.close();
      expect(last).toBe(true);
      expect(() => disk.commit([put('b', '1')], () => {})).toThrow(/nothing is committed after/);
    }));

  test('removes single keys, keys that are not there, and ranges with what the same commit put', () =>
    withDisk(async (disk) => {
      await committed(disk, [put('a', '1'), put('b', '2'), put('c', '3')]);
      await committed(disk, [
        { type: 'remove', key: key('nowhere') },
        put('bb', 'added'),
        { type: 'removeRange', from: key('b'), to: key('c') },
        put('bc', 'later'),
      ]);
      expect(everything(disk)).toEqual(['a=1', 'bc=later', 'c=3']);
    }));

  test('takes nothing of a commit with an impossible key', () =>
    withDisk(async (disk) => {
      const bad: DiskOperation = { type: 'put', key: new Uint8Array(0), value: key('x') };
      expect(() => disk.commit([put('a', '1'), bad], () => {})).toThrow(/key has 1 to 511 bytes/);
      await committed(disk, [put('b', '1')]);
      expect(everything(disk)).toEqual(['b=1']);
    }));

  test('does what an ordered map does', () =>
    withDisk(async (disk) => {
      const name = fc.constantFrom('a', 'ab', 'b', 'ba', 'c', 'd', 'da');
      const step = fc.oneof(
        fc.record({ type: fc.constant('put' as const), at: name, value: fc.string() }),
        fc.record({ type: fc.constant('remove' as const), at: name }),
        fc.record({ type: fc.constant('removeRange' as const), at: name, until: name }),
      );
      const commits = fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(commits, async (turns) => {
          const model = new Map<string, string>();
          await committed(disk, [{ type: 'removeRange', from: key('a'), to: key('z') }]);
          const operations = turns.map((steps) => steps.map((one) => applied(model, one)));
          await Promise.all(operations.map((one) => committed(disk, one)));
          const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
          const lines = expected.map(([at, value]) => `${at}=${value}`);
          expect(everything(disk)).toEqual(lines);
          expect(everything(disk, true)).toEqual(lines.toReversed());
        }),
        { numRuns: 60 },
      );
    }));
});

type ModelStep =
  | { type: 'put'; at: string; value: string }
  | { type: 'remove'; at: string }
  | { type: 'removeRange'; at: string; until: string };

function applied(model: Map<string, string>, step: ModelStep): DiskOperation {
  switch (step.type) {
    case 'put': {
      const value = new TextDecoder().decode(key(step.value));
      model.set(step.at, value);
      return put(step.at, value);
    }
    case 'remove':
      model.delete(step.at);
      return { type: 'remove', key: key(step.at) };
    case 'removeRange': {
      for (const name of [...model.keys()]) {
        if (name >= step.at && name < step.until) model.delete(name);
      }
      return { type: 'removeRange', from: key(step.at), to: key(step.until) };
    }
  }
}
