import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Submission, Submitted } from '../src/index.ts';
import { CHANNEL } from './support/sample-channel.ts';
import { receiptOf, refusalOf, type Stage, serveBatch, stage } from './support/scripted-orderer.ts';

const accept = ({ ids }: { ids: readonly string[] }) => ids.map((id) => receiptOf(id));

function numbered(count: number): Submission[] {
  return Array.from({ length: count }, (_, i) => ({ id: `t${i}`, payload: `payload ${i}` }));
}

function collect(outcomes: AsyncIterable<Submitted>) {
  const seen: { items: Submitted[]; done: boolean; error: unknown } = {
    items: [],
    done: false,
    error: null,
  };
  void (async () => {
    try {
      for await (const item of outcomes) seen.items.push(item);
    } catch (error) {
      seen.error = error;
    }
    seen.done = true;
  })();
  return seen;
}

function channelOf({ client }: Stage) {
  return client.channel(CHANNEL);
}

describe('submitting many', () => {
  test('outcomes come in the order of the input, whichever frame is answered first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1_500 }),
        fc.integer({ min: 1, max: 700 }),
        fc.array(fc.boolean(), { maxLength: 6 }),
        async (count, concurrency, heldBack) => {
          const world = stage();
          serveBatch(world, ({ ids }, index) =>
            heldBack[index]
              ? ids.map(() => refusalOf('OVERLOADED', 50))
              : ids.map((id) => receiptOf(id)),
          );
          const seen = collect(channelOf(world).submitMany(numbered(count), { concurrency }));
          await world.time.pass(10_000);
          expect(seen.done).toBe(true);
          expect(seen.items.map(({ id }) => id)).toEqual(numbered(count).map(({ id }) => id));
          expect(seen.items.every(({ outcome }) => outcome.status === 200)).toBe(true);
        },
      ),
      { numRuns: 15 },
    );
  });

  test('a refused one is yielded in its place and holds nobody back', async () => {
    const world = stage();
    serveBatch(world, ({ ids }) =>
      ids.map((id) => (id === 't1' ? refusalOf('ID_CONFLICT') : receiptOf(id))),
    );
    const input = [...numbered(2), { id: 'bad id', payload: 'x' }, { id: 'empty', payload: '' }];
    const seen = collect(channelOf(world).submitMany(input));
    await world.time.pass(10);
    const codes = seen.items.map(({ outcome }) => ('error' in outcome ? outcome.error.code : 200));
    expect(codes).toEqual([200, 'ID_CONFLICT', 'BAD_ID', 'EMPTY_TRANSACTION']);
  });

  test('no more is read from the input than may be open', async () => {
    const world = stage();
    let read = 0;
    function* input() {
      for (;;) yield { id: `t${read++}`, payload: 'x' };
    }
    serveBatch(world, () => 'silence');
    collect(channelOf(world).submitMany(input(), { concurrency: 100 }));
    await world.time.pass(10);
    expect(read).toBe(100);
  });

  test('a slow reader of outcomes stops the reading of the input', async () => {
    const world = stage();
    let read = 0;
    function* input() {
      for (;;) yield { id: `t${read++}`, payload: 'x' };
    }
    serveBatch(world, accept);
    const outcomes = channelOf(world).submitMany(input(), { concurrency: 100 });
    const first = outcomes.next();
    await world.time.pass(100);
    expect((await first).value).toMatchObject({ id: 't0' });
    expect(read).toBeLessThanOrEqual(101);
    await outcomes.return?.();
  });

  test('a slow input does not hold back outcomes', async () => {
    const world = stage();
    async function* input() {
      yield { id: 'first', payload: 'x' };
      await new Promise((resolve) => world.time.after(60_000, () => resolve(null)));
      yield { id: 'second', payload: 'x' };
    }
    serveBatch(world, accept);
    const seen = collect(channelOf(world).submitMany(input()));
    await world.time.pass(10);
    expect(seen.items.map(({ id }) => id)).toEqual(['first']);
    await world.time.pass(60_000);
    expect(seen.items.map(({ id }) => id)).toEqual(['first', 'second']);
    expect(seen.done).toBe(true);
  });

  test('an error of the input is thrown after the outcomes of what was read', async () => {
    const world = stage();
    function* input() {
      yield { id: 'read', payload: 'x' };
      throw new Error('the file ended badly');
    }
    serveBatch(world, accept);
    const seen = collect(channelOf(world).submitMany(input()));
    await world.time.pass(10);
    expect(seen.items).toHaveLength(1);
    expect(seen.error).toEqual(new Error('the file ended badly'));
  });

  test('stopping early closes the input', async () => {
    const world = stage();
    let closed = false;
    function* input() {
      try {
        for (let i = 0; ; i++) yield { id: `t${i}`, payload: 'x' };
      } finally {
        closed = true;
      }
    }
    serveBatch(world, accept);
    const reading = (async () => {
      for await (const _ of channelOf(world).submitMany(input(), { concurrency: 10 })) break;
    })();
    await world.time.pass(10);
    await reading;
    expect(closed).toBe(true);
  });

  test('an input that takes a turn for each item is submitted as it comes', async () => {
    const world = stage();
    async function* input() {
      for (const submission of numbered(50)) {
        await new Promise((resolve) => world.time.after(1, () => resolve(null)));
        yield submission;
      }
    }
    serveBatch(world, accept);
    const seen = collect(channelOf(world).submitMany(input()));
    await world.time.pass(100);
    expect(seen.items).toHaveLength(50);
  });
});
