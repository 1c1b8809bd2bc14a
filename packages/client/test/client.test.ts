import { utf8 } from '@cairn/ledger';
import { CairnError, nodeCrypto, subjectsOf } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { connect, createClient, realClock, realRandom } from '../src/index.ts';
import { CHANNEL, sampleChannel } from './support/sample-channel.ts';
import { CHANNEL_ID, infoReply, type Stage, serveInfo, stage } from './support/scripted-orderer.ts';

async function settled<T>({ time }: Stage, promise: Promise<T>): Promise<T | CairnError> {
  const guarded = promise.catch((error: unknown) => error as CairnError);
  await time.pass(30_000);
  return guarded;
}

function codeThrown(action: () => unknown): string | null {
  try {
    action();
  } catch (error) {
    return (error as CairnError).code;
  }
  return null;
}

describe('connecting', () => {
  test('to a place where no server listens rejects with NO_NATS', async () => {
    const attempt = connect({ servers: 'nats://127.0.0.1:1', connectTimeoutMs: 100 });
    await expect(attempt).rejects.toMatchObject({ code: 'NO_NATS' });
  });

  test('with a prefix that is no subject token is refused before anything is tried', async () => {
    await expect(connect({ prefix: 'a.b' })).rejects.toMatchObject({ code: 'MALFORMED_REQUEST' });
  });
});

describe('choosing a channel', () => {
  test('twice the same gives the same, so that submissions share frames', () => {
    const { client } = stage();
    expect(client.channel(CHANNEL)).toBe(client.channel(CHANNEL));
    expect(client.channel(CHANNEL)).not.toBe(client.channel(CHANNEL, { verify: false }));
  });

  test('with a name, an id or a genesis block that cannot be is refused', () => {
    const { client } = stage();
    const { blocks, channelId } = sampleChannel();
    const genesis = blocks[0]!.bytes;
    expect(codeThrown(() => client.channel('Not A Name'))).toBe('MALFORMED_REQUEST');
    expect(codeThrown(() => client.channel('submit'))).toBe('MALFORMED_REQUEST');
    expect(codeThrown(() => client.channel(CHANNEL, { channelId: 'abc' }))).toBe(
      'MALFORMED_REQUEST',
    );
    expect(codeThrown(() => client.channel(CHANNEL, { genesis: utf8('x') }))).toBe(
      'VERIFICATION_FAILED',
    );
    expect(codeThrown(() => client.channel(CHANNEL, { genesis, channelId: CHANNEL_ID }))).toBe(
      'CHANNEL_MISMATCH',
    );
    expect(client.channel(CHANNEL, { genesis }).channelId).toBe(channelId);
  });

  test('other prefixes are other subjects', async () => {
    const world = stage();
    const { clientBus, ordererBus, time } = world;
    const client = createClient(clientBus, {
      clock: time,
      random: realRandom,
      crypto: nodeCrypto,
      prefix: 'test',
    });
    ordererBus.subscribe(subjectsOf('test').info(CHANNEL), ({ reply }) => {
      ordererBus.publish(reply!, utf8(JSON.stringify(infoReply())));
    });
    expect(await settled(world, client.channel(CHANNEL).info())).toMatchObject({ height: 1 });
  });
});

describe('questions', () => {
  test('info gives what an orderer says and pins the channel id', async () => {
    const world = stage();
    serveInfo(world);
    const client = world.client.channel(CHANNEL);
    expect(await settled(world, client.info())).toEqual(infoReply());
    expect(client.channelId).toBe(CHANNEL_ID);
  });

  test('the info of one orderer is asked of that orderer', async () => {
    const world = stage();
    const { ordererBus, client } = world;
    ordererBus.subscribe(subjectsOf().infoFrom(CHANNEL, 'orderer2'), ({ reply }) => {
      ordererBus.publish(reply!, utf8(JSON.stringify(infoReply())));
    });
    const channel = client.channel(CHANNEL);
    expect(await settled(world, channel.infoOf('orderer2'))).toMatchObject({ status: 200 });
    expect(await settled(world, channel.infoOf('orderer3'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await settled(world, channel.infoOf('not.a.name'))).toMatchObject({
      code: 'MALFORMED_REQUEST',
    });
  });

  test('a transaction is asked for by its id', async () => {
    const world = stage();
    const { ordererBus, client } = world;
    const reply = {
      status: 200,
      channel: CHANNEL,
      channelId: CHANNEL_ID,
      id: 'a',
      state: 'unknown',
      height: 3,
    };
    ordererBus.subscribe(subjectsOf().transaction(CHANNEL), (message) => {
      ordererBus.publish(message.reply!, utf8(JSON.stringify(reply)));
    });
    const channel = client.channel(CHANNEL);
    expect(await settled(world, channel.transaction('a'))).toEqual(reply);
    expect(await settled(world, channel.transaction('b'))).toMatchObject({ code: 'BAD_REPLY' });
  });

  test('nobody there is 404, silence is tried again and then NO_ANSWER', async () => {
    const world = stage();
    const channel = world.client.channel(CHANNEL);
    expect(await settled(world, channel.info())).toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    let asked = 0;
    world.ordererBus.subscribe(subjectsOf().info(CHANNEL), () => {
      asked++;
    });
    expect(await settled(world, channel.info({ timeoutMs: 5_000 }))).toMatchObject({
      code: 'NO_ANSWER',
    });
    expect(asked).toBeGreaterThan(1);
  });

  test('a lost connection is waited for until the time-out', async () => {
    const world = stage();
    world.clientBus.disconnect();
    expect(await settled(world, world.client.channel(CHANNEL).info())).toMatchObject({
      code: 'DISCONNECTED',
    });
    expect(world.time.timerCount).toBe(0);
  });

  test('a reply of another form is not believed', async () => {
    const world = stage();
    const { ordererBus, client } = world;
    ordererBus.subscribe(subjectsOf().info(CHANNEL), ({ reply }) => {
      ordererBus.publish(reply!, utf8('{"status":200}'));
    });
    const code = await settled(world, client.channel(CHANNEL, { channelId: CHANNEL_ID }).info());
    expect(code).toBeInstanceOf(CairnError);
  });
});

test('the real clock and chance do what their names say', async () => {
  const before = realClock.monotonicMs();
  await new Promise<void>((resolve) => {
    realClock.after(5, resolve);
  });
  expect(realClock.monotonicMs()).toBeGreaterThan(before);
  expect(realRandom.bytes(10)).toHaveLength(10);
  expect(realRandom.below(3)).toBeLessThan(3);
});
