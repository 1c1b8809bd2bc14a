/**
 * The data directory of one orderer: may it be written, who holds it, is it in a form that can be read, is there room.
 * Nothing in it is changed; where no orderer holds it, its lock is taken for a moment.
 */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeFailure, systemReason } from '../errors.ts';
import { type Finding, findingsOf, inBinaryUnits } from './finding.ts';

const MAP_BYTES = 1024 ** 4;
const FREE_BYTES_NEEDED = 256 * 1024 ** 2;
const FREE_BYTES_WANTED = 2 * 1024 ** 3;

export async function examineData(orderer: string, directory: string): Promise<Finding[]> {
  const present = existing(directory);
  const found =
    present === directory
      ? await contentOf(orderer, directory)
      : unmade(orderer, directory, present);
  return [found, spaceAt(orderer, present)];
}

/** The directory, or the nearest one above it that is there. */
function existing(directory: string): string {
  return existsSync(directory) ? directory : existing(dirname(directory));
}

function unwritable(directory: string): string | null {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return systemReason(error);
  }
}

function unmade(orderer: string, directory: string, above: string): Finding {
  const { ok, problem } = findingsOf('data', orderer);
  const reason = unwritable(above);
  return reason === null
    ? ok(`${directory} will be made by the first start.`)
    : problem(
        `${directory} cannot be made: ${reason} in ${above}.`,
        'Make it and give it to the user that the orderer runs as.',
      );
}

async function contentOf(orderer: string, directory: string): Promise<Finding> {
  const { ok, problem } = findingsOf('data', orderer);
  const reason = unwritable(directory);
  if (reason !== null) {
    return problem(
      `${directory} cannot be written: ${reason}.`,
      'Give the directory and all in it to the user that the orderer runs as.',
    );
  }
  try {
    return ok(await storeIn(directory));
  } catch (error) {
    const { code, message } = describeFailure(error);
    if (code === 'DATA_DIRECTORY_IN_USE') return ok(`${directory} is held by a running orderer.`);
    if (code === 'STORE_MISSING') return ok(`${directory} is empty: a first start fills it.`);
    return problem(message, remedyFor(code));
  }
}

function remedyFor(code: string): string {
  return code === 'STORE_TOO_NEW'
    ? 'Start the newer version of Cairn that wrote it.'
    : 'Keep a copy of the directory, look at the disk, and see "What to do when" in docs/operate.md.';
}

/** The database is loaded only here. */
async function storeIn(directory: string): Promise<string> {
  const { openLmdbDisk, Store, FORMAT_VERSION } = await import('@cairn/store');
  const fatal = (error: Error): never => {
    throw error;
  };
  if (!existsSync(`${directory}/data.mdb`)) return `${directory} is empty: a first start fills it.`;
  const disk = await openLmdbDisk({ directory, mapBytes: MAP_BYTES, readOnly: true, fatal });
  try {
    const channels = Store.open(disk, { incarnation: null }).channels();
    const names = channels.map(({ name }) => name).join(', ');
    return `${directory} holds ${names === '' ? 'no channel yet' : names}, in format ${FORMAT_VERSION}; no orderer runs on it.`;
  } finally {
    await disk.close();
  }
}

function spaceAt(orderer: string, directory: string): Finding {
  const { bavail, bsize } = statfsSync(directory);
  return judgeSpace(orderer, directory, bavail * bsize);
}

export function judgeSpace(orderer: string, directory: string, freeBytes: number): Finding {
  const { ok, warning, problem } = findingsOf('disk', orderer);
  const free = `${inBinaryUnits(freeBytes)} are free at ${directory}`;
  if (freeBytes < FREE_BYTES_NEEDED) {
    return problem(
      `Only ${free}: the orderer ends as soon as a block cannot be written.`,
      'Free space or move the directory to a larger disk, with the orderer stopped.',
    );
  }
  return freeBytes < FREE_BYTES_WANTED
    ? warning(`Only ${free}.`, 'Free space before it runs out; blocks are never deleted.')
    : ok(`${free}.`);
}
