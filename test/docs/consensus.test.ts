import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './checkout.ts';
import { withExcerpts } from './excerpts.ts';

const path = join(checkout, 'docs/consensus.md');

test('the pictures of docs/consensus.md are pieces of the stories', () => {
  const page = readFileSync(path, 'utf8');
  const now = withExcerpts(page, (story) => readFileSync(join(checkout, story), 'utf8'));
  if (process.env.CAIRN_UPDATE === '1') writeFileSync(path, now);
  else expect(now).toBe(page);
});

test('docs/consensus.md shows at least one picture a chapter, and is short', () => {
  const page = readFileSync(path, 'utf8');
  expect(page.match(/<!-- test\/stories/g)?.length).toBeGreaterThanOrEqual(8);
  expect(page.split('\n').length).toBeLessThanOrEqual(235);
});

test('an excerpt of what no story says is an error', () => {
  const page = '<!-- test/stories/any.txt: fly -->\n```text\n```\n';
  expect(() => withExcerpts(page, () => '> start\n')).toThrow('"fly" occurs 0 times');
});
