/**
 * Damage to the real data file: never wrong bytes, never "not there", never a dead process for a cut file.
 */

import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLmdbDisk, Store, StoreError } from '../src/index.ts';
import { bundleChild, temporaryDirectory } from './support/children.ts';
import { type Job, type Outcome, runJobs } from './support/damage.ts';
import { nextWrite, openStore } from './support/fixture.ts';

const BLOCKS = 60;
const PAGE_BYTES = 4096;
const directory = temporaryDirectory(afterAll);
const original = `${directory}/original.mdb`;
let reader = '';
let liveBytes = 0;

const fatal = (error: Error): void => {
  throw error;
};

beforeAll(async () => {
  reader = await bundleChild('reader', directory);
  const disk = await openLmdbDisk({ directory: `${directory}/data`, mapBytes: 2 ** 34, fatal });
  const channel = await openStore(disk);
  for (let number = 1; number < BLOCKS; number += 1) {
    await new Promise<void>((done) => channel.store.commit([nextWrite(channel, number)], done));
  }
  await disk.close();
  copyFileSync(`${directory}/data/data.mdb`, original);
  const header = readFileSync(original);
  const lastPages = [0, 1].map((page) => header.readBigUInt64LE(page * PAGE_BYTES + 144));
  liveBytes = (Math.max(...lastPages.map(Number)) + 1) * PAGE_BYTES;
  truncateSync(original, liveBytes);
});

const run = (jobs: readonly Job[]): Promise<Outcome[]> =>
  runJobs(reader, directory, original, BLOCKS, jobs);

const count = (outcomes: readonly Outcome[], result: Outcome['result']): number =>
  outcomes.filter((outcome) => outcome.result === result).length;

let directories = 0;
function emptyDirectory(): string {
  directories += 1;
  const path = `${directory}/empty-${directories}`;
  mkdirSync(path);
  return path;
}

/** The same "random" places in every run. */
function places(total: number, below: number): number[] {
  return Array.from({ length: total }, (_, at) =>
    Math.floor((((at + 1) * 0.618_033_988_7) % 1) * below),
  );
}

describe('a damaged data file', () => {
  test('is read as it was when nothing was damaged', async () => {
    expect(await run([{}])).toEqual([{ job: 0, result: 'same' }]);
  });

  test('never gives wrong bytes after a bit flip anywhere in its pages', async () => {
    const jobs = places(300, liveBytes).map((offset, at) => ({ flip: { offset, bit: at % 8 } }));
    const outcomes = await run(jobs);
    expect(outcomes.filter(({ result }) => result === 'wrong' || result === 'error')).toEqual([]);
    expect(count(outcomes, 'refused')).toBeGreaterThan(150);
    // A length that points beyond the file is a bus error inside LMDB: nothing wrong is returned either.
    expect(count(outcomes, 'died')).toBeLessThan(5);
  }, 60_000);

  test('that was cut anywhere is refused with a sentence and kills nobody', async () => {
    const lengths = [1, 23, 167, 168, 4095, 4096, 4263, 8191, 8192, liveBytes - 1];
    const jobs = [...lengths, ...places(40, liveBytes)].map((truncateTo) => ({ truncateTo }));
    const outcomes = await run(jobs);
    expect(outcomes.filter(({ result }) => result !== 'refused')).toEqual([]);
    for (const { code, detail } of outcomes) {
      expect(code).toMatch(/^DATA_FILE_(DAMAGED|UNUSABLE)$/);
      expect(detail).toMatch(/^The data file .* (is damaged|cannot be used): it .*\.$/);
    }
  }, 30_000);

  test('never gives wrong bytes after a bit flip in its headers', async () => {
    const offsets = [0, PAGE_BYTES].flatMap((page) => places(60, 168).map((at) => page + at));
    const jobs = offsets.map((offset, at) => ({ flip: { offset, bit: at % 8 } }));
    const outcomes = await run(jobs);
    expect(outcomes.filter(({ result }) => result === 'wrong' || result === 'error')).toEqual([]);
  }, 60_000);
});

describe('a file of somebody else', () => {
  const foreign = {
    text: Buffer.from('root:x:0:0\n'.repeat(2_000)),
    zeros: Buffer.alloc(3 * PAGE_BYTES),
    'a database of another format': otherFormat(),
    'a database of another page order': Buffer.from(header(0xbeefc0de)).reverse(),
  };
  test.each(Object.entries(foreign))('is refused with a sentence: %s', async (_, bytes) => {
    const place = emptyDirectory();
    writeFileSync(`${place}/data.mdb`, bytes);
    const opened = openLmdbDisk({ directory: place, mapBytes: 2 ** 30, fatal });
    await expect(opened).rejects.toBeInstanceOf(StoreError);
    await expect(opened).rejects.toMatchObject({ code: 'DATA_FILE_UNUSABLE' });
    await expect(opened).rejects.toThrow(/cannot be used: it.* (format|begin like a data file)/);
    expect(Buffer.compare(readFileSync(`${place}/data.mdb`), bytes)).toBe(0);
  });

  test('of another database library is refused by the store, which finds no record of its own', async () => {
    const place = emptyDirectory();
    const disk = await openLmdbDisk({ directory: place, mapBytes: 2 ** 30, fatal });
    const put = { type: 'put', key: Buffer.from('theirs'), value: Buffer.from('x') } as const;
    await new Promise<void>((done) => disk.commit([put], done));
    expect(() => Store.open(disk, { incarnation: () => new Uint8Array(8) })).toThrow(
      /first record is missing/,
    );
    await disk.close();
  });
});

function header(magic: number): Buffer {
  const bytes = Buffer.alloc(4 * PAGE_BYTES);
  for (const page of [0, PAGE_BYTES]) {
    bytes.writeUInt16LE(8, page + 18);
    bytes.writeUInt32LE(magic, page + 24);
    bytes.writeUInt32LE(2, page + 28);
    bytes.writeUInt32LE(PAGE_BYTES, page + 48);
  }
  return bytes;
}

function otherFormat(): Buffer {
  const bytes = header(0xbeefc0de);
  bytes.writeUInt32LE(1, 28);
  return bytes;
}
