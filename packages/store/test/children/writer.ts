/**
 * Writes one block after the other, several ahead of the disk, and says which are durable, until it is killed or has
 * written as many as asked. Parameters: directory, number of blocks, how many may be in flight.
 */

import { writeSync } from 'node:fs';
import { openLmdbDisk } from '../../src/index.ts';
import { nextWrite, openStore } from '../support/fixture.ts';

const [directory, blocks, inFlightMax, stallMs] = process.argv.slice(2);
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const disk = await openLmdbDisk({
  directory: directory!,
  mapBytes: 2 ** 34,
  stallMs: Number(stallMs ?? 30_000),
  fatal: (error) => {
    say(`fatal ${error.code} ${error.message}`);
    // Long enough to show that nothing is acknowledged afterwards.
    setTimeout(() => process.exit(3), 300);
  },
});
const channel = await openStore(disk);
let next = channel.load().newestNumber + 1;
const end = next + Number(blocks);
let inFlight = 0;
say(`begin ${next}`);

function advance(): void {
  while (next < end && inFlight < Number(inFlightMax)) {
    const number = next;
    next += 1;
    inFlight += 1;
    channel.store.commit([nextWrite(channel, number, inFlight === 1)], () => {
      say(`done ${number}`);
      inFlight -= 1;
      advance();
    });
  }
  if (next === end && inFlight === 0) void disk.close().then(() => say('closed'));
}
advance();
