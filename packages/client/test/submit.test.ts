import { type CairnError, headerNames, subjectsOf } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import type { SubmitOptions } from '../src/index.ts';
import { CHANNEL } from './support/sample-channel.ts';
import {
  CHANNEL_ID,
  receiptOf,
  refusalOf,
  type Stage,
  serveBatch,
  serveInfo,
  stage,
} from './support/scripted-orderer.ts';

const accept = ({ ids }: { ids: readonly string[] }) => ids.map((id) => receiptOf(id));

/** The outcome of a submission as a value, so that a test can let time pass before it looks. */
function submit({ client }: Stage, options: SubmitOptions = {}, payload = 'hello') {
  const outcome: { receipt?: object; error?: CairnError; atMs?: number } = {};
  client
    .channel(CHANNEL)
    .submit(payload, options)
    .then(
      (receipt) => Object.assign(outcome, { receipt }),
      (error) => Object.assign(outcome, { error }),
    );
  return outcome;
}

describe('submitting', () => {
  test('resolves with the receipt and assigns a UUIDv7 when no id is given', async () => {
    const world = stage();
    const heard = serveBatch(world, accept);
    const outcome = submit(world);
    await world.time.pass(1);
    expect(heard[0]!.ids[0]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(outcome.receipt).toEqual(receiptOf(heard[0]!.ids[0]!));
  });

  test('pins the channel id from the first receipt and refuses another one later', async () => {
    const world = stage();
    const channelIds = [CHANNEL_ID, 'f'.repeat(64)];
    serveBatch(world, ({ ids }, index) =>
      ids.map((id) => receiptOf(id, { channelId: channelIds[index]! })),
    );
    const first = submit(world);
    await world.time.pass(1);
    const second = submit(world);
    await world.time.pass(1);
    expect(first.receipt).toBeDefined();
    expect(second.error?.code).toBe('CHANNEL_MISMATCH');
    expect(world.client.channel(CHANNEL).channelId).toBe(CHANNEL_ID);
  });

  test('all submissions of one turn share a frame', async () => {
    const world = stage();
    const heard = serveBatch(world, accept);
    const outcomes = ['a', 'b', 'c'].map((id) => submit(world, { id }));
    await world.time.pass(1);
    expect(heard.map(({ ids }) => ids)).toEqual([['a', 'b', 'c']]);
    expect(outcomes.every(({ receipt }) => receipt !== undefined)).toBe(true);
  });

  test('a frame holds at most 500 transactions', async () => {
    const world = stage();
    const heard = serveBatch(world, accept);
    for (let i = 0; i < 1201; i++) submit(world, { id: `t${i}` });
    await world.time.pass(1);
    expect(heard.map(({ ids }) => ids.length)).toEqual([500, 500, 201]);
  });

  test('a frame holds at most 512 KiB', async () => {
    const world = stage();
    const heard = serveBatch(world, accept);
    for (let i = 0; i < 5; i++) submit(world, { id: `t${i}` }, 'x'.repeat(200 * 1024));
    await world.time.pass(1);
    expect(heard.map(({ ids }) => ids.length)).toEqual([2, 2, 1]);
    expect(heard.every(({ message }) => message.payload.length <= 512 * 1024)).toBe(true);
  });

  test('a transaction too large for a frame goes to the submit door', async () => {
    const world = stage();
    const { ordererBus } = world;
    const seen: (string | undefined)[] = [];
    ordererBus.subscribe(subjectsOf().submit(CHANNEL), (message) => {
      seen.push(message.header(headerNames.transactionId), String(message.payload.length));
      ordererBus.publish(message.reply!, Buffer.from(JSON.stringify(receiptOf('large'))));
    });
    const outcome = submit(world, { id: 'large' }, 'x'.repeat(600 * 1024));
    await world.time.pass(1);
    expect(seen).toEqual(['large', String(600 * 1024)]);
    expect(outcome.receipt).toEqual(receiptOf('large'));
  });

  test('frames are written into memory of the client alone, also after a payload of just that size', async () => {
    const world = stage();
    const channel = world.client.channel(CHANNEL);
    const payload = new Uint8Array(512 * 1024).fill(7);
    world.ordererBus.subscribe(subjectsOf().submit(CHANNEL), (message) =>
      world.ordererBus.publish(message.reply!, Buffer.from(JSON.stringify(receiptOf('large')))),
    );
    const heard = serveBatch(world, accept);
    void channel.submit('x', { id: 'pins-the-channel' });
    await world.time.pass(1);
    await Promise.all([channel.submit(payload, { id: 'large' }), world.time.pass(1)]);
    for (let round = 0; round < 3; round++) {
      const part = new Uint8Array(100 * 1024).fill(round);
      void channel.submit(part, { id: `r${round}a` });
      void channel.submit(part, { id: `r${round}b` });
      await world.time.pass(1);
      expect(heard.at(-1)!.ids).toEqual([`r${round}a`, `r${round}b`]);
      expect(heard.at(-1)!.message.payload.at(-1)).toBe(round);
    }
    expect(payload.every((byte) => byte === 7)).toBe(true);
  });

  test('what the service would certainly refuse is not sent', async () => {
    const world = stage();
    const heard = serveBatch(world, accept);
    const outcomes = [
      submit(world, { id: 'config-1' }),
      submit(world, { id: 'with space' }),
      submit(world, {}, ''),
      submit(world, {}, 'x'.repeat(700 * 1024)),
    ];
    await world.time.pass(1);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      'RESERVED_ID',
      'BAD_ID',
      'EMPTY_TRANSACTION',
      'TRANSACTION_TOO_LARGE',
    ]);
    expect(heard).toHaveLength(0);
  });

  test('what a message of the server cannot hold is refused, and frames are smaller', async () => {
    const world = stage(64 * 1024);
    const heard = serveBatch(world, accept);
    const tooLarge = submit(world, {}, 'x'.repeat(62 * 1024));
    const outcomes = ['a', 'b', 'c'].map((id) => submit(world, { id }, 'x'.repeat(25 * 1024)));
    await world.time.pass(1);
    expect(tooLarge.error?.code).toBe('TRANSACTION_TOO_LARGE');
    expect(heard.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c']]);
    expect(outcomes.every(({ receipt }) => receipt !== undefined)).toBe(true);
  });

  test('a signed transaction carries author and signature', async () => {
    const world = stage();
    serveInfo(world);
    const heard = serveBatch(world, accept);
    const { signerOf } = await import('./support/sample-channel.ts');
    const outcome = submit(world, { id: 'signed', author: signerOf(9) });
    await world.time.pass(10);
    expect(outcome.receipt).toBeDefined();
    expect(heard[0]!.message.payload[5 + 5 + 1]).toBe(1);
  });
});

describe('trying again', () => {
  test('a refusal that may pass is retried under the same id until it does', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      index < 3 ? ids.map(() => refusalOf('NOT_LEADER', 100)) : ids.map((id) => receiptOf(id)),
    );
    const outcome = submit(world, { id: 'again' });
    await world.time.pass(2_000);
    expect(heard.map(({ ids }) => ids)).toEqual([['again'], ['again'], ['again'], ['again']]);
    expect(outcome.receipt).toEqual(receiptOf('again'));
  });

  test('retryAfterMs is waited for, and stretched by at most a quarter', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      index === 0 ? ids.map(() => refusalOf('THROTTLED', 800)) : ids.map((id) => receiptOf(id)),
    );
    submit(world);
    await world.time.pass(2_000);
    const waitedMs = heard[1]!.atMs - heard[0]!.atMs;
    expect(waitedMs).toBeGreaterThanOrEqual(800);
    expect(waitedMs).toBeLessThanOrEqual(1_000);
  });

  test('a refusal that cannot pass rejects at once', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }) => ids.map(() => refusalOf('ID_CONFLICT')));
    const outcome = submit(world, { id: 'taken' });
    await world.time.pass(5_000);
    expect(outcome.error?.code).toBe('ID_CONFLICT');
    expect(outcome.error?.refusal.id).toBe('taken');
    expect(heard).toHaveLength(1);
  });

  test('only the transactions without an outcome are sent again', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      index === 0
        ? [
            receiptOf('a'),
            refusalOf('OVERLOADED', 50),
            refusalOf('ID_CONFLICT'),
            refusalOf('STOPPING', 50),
          ]
        : ids.map((id) => receiptOf(id)),
    );
    const outcomes = ['a', 'b', 'c', 'd'].map((id) => submit(world, { id }));
    await world.time.pass(1_000);
    expect(heard.map(({ ids }) => ids)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'd'],
    ]);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      'ID_CONFLICT',
      undefined,
    ]);
  });

  test('one refusal for the whole frame counts for each of its transactions', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      index === 0 ? { all: refusalOf('NOT_LEADER', 50) } : ids.map((id) => receiptOf(id)),
    );
    const outcomes = ['a', 'b'].map((id) => submit(world, { id }));
    await world.time.pass(1_000);
    expect(heard).toHaveLength(2);
    expect(outcomes.every(({ receipt }) => receipt !== undefined)).toBe(true);
  });

  test('an attempt without an answer is given up after a second', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      index === 0 ? 'silence' : ids.map((id) => receiptOf(id, { duplicate: true })),
    );
    const outcome = submit(world, { id: 'paused' });
    await world.time.pass(1_100);
    expect(heard[1]!.atMs - heard[0]!.atMs).toBe(1_000);
    expect(outcome.receipt).toEqual(receiptOf('paused', { duplicate: true }));
  });

  test('after silence the frame, and those after it, go to the leader by name', async () => {
    const world = stage();
    const group = serveBatch(world, () => 'silence');
    const named = serveBatch(world, accept, subjectsOf().batchTo(CHANNEL, 'orderer2'));
    serveInfo(world, undefined, () => 'orderer2');
    const first = submit(world, { id: 'first' });
    await world.time.pass(1_100);
    const second = submit(world, { id: 'second' });
    await world.time.pass(10);
    expect(first.receipt).toBeDefined();
    expect(second.receipt).toBeDefined();
    expect(group.map(({ ids }) => ids)).toEqual([['first']]);
    expect(named.map(({ ids }) => ids)).toEqual([['first'], ['second']]);
  });

  test('a leader that was silent under its name too is asked about again, and the new one gets a second', async () => {
    const world = stage();
    let leader = 'orderer2';
    serveBatch(world, () => 'silence');
    const old = serveBatch(world, () => 'silence', subjectsOf().batchTo(CHANNEL, 'orderer2'));
    const fresh = serveBatch(world, accept, subjectsOf().batchTo(CHANNEL, 'orderer3'));
    serveInfo(world, undefined, () => leader);
    const outcome = submit(world, { id: 'a' });
    await world.time.pass(1_500);
    leader = 'orderer3';
    await world.time.pass(600);
    expect(old).toHaveLength(1);
    expect(fresh).toHaveLength(1);
    expect(outcome.receipt).toBeDefined();
  });

  test('an orderer that does not lead any more is not named again', async () => {
    const world = stage();
    const group = serveBatch(world, ({ ids }, index) =>
      index === 0 ? 'silence' : ids.map((id) => receiptOf(id)),
    );
    const old = serveBatch(
      world,
      () => ({ all: refusalOf('NOT_LEADER', 100) }),
      subjectsOf().batchTo(CHANNEL, 'orderer2'),
    );
    serveInfo(world, undefined, () => 'orderer2');
    const outcome = submit(world, { id: 'a' });
    await world.time.pass(1_600);
    expect(old).toHaveLength(1);
    expect(group).toHaveLength(2);
    expect(outcome.receipt).toBeDefined();
  });

  test('each attempt carries what is left of the deadline', async () => {
    const world = stage();
    const heard = serveBatch(world, () => 'silence');
    submit(world, { timeoutMs: 2_500 });
    await world.time.pass(5_000);
    const remaining = heard.map(({ message }) => message.header(headerNames.timeoutMs));
    expect(remaining).toEqual(['2500', '1500']);
  });

  test('each attempt without an answer makes the next one longer, an answer makes it short again', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      index === 4 ? ids.map(() => refusalOf('OVERLOADED', 100)) : 'silence',
    );
    submit(world, { timeoutMs: 30_000 });
    await world.time.pass(14_000);
    const startsMs = heard.map(({ atMs }) => atMs - heard[0]!.atMs);
    expect(startsMs.slice(0, 5)).toEqual([0, 1_000, 3_000, 7_000, 11_000]);
    expect(startsMs[6]! - startsMs[5]!).toBe(1_000);
  });

  test('a lost connection is waited for and nothing is sent into it', async () => {
    const world = stage();
    const heard = serveBatch(world, accept);
    world.clientBus.disconnect();
    const outcome = submit(world);
    await world.time.pass(3_000);
    expect(outcome).toEqual({});
    world.clientBus.reconnect();
    await world.time.pass(200);
    expect(heard).toHaveLength(1);
    expect(outcome.receipt).toBeDefined();
  });

  test('a connection lost under way is followed by another attempt under the same id', async () => {
    const world = stage();
    const heard = serveBatch(world, ({ ids }, index) =>
      index === 0 ? 'silence' : ids.map((id) => receiptOf(id)),
    );
    const outcome = submit(world, { id: 'cut' });
    await world.time.pass(10);
    world.clientBus.disconnect();
    await world.time.pass(1_000);
    world.clientBus.reconnect();
    await world.time.pass(1_000);
    expect(heard.map(({ ids }) => ids)).toEqual([['cut'], ['cut']]);
    expect(outcome.receipt).toBeDefined();
  });

  test('a reply that makes no sense is not believed', async () => {
    const world = stage();
    const wrong = [
      { raw: 'not JSON' },
      { raw: '' },
      [receiptOf('other')],
      [{ status: 200 }],
    ] as const;
    const heard = serveBatch(
      world,
      ({ ids }, index) => wrong[index] ?? ids.map((id) => receiptOf(id)),
    );
    const outcome = submit(world, { id: 'mine' });
    await world.time.pass(9_000);
    expect(heard).toHaveLength(5);
    expect(outcome.receipt).toEqual(receiptOf('mine'));
  });
});

describe('nobody answers on batch', () => {
  test('nor on info: there is no such channel', async () => {
    const world = stage();
    const outcome = submit(world);
    await world.time.pass(10);
    expect(outcome.error?.code).toBe('CHANNEL_NOT_FOUND');
    expect(outcome.error?.status).toBe(404);
  });

  test('though the channel has been served before: it is waited for, as after a restart of the NATS server', async () => {
    const world = stage();
    const service = serveBatch(world, accept);
    const before = submit(world, { id: 'before' });
    await world.time.pass(10);
    expect(before.receipt).toBeDefined();
    service.subscription?.close();
    const outcome = submit(world, { id: 'after' });
    await world.time.pass(3_000);
    expect(outcome).toEqual({});
    serveBatch(world, accept);
    await world.time.pass(600);
    expect(outcome.receipt).toBeDefined();
  });

  test('but on info: there is no leader yet, and once there is one the transaction gets through', async () => {
    const world = stage();
    serveInfo(world);
    const outcome = submit(world);
    await world.time.pass(3_000);
    expect(outcome).toEqual({});
    serveBatch(world, accept);
    await world.time.pass(600);
    expect(outcome.receipt).toBeDefined();
  });

  test('until the deadline: NO_LEADER, which says that it was never ordered', async () => {
    const world = stage();
    serveInfo(world);
    const outcome = submit(world, { timeoutMs: 2_000 });
    await world.time.pass(2_001);
    expect(outcome.error?.code).toBe('NO_LEADER');
  });
});

describe('the deadline', () => {
  test('after an unanswered attempt the outcome is unknown', async () => {
    const world = stage();
    serveBatch(world, () => 'silence');
    const outcome = submit(world, { id: 'lost', timeoutMs: 300 });
    await world.time.pass(299);
    expect(outcome).toEqual({});
    await world.time.pass(2);
    expect(outcome.error?.code).toBe('OUTCOME_UNKNOWN');
    expect(outcome.error?.status).toBe(504);
    expect(outcome.error?.refusal.id).toBe('lost');
  });

  test('the outcome is unknown also while the leader is being asked for', async () => {
    const world = stage();
    serveBatch(world, () => 'silence');
    world.ordererBus.subscribe(subjectsOf().info(CHANNEL), () => {});
    const outcome = submit(world, { id: 'lost', timeoutMs: 1_200 });
    await world.time.pass(1_201);
    expect(outcome.error?.code).toBe('OUTCOME_UNKNOWN');
  });

  test('doubt outlives later refusals', async () => {
    const world = stage();
    serveBatch(world, ({ ids }, index) =>
      index === 0 ? 'silence' : ids.map(() => refusalOf('NOT_LEADER', 100)),
    );
    const outcome = submit(world, { timeoutMs: 3_000 });
    await world.time.pass(3_001);
    expect(outcome.error?.code).toBe('OUTCOME_UNKNOWN');
  });

  test('without doubt it is the last refusal', async () => {
    const world = stage();
    serveBatch(world, ({ ids }) => ids.map(() => refusalOf('OVERLOADED', 100)));
    const outcome = submit(world, { timeoutMs: 1_000 });
    await world.time.pass(1_001);
    expect(outcome.error?.code).toBe('OVERLOADED');
  });

  test('without a connection it is DISCONNECTED', async () => {
    const world = stage();
    world.clientBus.disconnect();
    const outcome = submit(world, { timeoutMs: 1_000 });
    await world.time.pass(1_001);
    expect(outcome.error?.code).toBe('DISCONNECTED');
  });

  test('a short deadline does not shorten that of its neighbours', async () => {
    const world = stage();
    serveBatch(world, ({ ids, atMs }) =>
      atMs < 3_000 ? 'silence' : ids.map((id) => receiptOf(id)),
    );
    const short = submit(world, { id: 'short', timeoutMs: 50 });
    const long = submit(world, { id: 'long' });
    await world.time.pass(51);
    expect(short.error?.code).toBe('OUTCOME_UNKNOWN');
    await world.time.pass(5_000);
    expect(long.receipt).toEqual(receiptOf('long'));
  });

  test('receipts that come after the deadline of one are those of its neighbours alone', async () => {
    const world = stage();
    const { ordererBus, time } = world;
    serveBatch(world, ({ ids, message }) => {
      const reply = ids.map((id) => JSON.stringify(receiptOf(id))).join('\n');
      time.after(200, () => ordererBus.publish(message.reply!, Buffer.from(reply)));
      return 'silence';
    });
    const controller = new AbortController();
    const late = submit(world, { id: 'late', timeoutMs: 100 });
    const abandoned = submit(world, { id: 'abandoned', signal: controller.signal });
    const kept = submit(world, { id: 'kept' });
    await time.pass(150);
    controller.abort(new Error('enough'));
    await time.pass(100);
    expect(late.error?.code).toBe('OUTCOME_UNKNOWN');
    expect((abandoned.error as Error).message).toBe('enough');
    expect(kept.receipt).toEqual(receiptOf('kept'));
    expect(late.receipt).toBeUndefined();
    expect(world.time.timerCount).toBe(0);
  });

  test('no timer is left when nothing is open', async () => {
    const world = stage();
    serveBatch(world, accept);
    submit(world);
    await world.time.pass(1);
    expect(world.time.timerCount).toBe(0);
  });
});

describe('the window', () => {
  test('at most 4 MiB are on the way without an answer', async () => {
    const world = stage();
    const heard = serveBatch(world, () => 'silence');
    for (let i = 0; i < 60; i++) submit(world, { id: `t${i}` }, 'x'.repeat(200 * 1024));
    await world.time.pass(500);
    const bytes = heard.reduce((total, { message }) => total + message.payload.length, 0);
    expect(bytes).toBeGreaterThan(3.5 * 1024 * 1024);
    expect(bytes).toBeLessThan(4.5 * 1024 * 1024);
  });

  test('what times out lets fewer new frames begin, and answers more again', async () => {
    const world = stage();
    let silent = true;
    const heard = serveBatch(world, ({ ids }) =>
      silent ? 'silence' : ids.map((id) => receiptOf(id)),
    );
    const burst = (name: string) => {
      for (let i = 0; i < 40 * 500; i++) submit(world, { id: `${name}${i}` });
    };
    burst('first');
    await world.time.pass(10);
    expect(heard).toHaveLength(32);
    // Attempts end after 1, 3, 7 and 10 seconds, which leaves 2 of 32 frames.
    await world.time.pass(10_500);
    heard.length = 0;
    burst('second');
    await world.time.pass(10);
    expect(heard).toHaveLength(2);
    silent = false;
    await world.time.pass(30_000);
    const answered = heard.length;
    expect(answered).toBeGreaterThanOrEqual(40);
    silent = true;
    burst('third');
    await world.time.pass(10);
    expect(heard.length - answered).toBeGreaterThan(2);
  });

  test('a client that never waits is refused at last', async () => {
    const world = stage();
    serveBatch(world, () => 'silence');
    const outcomes = Array.from({ length: 400 }, (_, i) =>
      submit(world, { id: `t${i}` }, 'x'.repeat(250 * 1024)),
    );
    await world.time.pass(10);
    expect(outcomes.at(-1)!.error?.code).toBe('OVERLOADED');
    expect(outcomes[0]!.error).toBeUndefined();
  });
});

describe('giving up', () => {
  test('an aborted submission rejects with the reason and is not sent again', async () => {
    const world = stage();
    const heard = serveBatch(world, () => 'silence');
    const controller = new AbortController();
    const outcome = submit(world, { signal: controller.signal });
    await world.time.pass(100);
    controller.abort(new Error('enough'));
    await world.time.pass(3_000);
    expect((outcome.error as Error).message).toBe('enough');
    expect(heard).toHaveLength(1);
  });

  test('closing the client settles what is open with what is known of it', async () => {
    const world = stage();
    serveBatch(world, () => 'silence');
    const sent = submit(world, { id: 'sent' });
    await world.time.pass(10);
    const waiting = submit(world, { id: 'waiting' });
    await world.client.close();
    const late = submit(world, { id: 'late' });
    await world.time.pass(10);
    expect([sent, waiting, late].map(({ error }) => error?.code)).toEqual([
      'OUTCOME_UNKNOWN',
      'CLIENT_CLOSED',
      'CLIENT_CLOSED',
    ]);
    expect(world.time.timerCount).toBe(0);
  });
});
