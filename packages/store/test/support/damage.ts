/**
 * Runs reading jobs over damaged copies of a data file in child processes: LMDB may take its process with it.
 */

import { writeFileSync } from 'node:fs';
import { startChild } from './children.ts';

export interface Job {
  readonly truncateTo?: number;
  readonly flip?: { readonly offset: number; readonly bit: number };
}

export interface Outcome {
  readonly job: number;
  /** `error`: not one of ours. `died`: the process ended without an answer; `detail` is the signal. */
  readonly result: 'same' | 'refused' | 'wrong' | 'error' | 'died';
  readonly code?: string;
  readonly detail?: string;
}

/** One child after the other, each from the job on that its predecessor did not survive. */
export async function runJobs(
  reader: string,
  directory: string,
  original: string,
  blocks: number,
  jobs: readonly Job[],
): Promise<Outcome[]> {
  const jobFile = `${directory}/jobs.json`;
  writeFileSync(jobFile, JSON.stringify(jobs));
  const outcomes: Outcome[] = [];
  while (outcomes.length < jobs.length) {
    const work = `${directory}/damaged-${outcomes.length}`;
    const parameters = [work, original, String(blocks), String(outcomes.length), jobFile];
    const { output, signal } = await startChild([process.execPath, reader, ...parameters]).ended;
    const lines = output.split('\n').filter((line) => line !== '');
    outcomes.push(...lines.map((line) => JSON.parse(line) as Outcome));
    if (outcomes.length < jobs.length) {
      outcomes.push({ job: outcomes.length, result: 'died', detail: String(signal) });
    }
  }
  return outcomes;
}
