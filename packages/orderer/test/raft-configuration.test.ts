import type { ConfState, MemberId } from '@cairn/raft';
import { describe, expect, test } from 'vitest';
import { confChangeBetween } from '../src/raft-configuration.ts';

function conf(voters: number[], rest: Partial<Record<keyof ConfState, number[]>> = {}): ConfState {
  const ids = (list: number[] = []) => list as MemberId[];
  return {
    voters: ids(voters),
    outgoing: ids(rest.outgoing),
    learners: ids(rest.learners),
    learnersNext: ids(rest.learnersNext),
    autoLeave: false,
  };
}

const old = { outgoing: [1, 2, 3] };

describe('the change between two configurations', () => {
  test('settings only: an operation without effect, not an empty list', () => {
    const change = confChangeBetween(conf([1, 2, 3]), conf([1, 2, 3]));
    expect(change).toEqual({ transition: 'auto', operations: [{ kind: 'update', id: 1 }] });
  });

  test.each<[string, ConfState, ConfState, unknown[]]>([
    ['a voter is added', conf([1, 2, 3]), conf([1, 2, 3, 4], old), [['addVoter', 4]]],
    [
      'a learner is added',
      conf([1, 2, 3]),
      conf([1, 2, 3], { ...old, learners: [4] }),
      [['addLearner', 4]],
    ],
    ['a voter is removed', conf([1, 2, 3]), conf([1, 2], old), [['remove', 3]]],
    [
      'a learner is removed',
      conf([1, 2, 3], { learners: [4] }),
      conf([1, 2, 3], old),
      [['remove', 4]],
    ],
    [
      'a learner is promoted',
      conf([1, 2, 3], { learners: [4] }),
      conf([1, 2, 3, 4], old),
      [['addVoter', 4]],
    ],
    [
      'a voter is demoted',
      conf([1, 2, 3]),
      conf([1, 2], { ...old, learnersNext: [3] }),
      [['addLearner', 3]],
    ],
    [
      'everything at once, in order of the ids',
      conf([1, 2, 3], { learners: [4] }),
      conf([2, 4, 5], { ...old, learnersNext: [3] }),
      [
        ['remove', 1],
        ['addLearner', 3],
        ['addVoter', 4],
        ['addVoter', 5],
      ],
    ],
    ['only a key changes', conf([1, 2, 3]), conf([1, 2, 3], old), [['update', 1]]],
  ])('%s: enters a joint configuration that is left on purpose', (_, from, to, operations) => {
    const change = confChangeBetween(from, to);
    expect(change.transition).toBe('explicit');
    expect(change.operations.map(({ kind, id }) => [kind, id])).toEqual(operations);
  });

  test('the end of a change: leave', () => {
    expect(confChangeBetween(conf([1, 2, 4], old), conf([1, 2, 4]))).toEqual({
      transition: 'auto',
      operations: [],
    });
  });
});
