import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { shorten } from './elections.ts';
import { play } from './play.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const stories = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('the story', () => {
  test.each(stories)('%s happens as it is written', (name) => {
    const written = readFileSync(`${folder}/${name}`, 'utf8');
    const played = play(written);
    if (process.env.CAIRN_UPDATE === '1') writeFileSync(`${folder}/${name}`, played);
    else expect(played).toBe(written);
  });
});

describe('a story that cannot be played', () => {
  test('says which command nobody knows', () => {
    expect(() => play('> prepare 3 orderers\n> fly\n')).toThrow('> fly\nnobody knows how to "fly"');
  });

  test('says what did not come', () => {
    const story =
      '> prepare 3 orderers\n> start orderer1\n> run for 50 ms\n> run until orderer1 leads\n';
    expect(() => play(story)).toThrow('not within 15000 ms: orderer1 leads');
  });

  test('says how it must begin', () => {
    expect(() => play('> kill orderer1\n')).toThrow('a story begins with');
  });
});

test('a story keeps its prose and its commands, whatever its transcript said', () => {
  const story =
    '# Two lines\n# of prose\n\n> prepare 3 orderers\n  nonsense\n\n> heal the network\n';
  expect(play(story)).toBe(story.replace('  nonsense\n', ''));
});

test('a refusal gets its reason from the logs and the vote in the line', () => {
  const asked = (own: string, of: string) =>
    shorten(`2 [${own}] rejected MsgVote from 3 [${of}] at term 4`)?.text;
  expect(asked('logterm: 2, index: 5, vote: 0', 'logterm: 2, index: 4')).toBe(
    'rejected MsgVote from 3: its log 2/4 is behind 2/5',
  );
  expect(asked('logterm: 2, index: 5, vote: 1', 'logterm: 3, index: 4')).toBe(
    'rejected MsgVote from 3: voted for 1 in term 4',
  );
  expect(asked('logterm: 2, index: 5, vote: 0', 'logterm: 3, index: 4')).toBe(
    'rejected MsgVote from 3: it is already term 4',
  );
});
