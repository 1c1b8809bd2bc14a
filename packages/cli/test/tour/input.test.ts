import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitHistory, sampleText, tourInput } from '../../src/tour/input.ts';
import { temporaryFolder } from '../support/folder.ts';

function repository(): string {
  const folder = temporaryFolder();
  const git = (...parameters: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...parameters], {
      cwd: folder,
      stdio: 'ignore',
    });
  git('init');
  git('commit', '--allow-empty', '-m', 'first\n\nwith a body');
  git('commit', '--allow-empty', '-m', 'second');
  return folder;
}

test('a git history is one commit a transaction, the oldest first, the hash its id', () => {
  const input = gitHistory(repository());
  expect(input?.submissions).toHaveLength(2);
  const [first] = input?.submissions ?? [];
  expect(first?.id).toMatch(/^[0-9a-f]{40}$/);
  const text = Buffer.from(first?.payload ?? '').toString();
  expect(text).toMatch(/^first\n\nwith a body\n\nAuthor: A\nDate: \d{4}-/);
});

test('a folder that merely lies in a repository, or has no commits, has no history', () => {
  const folder = repository();
  mkdirSync(join(folder, 'inner'));
  expect(gitHistory(join(folder, 'inner'))).toBeNull();
  expect(gitHistory(temporaryFolder())).toBeNull();
});

test('a text is one line a transaction, with ids that stay the same', () => {
  const path = join(temporaryFolder(), 'text');
  writeFileSync(path, 'one\n\n two \n');
  const { submissions } = sampleText(path);
  expect(submissions.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['one', 'two']);
  expect(submissions.map(({ id }) => id)).toEqual(sampleText(path).submissions.map(({ id }) => id));
});

test('there is always something to order', () => {
  const { submissions } = tourInput();
  expect(submissions.length).toBeGreaterThan(10);
  expect(new Set(submissions.map(({ id }) => id)).size).toBe(submissions.length);
});
