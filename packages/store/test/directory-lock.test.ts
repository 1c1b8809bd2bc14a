import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { lockEndpoint } from '../src/directory-lock.ts';
import { openLmdbDisk, verifyStore } from '../src/index.ts';
import { bundleChild, startChild, temporaryDirectory } from './support/children.ts';
import { nextWrite, openStore } from './support/fixture.ts';

const directory = temporaryDirectory(afterAll);
const fatal = (error: Error): void => {
  throw error;
};
const open = (data: string, readOnly = false) =>
  openLmdbDisk({ directory: data, mapBytes: 2 ** 32, fatal, readOnly });

describe('a data directory', () => {
  test('is opened once in a process, and again after closing', async () => {
    const data = `${directory}/once`;
    const disk = await open(data);
    await expect(open(data)).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      details: { pid: process.pid, path: data },
    });
    await expect(open(`${data}/../once`, true)).rejects.toThrow(
      `in use by process ${process.pid}: stop it first`,
    );
    await disk.close();
    await (await open(data)).close();
  });

  test('of another process is refused with its pid, and free once that is killed', async () => {
    const data = `${directory}/other`;
    const writer = await bundleChild('writer', directory);
    let begun = () => {};
    const ready = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const child = startChild([process.execPath, writer, data, '1000000', '1'], {}, () => begun());
    await ready;
    await expect(open(data)).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      details: { pid: child.process.pid },
    });
    child.process.kill('SIGKILL');
    await child.ended;
    expect(existsSync(`${data}/orderer.pid`)).toBe(true);
    await (await open(data)).close();
    expect(existsSync(`${data}/orderer.pid`)).toBe(false);
  });

  test('is known by device and inode, not by its path', () => {
    const { dev, ino } = statSync(directory);
    const name = `cairn-data-${dev.toString(16)}-${ino.toString(16)}`;
    expect(lockEndpoint(directory, 'linux')).toBe(`\0${name}`);
    expect(lockEndpoint(`${directory}/.`, 'linux')).toBe(`\0${name}`);
    expect(lockEndpoint(directory, 'win32')).toBe(`\\\\.\\pipe\\${name}`);
    expect(lockEndpoint(directory, 'darwin')).toMatch(new RegExp(`/${name}\\.sock$`));
  });

  test('is inspected without a byte of it changing', async () => {
    const data = `${directory}/inspected`;
    const disk = await open(data);
    const channel = await openStore(disk);
    await new Promise<void>((done) => channel.store.commit([nextWrite(channel, 1)], done));
    await disk.close();
    const before = readFileSync(`${data}/data.mdb`);
    const inspected = await open(data, true);
    expect([...verifyStore(inspected)].filter(({ type }) => type === 'block')).toHaveLength(2);
    expect(() => inspected.commit([], () => {})).toThrow(/read-only/);
    await inspected.close();
    expect(Buffer.compare(readFileSync(`${data}/data.mdb`), before)).toBe(0);
  });

  test('that is not there is created for writing and refused for inspection', async () => {
    await expect(open(`${directory}/nowhere`, true)).rejects.toMatchObject({
      code: 'DATA_FILE_UNUSABLE',
    });
    expect(existsSync(`${directory}/nowhere`)).toBe(false);
    await (await open(`${directory}/some/where.new`)).close();
    expect(existsSync(`${directory}/some/where.new/data.mdb`)).toBe(true);
  });
});
