/**
 * What the tour orders: this checkout's own git history, one commit a transaction, or where there is none the bundled text,
 * one line a transaction.
 *
 * Ids follow from the content, so that a second tour orders nothing twice.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readFileOrFail } from '../local/files.ts';

export interface TourInput {
  /** `commits of this repository`. */
  readonly description: string;
  readonly submissions: readonly { readonly id: string; readonly payload: Uint8Array }[];
}

const checkout = fileURLToPath(new URL('../../../../', import.meta.url));
const sampleFile = fileURLToPath(new URL('../../../../deploy/local/sample.txt', import.meta.url));

const GIT_OUTPUT_BYTES_MAX = 512 * 1024 * 1024;

function git(folder: string, parameters: readonly string[]): Buffer | null {
  const options = { cwd: folder, maxBuffer: GIT_OUTPUT_BYTES_MAX, timeout: 60_000 };
  const done = spawnSync('git', parameters, { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  return done.status === 0 ? done.stdout : null;
}

/** Not of a repository that this folder merely lies in. */
function isRepository(folder: string): boolean {
  const root = git(folder, ['rev-parse', '--show-toplevel'])?.toString('utf8').trim();
  return root !== undefined && realpathSync(root) === realpathSync(folder);
}

function submissionOf(commit: string): TourInput['submissions'][number] {
  const lineEnd = commit.indexOf('\n');
  return { id: commit.slice(0, lineEnd), payload: Buffer.from(commit.slice(lineEnd + 1).trim()) };
}

/** The oldest first: message, author and time of each commit, its hash as id. Null where there is no history. */
export function gitHistory(folder: string): TourInput | null {
  if (!isRepository(folder)) return null;
  const format = '--format=tformat:%H%n%B%nAuthor: %an%nDate: %aI';
  const log = git(folder, ['log', '--reverse', '-z', '--no-show-signature', format]);
  const commits = log?.toString('utf8').split('\0') ?? [];
  const submissions = commits.filter((commit) => commit !== '').map(submissionOf);
  if (submissions.length === 0) return null;
  return { description: 'commits of this repository', submissions };
}

/** Every line that is not empty. */
export function sampleText(path: string): TourInput {
  const lines = readFileOrFail(path)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const submissions = lines.map((line, i) => {
    const fingerprint = createHash('sha256').update(line).digest('hex').slice(0, 16);
    return { id: `line-${i + 1}-${fingerprint}`, payload: Buffer.from(line) };
  });
  return { description: 'lines of a bundled text', submissions };
}

export function tourInput(): TourInput {
  return gitHistory(checkout) ?? sampleText(sampleFile);
}
