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

  test('outcomes of every kind in one frame keep their places, and what is tried again holds its place', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      ids.map((id) => {
        if (id === 't1') return receiptOf(id, { duplicate: true });
        if (id === 't2') return refusalOf('ID_CONFLICT');
        return id === 't3' && index === 0 ? refusalOf('OVERLOADED', 50) : receiptOf(id);
      }),
    );
    const seen = collect(channelOf(world).submitMany(numbered(5)));
    await world.time.pass(10);
    expect(seen.items.map(({ id }) => id)).toEqual(['t0', 't1', 't2']);
    await world.time.pass(1_000);
    expect(seen.items.map(({ outcome }) => outcome.status)).toEqual([200, 200, 409, 200, 200]);
    expect(heard.map(({ ids }) => ids)).toEqual([['t0', 't1', 't2', 't3', 't4'], ['t3']]);
    expect(seen.done).toBe(true);
  });

  test('a deadline that passes is one outcome among the others', async () => {
    const world = stage();
    async function* input() {
      yield { id: 'early', payload: 'x' };
      await new Promise((resolve) => world.time.after(600, () => resolve(null)));
      yield { id: 'late', payload: 'x' };
    }
    serveBatch(world, ({ ids, atMs }) =>
      atMs < 2_500 ? 'silence' : ids.map((id) => receiptOf(id)),
    );
    const seen = collect(channelOf(world).submitMany(input(), { timeoutMs: 1_200 }));
    await world.time.pass(5_000);
    const codes = seen.items.map(({ outcome }) => ('error' in outcome ? outcome.error.code : 200));
    expect(codes).toEqual(['OUTCOME_UNKNOWN', 200]);
    expect(seen.done).toBe(true);
  });

  test('closing the client gives all that is open its outcome and reads the rest in vain', async () => {
    const world = stage();
    serveBatch(world, () => 'silence');
    const seen = collect(channelOf(world).submitMany(numbered(30), { concurrency: 10 }));
    await world.time.pass(10);
    await world.client.close();
    await world.time.pass(10);
    const codes = seen.items.map(({ outcome }) => ('error' in outcome ? outcome.error.code : 200));
    expect(codes.slice(0, 10)).toEqual(Array(10).fill('OUTCOME_UNKNOWN'));
    expect(codes.slice(10)).toEqual(Array(20).fill('CLIENT_CLOSED'));
    expect(seen.done).toBe(true);
    expect(world.time.timerCount).toBe(0);
  });

  test('who takes an outcome and is long in coming back does not stop the reading', async () => {
    const world = stage();
    const heard = serveBatch(world, accept);
    const outcomes = channelOf(world).submitMany(numbered(3), { concurrency: 1 });
    const first = outcomes.next();
    await world.time.pass(10);
    expect((await first).value).toMatchObject({ id: 't0' });
    expect(heard.map(({ ids }) => ids)).toEqual([['t0'], ['t1']]);
  });

  test('something that is no submission is thrown like an error of the input', async () => {
    const world = stage();
    serveBatch(world, accept);
    const input = [...numbered(2), { id: 'none' } as unknown as Submission, ...numbered(1)];
    const seen = collect(channelOf(world).submitMany(input));
    await world.time.pass(10);
    expect(seen.items.map(({ id }) => id)).toEqual(['t0', 't1']);
    expect(seen.error).toBeInstanceOf(TypeError);
  });

  test.each(['at once', 'in time'])('and closes the input that comes %s', async (how) => {
    const world = stage();
    serveBatch(world, accept);
    let closed = false;
    function* atOnce() {
      try {
        yield* [{ id: 't0', payload: 'good' }, 17 as unknown as Submission];
      } finally {
        closed = true;
      }
    }
    async function* inTime() {
      yield* atOnce();
    }
    const input = how === 'at once' ? atOnce() : inTime();
    const seen = collect(channelOf(world).submitMany(input));
    await world.time.pass(100);
    expect([seen.items.length, seen.done, closed]).toEqual([1, true, true]);
    expect(seen.error).toBeInstanceOf(Error);
  });
});

describe('the iterator itself', () => {
  test('answers calls that do not wait for each other in their order, and then always with the end', async () => {
    const world = stage();
    serveBatch(world, accept);
    const outcomes = channelOf(world).submitMany(numbered(3));
    const steps = Promise.all(Array.from({ length: 5 }, () => outcomes.next()));
    await world.time.pass(10);
    expect((await steps).map(({ value }) => value?.id)).toEqual([
      't0',
      't1',
      't2',
      undefined,
      undefined,
    ]);
    expect(await outcomes.next()).toEqual({ done: true, value: undefined });
  });

  test('says once that the input failed', async () => {
    const world = stage();
    const next = (): IteratorResult<Submission> => {
      throw new Error('no file');
    };
    const outcomes = channelOf(world).submitMany({ [Symbol.iterator]: () => ({ next }) });
    await expect(outcomes.next()).rejects.toThrow('no file');
    expect(await outcomes.next()).toEqual({ done: true, value: undefined });
  });

  test('stopped while somebody waits: all that wait get the end, and nothing more is read', async () => {
    const world = stage();
    let read = 0;
    async function* input() {
      for (;;) {
        await new Promise((resolve) => world.time.after(100, () => resolve(null)));
        yield { id: `t${read++}`, payload: 'x' };
      }
    }
    const heard = serveBatch(world, () => 'silence');
    const outcomes = channelOf(world).submitMany(input());
    const waiting = outcomes.next();
    await world.time.pass(150);
    expect(await outcomes.return?.('enough')).toEqual({ done: true, value: 'enough' });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await world.time.pass(500);
    expect(heard[0]!.ids).toEqual(['t0']);
    expect(read).toBeLessThanOrEqual(2);
  });

  test('stopped by an error hands it back and closes the input', async () => {
    const world = stage();
    let closed = false;
    function* input() {
      try {
        for (const submission of numbered(50)) yield submission;
      } finally {
        closed = true;
      }
    }
    const outcomes = channelOf(world).submitMany(input(), { concurrency: 5 });
    void outcomes.next();
    await expect(outcomes.throw?.(new Error('changed my mind'))).rejects.toThrow('changed my mind');
    expect(closed).toBe(true);
  });
});
