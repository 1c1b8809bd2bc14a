import {
  applyConfChange,
  type ConfChangeOperation,
  type ConfChangeResult,
  type ConfState,
  enterJoint,
  leaveJoint,
  membersOf,
  simpleChange,
} from '@cairn/raft';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conf, id } from './network.ts';

const operation: fc.Arbitrary<ConfChangeOperation> = fc.record({
  kind: fc.constantFrom('addVoter', 'addLearner', 'remove', 'update'),
  id: fc.integer({ min: 0, max: 6 }).map(id),
});
const operations = fc.array(operation, { minLength: 1, maxLength: 8 });
const start = conf([1, 2, 3], { learners: [4] });

const must = (result: ConfChangeResult): ConfState => {
  if (!result.ok) throw new Error(result.problem);
  return result.conf;
};

/** One operation at a time, each a simple change; refused ones are left out. */
const step = (before: ConfState, each: ConfChangeOperation): ConfState => {
  const result = simpleChange(before, [each]);
  return result.ok ? result.conf : before;
};

describe('configuration changes', () => {
  test('simple steps and one joint step lead to the same configuration', () => {
    fc.assert(
      fc.property(operations, (wanted) => {
        const joint = enterJoint(start, false, wanted);
        fc.pre(joint.ok);
        // Kept apart from steps that empty the voters on the way, which only simple ones refuse.
        const simple = wanted.reduce<{ now: ConfState; refused: boolean }>(
          ({ now, refused }, each) => {
            const result = simpleChange(now, [each]);
            return { now: result.ok ? result.conf : now, refused: refused || !result.ok };
          },
          { now: start, refused: false },
        );
        fc.pre(!simple.refused);
        expect(must(leaveJoint(must(joint)))).toEqual(simple.now);
      }),
    );
  });

  test('whatever is asked, there is a voter, and nobody is voter and learner at once [B-56]', () => {
    fc.assert(
      fc.property(fc.array(operations, { maxLength: 5 }), (rounds) => {
        let now: ConfState = start;
        for (const each of rounds) {
          const result = applyConfChange(now, { transition: 'auto', operations: each });
          if (result.ok) now = result.conf;
          expect(now.voters.length).toBeGreaterThan(0);
          expect(now.learners.filter((member) => now.voters.includes(member))).toEqual([]);
          if (now.outgoing.length > 0) now = must(leaveJoint(now));
        }
      }),
    );
  });

  test('a simple change keeps quorums of before and after in touch [C2]', () => {
    fc.assert(
      fc.property(operations, (wanted) => {
        const result = simpleChange(start, wanted);
        fc.pre(result.ok);
        const after = result.ok ? result.conf.voters : [];
        const changed = [
          ...after.filter((member) => !start.voters.includes(member)),
          ...start.voters.filter((member) => !after.includes(member)),
        ];
        expect(changed.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('member 0 and updates change nothing', () => {
    const result = simpleChange(start, [
      { kind: 'addVoter', id: id(0) },
      { kind: 'update', id: id(2) },
    ]);
    expect(must(result)).toEqual(start);
  });

  test('a member that was removed and added again starts anew [B-53]', () => {
    const again = enterJoint(conf([1, 2]), false, [
      { kind: 'addLearner', id: id(3) },
      { kind: 'remove', id: id(3) },
      { kind: 'addVoter', id: id(3) },
    ]);
    expect(again.ok && [...again.created]).toEqual([3]);
    expect(membersOf(must(again))).toEqual([1, 2, 3]);
    expect(step(conf([1]), { kind: 'addLearner', id: id(2) })).toEqual(
      conf([1], { learners: [2] }),
    );
  });
});
