/**
 * The log against a model: an array of terms, and the receiver's rules of the paper word for word.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entriesOf, index } from './network.ts';
import { append, Solo } from './solo.ts';

interface Model {
  terms: number[];
  commit: number;
}

interface Step {
  /** Where the append attaches, as a share of the log. */
  readonly at: number;
  readonly matching: boolean;
  readonly terms: readonly number[];
  readonly commit: number;
  readonly crash: boolean;
  readonly compact: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  at: fc.nat(100),
  matching: fc.boolean(),
  terms: fc.array(fc.nat(2), { maxLength: 4 }),
  commit: fc.nat(12),
  crash: fc.boolean(),
  compact: fc.boolean(),
});

/** Rules 2 to 5 of AppendEntries (paper, figure 2). */
function receive(
  model: Model,
  prev: number,
  prevTerm: number,
  terms: number[],
  commit: number,
): void {
  if (prev < model.commit) return;
  if (prev > model.terms.length || (model.terms[prev - 1] ?? 0) !== prevTerm) return;
  terms.forEach((term, offset) => {
    const slot = prev + offset;
    if (model.terms[slot] === term) return;
    model.terms.length = slot;
    model.terms.push(term);
  });
  model.commit = Math.max(model.commit, Math.min(commit, prev + terms.length));
}

describe('the log', () => {
  test('is the model’s after any appends, crashes and compactions [B-10, B-35]', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const solo = new Solo();
        const model: Model = { terms: [], commit: 0 };
        steps.forEach((each, round) => {
          const leaderTerm = Math.max(solo.core.term, round) + 1;
          const prev = each.at % (model.terms.length + 2);
          const known = model.terms[prev - 1] ?? 0;
          const prevTerm = each.matching ? known : Math.max(0, known - 1);
          const terms = ascending(prevTerm, each.terms, leaderTerm);
          const entries = entriesOf(terms, prev + 1);
          solo.step(
            append(2, leaderTerm, { prev: [prev, prevTerm], commit: each.commit, entries }),
          );
          receive(model, prev, prevTerm, terms, each.commit);
          if (each.compact && solo.node.disk.applied > 0) solo.node.compact(solo.node.disk.applied);
          if (each.crash) solo.node.crash();
          check(solo, model);
        });
      }),
      { numRuns: 500, seed: 20261121 },
    );
  });
});

/** Terms that never fall from `floor` nor pass `ceiling`; never 0. */
function ascending(floor: number, increments: readonly number[], ceiling: number): number[] {
  let term = Math.max(floor, 1);
  return increments.map((by) => {
    term = Math.min(term + by, ceiling);
    return term;
  });
}

function check(solo: Solo, model: Model): void {
  const { core, node } = solo;
  expect([core.lastIndex, core.commit]).toEqual([model.terms.length, model.commit]);
  for (let at = core.firstIndex as number; at <= model.terms.length; at++) {
    expect(core.termAt(index(at))).toBe(model.terms[at - 1]);
  }
  expect(core.termAt(index(model.terms.length + 1))).toBeNull();
  const stored = model.terms.map((term, at) => `${term}/${at + 1}`).slice(node.disk.base.index);
  expect(node.log).toBe(stored.join(' '));
  expect(node.applied.length).toBe(model.commit);
}
