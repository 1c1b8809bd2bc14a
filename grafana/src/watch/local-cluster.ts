/** The cluster that `npm start` or `cairn up` runs here, as `cluster.json` tells it; and whether its orderers answer. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, WatchError } from './errors.ts';

export interface LocalOrderer {
  readonly name: string;
  /** URL of its operations listener. */
  readonly operations: string;
  /** Its log file. */
  readonly log: string;
}

export interface LocalCluster {
  readonly directory: string;
  readonly orderers: readonly LocalOrderer[];
  readonly channels: readonly string[];
}

const ANSWER_TIMEOUT_MS = 5_000;

/** Throws a `WatchError` where none is, or where the file is not whole. */
export function readLocalCluster(directory: string): LocalCluster {
  const file = join(directory, 'cluster.json');
  if (!existsSync(file)) {
    const sentence = `There is no cluster in ${directory}; "npm start" makes and starts one.`;
    throw new WatchError(exitCodes.unavailable, sentence);
  }
  const cluster = parsed(readFileSync(file, 'utf8'));
  if (cluster !== null) return { directory, ...cluster };
  const sentence = `${file} is not a cluster file; remove it, and "npm start" writes it anew.`;
  throw new WatchError(exitCodes.failed, sentence);
}

function parsed(text: string): Omit<LocalCluster, 'directory'> | null {
  try {
    const { orderers, channels } = JSON.parse(text) as LocalCluster;
    const isWhole = orderers.every(
      ({ name, operations, log }) => name && URL.canParse(operations) && log,
    );
    return isWhole && channels.length > 0 ? { orderers, channels } : null;
  } catch {
    return null;
  }
}

/** Names of the orderers whose process does not answer. */
export async function silentOrderers({ orderers }: LocalCluster): Promise<string[]> {
  const answers = await Promise.all(orderers.map(({ operations }) => isAlive(operations)));
  return orderers.flatMap(({ name }, at) => (answers[at] ? [] : [name]));
}

async function isAlive(operations: string): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetch(new URL('/livez', operations), { signal }).catch(() => null);
  return response?.ok === true;
}
