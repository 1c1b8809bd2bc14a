/**
 * A real process is killed while it writes: what it has reported durable is there, and nothing is torn.
 */

import { afterAll, expect, test } from 'vitest';
import { openLmdbDisk } from '../src/index.ts';
import { bundleChild, startChild, temporaryDirectory } from './support/children.ts';
import { firstWrong, openStore } from './support/fixture.ts';

const KILLS = 30;
/** Blocks looked at after each kill but the last, after which all are. */
const TAIL = 20;

test('thirty kills lose no acknowledged write and tear nothing', async () => {
  const directory = temporaryDirectory(afterAll);
  const writer = await bundleChild('writer', directory);
  const data = `${directory}/data`;
  let acknowledged = 0;
  let acknowledgedByKilled = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    let written = 0;
    const target = 3 + ((kill * 7) % 11);
    const child = startChild(
      [process.execPath, writer, data, '1000000', String(1 + (kill % 4))],
      {},
      (text) => {
        written += text.split('done').length - 1;
        if (written >= target) child.process.kill('SIGKILL');
      },
    );
    const { signal, output } = await child.ended;
    expect(signal).toBe('SIGKILL');
    const numbers = [...output.matchAll(/^done (\d+)$/gm)].map(([, number]) => Number(number));
    acknowledged = Math.max(acknowledged, ...numbers);
    acknowledgedByKilled += numbers.length;
    const newest = await checkedNewest(data, kill === KILLS - 1 ? 0 : acknowledged - TAIL);
    expect(newest).toBeGreaterThanOrEqual(acknowledged);
  }
  expect(acknowledgedByKilled).toBeGreaterThan(KILLS * 3);
}, 60_000);

/** The newest block, once everything from `from` up to it was found right. */
async function checkedNewest(directory: string, from: number): Promise<number> {
  const fatal = (error: Error): void => {
    throw error;
  };
  const disk = await openLmdbDisk({ directory, mapBytes: 2 ** 34, fatal });
  try {
    const channel = await openStore(disk);
    const { newestNumber } = channel.load();
    expect(firstWrong(channel, newestNumber + 1, Math.max(0, from))).toBeNull();
    return newestNumber;
  } finally {
    await disk.close();
  }
}
