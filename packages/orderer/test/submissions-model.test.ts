import fc from 'fast-check';
import { test } from 'vitest';
import { DeskModel, type Sent, type Step } from './support/desk-model.ts';

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'config-1'];
const payloads = ['x', 'y', 'z'.repeat(40), 'w'.repeat(150)];

const sent = (max: number): fc.Arbitrary<Sent> =>
  fc.tuple(fc.constantFrom(...ids.slice(0, max)), fc.constantFrom(...payloads));

const otherLeader = fc.record({
  log: fc.nat(30),
  kept: fc.nat(4),
  blocks: fc.array(fc.array(sent(6), { maxLength: 3 }), { maxLength: 3 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('submit'),
      frame: fc.array(sent(7), { minLength: 1, maxLength: 6 }),
      timeoutMs: fc.constantFrom(0, 5, 20, 1_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('propose'),
      count: fc.integer({ min: 1, max: 5 }),
      accepted: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('commit'), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('lose'),
      afterwards: fc.boolean(),
      other: otherLeader,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('other'), other: otherLeader }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('win') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait'),
      ms: fc.constantFrom(1, 5, 20),
      sweep: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('limit'), bytesMax: fc.constantFrom(20, 100, 1_000) }),
  },
) as fc.Arbitrary<Step>;

test('whatever happens, each waiter is told once, and nothing but the truth', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 50 }), (steps) => {
      const model = new DeskModel();
      for (const each of steps) model.run(each);
      model.stop();
    }),
    { numRuns: 200 },
  );
});
