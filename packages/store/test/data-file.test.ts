/**
 * The check before opening must never refuse what LMDB itself has written.
 */

import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { checkDataFile } from '../src/data-file.ts';
import { type Disk, type DiskOperation, openLmdbDisk } from '../src/index.ts';
import { temporaryDirectory } from './support/children.ts';

const directory = temporaryDirectory(afterAll);
const fatal = (error: Error): void => {
  throw error;
};
const open = (name: string): Promise<Disk> =>
  openLmdbDisk({ directory: `${directory}/${name}`, mapBytes: 2 ** 34, fatal });
const committed = (disk: Disk, operations: readonly DiskOperation[]): Promise<void> =>
  new Promise((done) => disk.commit(operations, done));
const put = (key: string, length: number): DiskOperation => ({
  type: 'put',
  key: Buffer.from(key),
  value: new Uint8Array(length).fill(length),
});
const remove = (key: string): DiskOperation => ({ type: 'remove', key: Buffer.from(key) });

/** What the header says is needed, and what there is. */
function lengths(file: string): { needed: number; bytes: number } {
  const header = readFileSync(file).subarray(0, 8192);
  const lastPages = [0, 4096].map((page) => Number(header.readBigUInt64LE(page + 144)));
  return { needed: (Math.max(...lastPages) + 1) * 4096, bytes: statSync(file).size };
}

describe('opening for reading only', () => {
  test.each([
    ['is not there', 'nowhere', /nowhere cannot be used: there is no data\.mdb in it/],
    ['has an empty data file', 'hollow', /hollow cannot be used: its data\.mdb is empty/],
    ['is a file', 'hollow/data.mdb', /data\.mdb cannot be used: it is not a directory/],
  ])('refuses a directory that %s with a sentence', async (_what, name, sentence) => {
    mkdirSync(`${directory}/hollow`, { recursive: true });
    writeFileSync(`${directory}/hollow/data.mdb`, '');
    const opened = openLmdbDisk({
      directory: `${directory}/${name}`,
      mapBytes: 2 ** 34,
      fatal,
      readOnly: true,
    });
    await expect(opened).rejects.toThrow(sentence);
  });
});

describe('the check of the data file', () => {
  test('passes a file that is missing, empty, or new', async () => {
    checkDataFile(`${directory}/nowhere.mdb`);
    writeFileSync(`${directory}/empty.mdb`, '');
    checkDataFile(`${directory}/empty.mdb`);
    const disk = await open('new');
    checkDataFile(`${directory}/new/data.mdb`);
    await disk.close();
    await (await open('new')).close();
  });

  test('passes after every commit of a long and varied life', async () => {
    const disk = await open('life');
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed % below;
    };
    for (let commit = 0; commit < 400; commit += 1) {
      const operations = Array.from({ length: 1 + random(40) }, (): DiskOperation => {
        const key = `key ${random(900)}`;
        if (random(3) === 0) return remove(key);
        return put(key, random(20) === 0 ? random(300_000) : random(300));
      });
      if (random(50) === 0) {
        operations.push({
          type: 'removeRange',
          from: Buffer.from('key'),
          to: Buffer.from('key 5'),
        });
      }
      await committed(disk, operations);
      checkDataFile(`${directory}/life/data.mdb`);
    }
    await disk.close();
    await (await open('life')).close();
  });

  test('passes when pages at the end were taken and given back in one transaction', async () => {
    const disk = await open('giving-back');
    for (let round = 0; round < 4; round += 1) await committed(disk, [put('small', 9_000)]);
    await committed(disk, [put('small', 9_000), put('large', 40_000_000), remove('large')]);
    await committed(disk, [put('other', 10)]);
    const file = `${directory}/giving-back/data.mdb`;
    const { needed, bytes } = lengths(file);
    expect(needed).toBeGreaterThan(40_000_000);
    expect(bytes).toBeGreaterThanOrEqual(needed);
    expect(disk.diskBytes()).toBeLessThan(10_000_000);
    await disk.close();
    const again = await open('giving-back');
    expect(again.get(Buffer.from('other'))).toHaveLength(10);
    await again.close();
  });

  test('names the lengths when the file is too short', async () => {
    const disk = await open('short');
    await committed(disk, [put('large', 1_000_000)]);
    await disk.close();
    const file = `${directory}/short/data.mdb`;
    const { needed } = lengths(file);
    const descriptor = openSync(file, 'r+');
    ftruncateSync(descriptor, needed);
    checkDataFile(file);
    ftruncateSync(descriptor, needed - 1);
    closeSync(descriptor);
    expect(() => checkDataFile(file)).toThrow(
      `it has ${needed - 1} bytes where its header asks for ${needed}`,
    );
  });
});
