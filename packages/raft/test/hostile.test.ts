/**
 * Whatever well-typed nonsense a member says, stepping it never throws and never breaks an invariant.
 */

import type { ConfState, Entry, Message } from '@cairn/raft';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, id, index, term } from './network.ts';
import { Solo } from './solo.ts';

const edge = fc.constantFrom(-1, 0.5, 2 ** 53 - 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY);
const number = fc.oneof(
  { weight: 30, arbitrary: fc.integer({ min: 0, max: 8 }) },
  { weight: 1, arbitrary: edge },
);
const member = fc.integer({ min: 0, max: 5 });
const ids = fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

const conf = fc.record({
  voters: ids,
  outgoing: ids,
  learners: ids,
  learnersNext: ids,
  autoLeave: fc.boolean(),
}) as unknown as fc.Arbitrary<ConfState>;

const entry = fc.record({
  index: number,
  term: number,
  kind: fc.constantFrom('noop', 'data'),
  data: fc.constant(bytes('x')),
}) as unknown as fc.Arbitrary<Entry>;

/** Half the time entries that do follow on prevIndex, or the rules would never be reached. */
const following = fc.record({
  prev: number,
  terms: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
});

const address = { from: member, to: fc.constant(1), term: number };
const bodies: readonly Readonly<Record<string, fc.Arbitrary<unknown>>>[] = [
  {
    type: fc.constant('vote'),
    lastIndex: number,
    lastTerm: number,
    pre: fc.boolean(),
    force: fc.boolean(),
  },
  { type: fc.constant('voteResponse'), granted: fc.boolean(), pre: fc.boolean() },
  {
    type: fc.constant('append'),
    prevIndex: number,
    prevTerm: number,
    commit: number,
    entries: fc.array(entry, { maxLength: 3 }),
  },
  { type: fc.constant('appendResponse'), reject: fc.constant(false), index: number },
  {
    type: fc.constant('appendResponse'),
    reject: fc.constant(true),
    index: number,
    hintIndex: number,
    hintTerm: number,
  },
  { type: fc.constant('heartbeat'), commit: number, probe: number },
  { type: fc.constant('heartbeatResponse'), probe: number },
  {
    type: fc.constant('snapshot'),
    snapshot: fc.record({ index: number, term: number, conf, data: fc.constant(bytes('')) }),
  },
  { type: fc.constant('timeoutNow'), lastIndex: number },
];

const plainAppend = fc
  .tuple(fc.record({ ...address, commit: number, prevTerm: number }), following)
  .map(([head, { prev, terms }]) => ({
    ...head,
    type: 'append',
    prevIndex: prev,
    entries: [...terms].sort().map((each, at) => ({
      index: prev + 1 + at,
      term: each,
      kind: 'data',
      data: bytes('y'),
    })),
  }));

const message = fc.oneof(
  ...bodies.map((body) => fc.record({ ...address, ...body })),
  plainAppend,
) as unknown as fc.Arbitrary<Message>;

type Act =
  | { readonly step: Message }
  | { readonly call: 'tick' | 'campaign' | 'propose' | 'drain' };
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: message.map((step) => ({ step })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('tick', 'campaign', 'propose', 'drain')
      .map((call) => ({ call }) as const),
  },
);

function perform(solo: Solo, each: Act): void {
  if ('step' in each) {
    solo.core.step(each.step);
    return;
  }
  switch (each.call) {
    case 'tick':
      return void solo.core.tick();
    case 'campaign':
      return void solo.core.campaign();
    case 'propose':
      return void solo.core.propose(bytes('z'));
    case 'drain':
      return void solo.drain();
  }
}

describe('hostile members', () => {
  test('cannot make the core throw, forget its commit or fall back in term [I-23]', {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 5, maxLength: 60 }),
        fc.boolean(),
        fc.constantFrom([1, 2, 3], [1], [2, 3]),
        (acts, production, voters) => {
          const options = { preVote: production, checkQuorum: production };
          const solo = new Solo({ terms: [1, 1, 2], commit: 2, voters, options });
          let { term: before, commit } = solo.core;
          for (const each of acts) {
            perform(solo, each);
            expect(solo.core.term).toBeGreaterThanOrEqual(before);
            expect(solo.core.commit).toBeGreaterThanOrEqual(commit);
            ({ term: before, commit } = solo.core);
          }
          solo.drain();
        },
      ),
      { numRuns: 1_000, seed: 20261121 },
    );
  });

  test('cannot exhaust the numbers', () => {
    const solo = new Solo();
    const unsafe = {
      type: 'heartbeat',
      from: id(2),
      to: id(1),
      commit: index(0),
      probe: 0,
    } as const;
    solo.step({ ...unsafe, term: term(2 ** 53 - 1) });
    solo.campaign();
    expect(solo.core.term).toBe(1);
  });
});
