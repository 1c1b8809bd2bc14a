/**
 * Opens damaged copies of a data file and reads everything, one job a line on standard output. Parameters: directory to
 * work in, data file to copy, number of blocks in it, first job, and a file of jobs.
 */

import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { openLmdbDisk, StoreError } from '../../src/index.ts';
import type { Job, Outcome } from '../support/damage.ts';
import { firstWrong, openStore } from '../support/fixture.ts';

const [directory, original, blocks, first, jobFile] = process.argv.slice(2);
const jobs = JSON.parse(readFileSync(jobFile!, 'utf8')) as Job[];
mkdirSync(directory!, { recursive: true });

function damage(file: string, job: Job): void {
  copyFileSync(original!, file);
  if (job.truncateTo !== undefined) truncateSync(file, job.truncateTo);
  if (job.flip === undefined) return;
  const descriptor = openSync(file, 'r+');
  const byte = new Uint8Array(1);
  readSync(descriptor, byte, 0, 1, job.flip.offset);
  byte[0]! ^= 1 << job.flip.bit;
  writeSync(descriptor, byte, 0, 1, job.flip.offset);
  closeSync(descriptor);
}

async function read(): Promise<Omit<Outcome, 'job'>> {
  const disk = await openLmdbDisk({
    directory: directory!,
    mapBytes: 2 ** 34,
    readOnly: true,
    fatal: () => process.exit(9),
  });
  try {
    const wrong = firstWrong(await openStore(disk), Number(blocks));
    return wrong === null ? { result: 'same' } : { result: 'wrong', detail: wrong };
  } finally {
    await disk.close();
  }
}

for (let number = Number(first); number < jobs.length; number += 1) {
  damage(join(directory!, 'data.mdb'), jobs[number]!);
  const outcome = await read().catch((error: Error) =>
    error instanceof StoreError
      ? { result: 'refused', code: error.code, detail: error.message }
      : { result: 'error', detail: error.message },
  );
  writeSync(1, `${JSON.stringify({ job: number, ...outcome })}\n`);
}
