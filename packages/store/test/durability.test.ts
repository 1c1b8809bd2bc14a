/**
 * What reaches the kernel, in which order, and what happens when the kernel says no. Needs strace; without it these
 * tests are skipped, loudly.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLmdbDisk } from '../src/index.ts';
import { bundleChild, type ChildEnd, startChild, temporaryDirectory } from './support/children.ts';
import { firstWrong, openStore } from './support/fixture.ts';

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
if (!canTrace)
  process.stderr.write(
    'SKIPPED: strace is missing or may not trace; durability is not proved here.\n',
  );

const directory = temporaryDirectory(afterAll);
let writer = '';

beforeAll(async () => {
  writer = await bundleChild('writer', directory);
});

const traced = (data: string, parameters: readonly string[], strace: readonly string[]) =>
  startChild(['strace', '-f', '-qq', ...strace, process.execPath, writer, data, ...parameters])
    .ended;

describe.skipIf(!canTrace)('on the way to the disk', () => {
  test('pages are synced, then the header is written synchronously, then done is called', async () => {
    const trace = `${directory}/trace`;
    const calls = 'trace=openat,pwrite64,pwritev,writev,write,fdatasync,fsync,ftruncate';
    const { code } = await traced(
      `${directory}/order`,
      ['12', '2'],
      ['-y', '-e', calls, '-o', trace],
    );
    expect(code).toBe(0);
    expect(orderOf(readFileSync(trace, 'utf8'))).toEqual({ reported: 12, problems: [] });
  });

  test('the new file and every new directory above it are synced by name', async () => {
    const trace = `${directory}/names`;
    const data = `${directory}/new/deeper`;
    await traced(data, ['1', '1'], ['-y', '-e', 'trace=fsync', '-o', trace]);
    const synced = [...readFileSync(trace, 'utf8').matchAll(/fsync\(\d+<([^>]+)>\) += 0/g)];
    const names = synced.map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining([data, `${directory}/new`, directory]));
  });
});

describe.skipIf(!canTrace)('a disk that fails', () => {
  test.each([
    ['a failed sync', 'fdatasync:error=EIO:when=4', 'fatal WRITE_FAILED', /Input\/output error/],
    ['a full disk', 'pwrite64:error=ENOSPC:when=9+', 'fatal WRITE_FAILED', /No space left/],
    ['a failed header', 'pwrite64:error=EIO:when=8+', 'fatal WRITE_FAILED', /Input\/output error/],
    ['a stalled sync', 'fdatasync:delay_enter=2000000:when=4', 'fatal WRITE_STALLED', /400 ms/],
  ])('%s ends it: told once, nothing acknowledged afterwards', async (name, fault, told, why) => {
    const data = `${directory}/${name.replaceAll(' ', '-')}`;
    const end = await traced(
      data,
      ['1000', '3', '400'],
      ['-e', `inject=${fault}`, '-o', '/dev/null'],
    );
    expect(end.code).toBe(3);
    const lines = end.output.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('fatal'))).toHaveLength(1);
    expect(lines.at(-1)).toMatch(new RegExp(`^${told}`));
    expect(lines.at(-1)).toMatch(why);
    await expectAcknowledged(data, end);
  });
});

async function expectAcknowledged(data: string, { output }: ChildEnd): Promise<void> {
  const acknowledged = [...output.matchAll(/^done (\d+)$/gm)].length;
  const fatal = (error: Error): void => {
    throw error;
  };
  const disk = await openLmdbDisk({ directory: data, mapBytes: 2 ** 34, fatal });
  const channel = await openStore(disk);
  const { newestNumber } = channel.load();
  expect(newestNumber).toBeGreaterThanOrEqual(acknowledged);
  expect(firstWrong(channel, newestNumber + 1)).toBeNull();
  await disk.close();
}

/** Follows the data file through a trace: a calls' end counts for syncs and headers, its beginning for pages. */
function orderOf(trace: string): { reported: number; problems: string[] } {
  const synchronous = new Set<string>();
  const problems: string[] = [];
  let state: 'pages' | 'synced' | 'header' | 'reported' = 'reported';
  let reported = 0;
  for (const line of joined(trace)) {
    const opened = /openat\(.*data\.mdb".*O_DSYNC.* = (\d+)</.exec(line);
    if (opened !== null) synchronous.add(opened[1]!);
    const [, call, descriptor] = /(\w+)\((\d+)</.exec(line) ?? [];
    if (/"done \d+/.test(line)) {
      if (state !== 'header' && state !== 'reported') problems.push(`done after ${state}`);
      reported += 1;
      state = 'reported';
    } else if (line.includes('data.mdb>') && call !== 'ftruncate' && opened === null) {
      if (call === 'fdatasync') state = 'synced';
      else if (!synchronous.has(descriptor!)) state = 'pages';
      else if (state === 'synced') state = 'header';
      else problems.push(`header after ${state}`);
    }
  }
  return { reported, problems };
}

/** Calls that other threads interrupted, put together where they ended. */
function joined(trace: string): string[] {
  const begun = new Map<string, string>();
  const lines: string[] = [];
  for (const line of trace.split('\n')) {
    const [thread = ''] = line.split(' ', 1);
    if (line.includes('<unfinished ...>')) {
      begun.set(thread, line.replace(/ *<unfinished \.\.\.>/, ''));
      if (!/fdatasync|pwrite64/.test(line)) lines.push(line);
    } else if (line.includes('resumed>')) {
      const start = begun.get(thread) ?? '';
      if (/fdatasync|pwrite64/.test(start)) lines.push(start + line.replace(/.*resumed>/, ''));
    } else {
      lines.push(line);
    }
  }
  return lines;
}
