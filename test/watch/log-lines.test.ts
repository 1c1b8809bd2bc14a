/** Finding the election that made somebody leader in a log that tells of several. */
import { electionLines, electionOf, inOrder } from '@cairn/grafana';
import { expect, test } from 'vitest';

const byPreVotes = (id: number, before: number): string[] => [
  `${id} is starting a new election at term ${before}`,
  `${id} became pre-candidate at term ${before}`,
  `${id} [quorum:3] has received 1 MsgPreVoteResp votes and 0 vote rejections`,
  `${id} [quorum:3] has received 3 MsgPreVoteResp votes and 1 vote rejections`,
  ...won(id, before + 1),
];

const byHandOver = (id: number, before: number): string[] => [
  `${id} [term ${before}] received MsgTimeoutNow from 2 and starts an election to get leadership.`,
  `${id} is starting a new election at term ${before}`,
  ...won(id, before + 1),
];

const won = (id: number, term: number): string[] => [
  `${id} became candidate at term ${term}`,
  `${id} [quorum:3] has received 3 MsgVoteResp votes and 0 vote rejections`,
  `${id} became leader at term ${term}`,
  `raft.node: ${id} elected leader ${id} at term ${term}`,
  `Raft leader changed: 0 -> ${id}`,
  'Start accepting requests as Raft leader at block [0]',
];

const inVain = ['3 is starting a new election at term 8', '3 became pre-candidate at term 8'];

test.each([
  ['by pre-votes, after others', [...byHandOver(3, 1), ...inVain, ...byPreVotes(3, 8)], 'silence'],
  ['handed over, after others', [...byPreVotes(3, 1), ...inVain, ...byHandOver(3, 8)], 'handOver'],
] as const)('the one that counts is found: %s', (_what, lines, way) => {
  const election = electionOf(lines, 3, 9);
  expect(election?.way).toBe(way);
  expect(election?.lines[0]).toContain('term 8');
  const patterns = electionLines({ id: 3, term: 9 }, 3, way);
  expect(inOrder(election?.lines ?? [], patterns)).toHaveLength(patterns.length);
});

test('there is none where the term was won by another, or before the log begins', () => {
  expect(electionOf(byPreVotes(3, 1), 3, 7)).toBeNull();
  expect(electionOf(won(3, 9), 3, 9)).toBeNull();
  expect(electionOf([], 3, 9)).toBeNull();
});

test.each(byPreVotes(3, 8).filter((text) => !text.includes('received 1')))(
  'an election without "%s" is not whole',
  (left) => {
    const lines = byPreVotes(3, 8).filter((text) => text !== left);
    const patterns = electionLines({ id: 3, term: 9 }, 3, 'silence');
    expect(inOrder(lines, patterns).length).toBeLessThan(patterns.length);
  },
);
