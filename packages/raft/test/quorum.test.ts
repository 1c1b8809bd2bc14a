import { type Ballot, jointIndex, jointVote, majorityIndex, majorityVote } from '@cairn/raft';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const matches = fc.array(fc.record({ match: fc.nat(12) }), { maxLength: 40 });
const ballots = fc.array(fc.constantFrom<Ballot>(true, false, null), { maxLength: 9 });

/** The definition, word for word: the largest index that more than half hold. */
function naive(members: readonly { readonly match: number }[]): number {
  const held = (index: number): number => members.filter(({ match }) => match >= index).length;
  const known = [0, ...members.map(({ match }) => match)].filter(
    (index) => held(index) > members.length / 2,
  );
  return members.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...known);
}

describe('the committed index', () => {
  test('is the definition, whatever the order [B-40]', () => {
    fc.assert(fc.property(matches, (members) => majorityIndex(members) === naive(members)));
  });

  test('of a joint configuration is the lower of both, in either order', () => {
    fc.assert(
      fc.property(matches, matches, (a, b) => {
        expect(jointIndex(a, b)).toBe(Math.min(naive(a), naive(b)));
        expect(jointIndex(b, a)).toBe(jointIndex(a, b));
      }),
    );
  });

  test('joined with nothing or with itself is itself', () => {
    fc.assert(
      fc.property(matches, (a) => {
        expect(jointIndex(a, [])).toBe(majorityIndex(a));
        expect(jointIndex(a, a)).toBe(majorityIndex(a));
      }),
    );
  });

  test('does not depend on how far behind the ones below it are', () => {
    fc.assert(
      fc.property(matches, (a) => {
        const index = majorityIndex(a);
        const lowered = a.map(({ match }) => ({ match: match < index ? 0 : match }));
        expect(majorityIndex(lowered)).toBe(index);
      }),
    );
  });
});

describe('votes', () => {
  test('a result, once final, stays whatever the missing ballots say', () => {
    fc.assert(
      fc.property(ballots, fc.boolean(), (known, rest) => {
        const result = majorityVote(known);
        fc.pre(result !== 'pending');
        expect(majorityVote(known.map((ballot) => ballot ?? rest))).toBe(result);
      }),
    );
  });

  test('both halves of a joint configuration must win', () => {
    fc.assert(
      fc.property(ballots, ballots, (a, b) => {
        const won = majorityVote(a) === 'won' && majorityVote(b) === 'won';
        const lost = majorityVote(a) === 'lost' || majorityVote(b) === 'lost';
        expect(jointVote(a, b)).toBe(won ? 'won' : lost ? 'lost' : 'pending');
      }),
    );
  });
});
