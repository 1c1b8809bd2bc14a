import type { Index } from '@cairn/raft';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryDisk, type StoreFinding, verifyStore } from '../src/index.ts';
import { numberedKey, soleKey, TABLES, tableRange } from '../src/keys.ts';
import { blockBytes, nextWrite, openStore } from './support/fixture.ts';

let disk: MemoryDisk;

beforeEach(async () => {
  disk = new MemoryDisk({ schedule: (action) => queueMicrotask(action) });
  const channel = await openStore(disk);
  for (let number = 1; number <= 20; number += 1) {
    await new Promise<void>((done) => channel.store.commit([nextWrite(channel, number)], done));
  }
});

const findings = (): StoreFinding[] => [...verifyStore(disk)];
const damage = (): string[] =>
  findings().flatMap((finding) => (finding.type === 'damage' ? [finding.error.message] : []));

describe('the walk over a store', () => {
  test('finds a sound store sound and hands out every block', () => {
    const all = findings();
    expect(all.map(({ type }) => type)).toEqual([
      'store',
      'channel',
      ...Array.from({ length: 21 }, () => 'block'),
      'log',
      'index',
    ]);
    const blocks = all.flatMap((finding) => (finding.type === 'block' ? [finding] : []));
    expect(blocks.map(({ number, index }) => [number, index])).toEqual(
      Array.from({ length: 21 }, (_, number) => [number, (number + 1) as Index]),
    );
    expect(
      blocks.every(({ number, bytes }) => Buffer.compare(bytes, blockBytes(number)) === 0),
    ).toBe(true);
    expect(all.at(-1)).toMatchObject({ type: 'index', records: 80 });
    expect(all.at(-2)).toMatchObject({ type: 'log', records: 20 });
  });

  test('names a damaged block and goes on behind it', () => {
    disk.damage(numberedKey(0, TABLES.block, 7), (value) => value.slice(1));
    expect(damage()).toEqual([expect.stringMatching(/block 7 does not match its checksum/)]);
    expect(findings().filter(({ type }) => type === 'block')).toHaveLength(20);
  });

  test('notices records that are missing, in the log and in the index', () => {
    disk.damage(numberedKey(0, TABLES.log, 9), () => null);
    const { from, to } = tableRange(0, TABLES.transaction);
    disk.damage(disk.range({ from, to, limit: 1 })[0]!.key, () => null);
    expect(damage()).toEqual([
      expect.stringMatching(/entry 9 is missing/),
      expect.stringMatching(/entry 9 is missing/),
      expect.stringMatching(/transaction index .*contradict/),
    ]);
  });

  test('says so when a channel cannot be walked at all', () => {
    disk.damage(soleKey(0, TABLES.state), () => null);
    expect(damage()).toEqual([expect.stringMatching(/state is missing/)]);
  });

  test('refuses a disk without a store', () => {
    expect(() => [...verifyStore(new MemoryDisk({ schedule: () => {} }))]).toThrow(/no store/);
  });
});
