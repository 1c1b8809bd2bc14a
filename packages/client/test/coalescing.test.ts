import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../src/index.ts';
import { CHANNEL } from './support/sample-channel.ts';
import { type Reply, receiptOf, refusalOf, serveBatch, stage } from './support/scripted-orderer.ts';

type Mood = 'receipt' | 'duplicate' | 'conflict' | 'overloaded' | 'notLeader' | 'garbage';

const moods: readonly Mood[] = [
  'receipt',
  'duplicate',
  'conflict',
  'overloaded',
  'notLeader',
  'garbage',
];

function lineOf(mood: Mood, id: string): object {
  switch (mood) {
    case 'receipt':
      return receiptOf(id);
    case 'duplicate':
      return receiptOf(id, { duplicate: true });
    case 'conflict':
      return refusalOf('ID_CONFLICT');
    case 'overloaded':
      return refusalOf('OVERLOADED', 50);
    case 'notLeader':
      return refusalOf('NOT_LEADER', 50);
    case 'garbage':
      return { nothing: true };
  }
}

/** How a frame fares as a whole, and if it is answered, how each of its lines does. */
const frameFate = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.constantFrom(...moods), { minLength: 1, maxLength: 7 }) },
  { weight: 1, arbitrary: fc.constantFrom('silence', 'refuseAll', 'short' as const) },
);

describe('coalescing', () => {
  test('every submission gets exactly one outcome, its own, whatever the replies are', async () => {
    const bursts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    const fates = fc.array(frameFate, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bursts, fates, async (sizes, script) => {
        const world = stage();
        const settledOnServer = new Set<string>();
        const sentAfterOutcome: string[] = [];
        serveBatch(world, ({ ids }, index): Reply => {
          sentAfterOutcome.push(...ids.filter((id) => settledOnServer.has(id)));
          const fate = script[index] ?? ['receipt' as const];
          if (fate === 'silence') return 'silence';
          if (fate === 'refuseAll') return { all: refusalOf('STOPPING', 50) };
          if (fate === 'short') return [lineOf('receipt', ids[0]!)].slice(0, ids.length - 1);
          const answers = ids.map((id, i) => lineOf(fate[i % fate.length]!, id));
          for (const [i, id] of ids.entries()) {
            if (['receipt', 'duplicate', 'conflict'].includes(fate[i % fate.length]!))
              settledOnServer.add(id);
          }
          return answers;
        });
        const outcomes = new Map<string, Outcome[]>();
        let sent = 0;
        for (const size of sizes) {
          for (let i = 0; i < size; i++) {
            const id = `t${sent++}`;
            const record = (outcome: Outcome) =>
              outcomes.set(id, [...(outcomes.get(id) ?? []), outcome]);
            world.client
              .channel(CHANNEL)
              .submit('x', { id })
              .then(record, (error) => record(error.refusal));
          }
          await world.time.pass(3);
        }
        await world.time.pass(10_001);
        expect(sentAfterOutcome).toEqual([]);
        expect(outcomes.size).toBe(sent);
        for (const [id, [outcome, ...more]] of outcomes) {
          expect(more).toEqual([]);
          expect(outcome!.id).toBe(id);
        }
        expect(world.time.timerCount).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
