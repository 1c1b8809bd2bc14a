import type { CairnError } from '@cairn/transport';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VerifiedBlock } from '../src/index.ts';
import { CHANNEL, type SampleChannel, sampleChannel, signerOf } from './support/sample-channel.ts';
import { type Fate, serveDeliver } from './support/scripted-deliver.ts';
import { refusalOf, type Stage, serveFetch, serveInfo, stage } from './support/scripted-orderer.ts';

function channelOf(count: number): SampleChannel {
  const channel = sampleChannel();
  for (let number = 1; number < count; number++) {
    if (number % 5 === 3) channel.addConfig(100 + number);
    else channel.addData([`block ${number}`]);
  }
  return channel;
}

function serve(world: Stage, channel: SampleChannel) {
  serveInfo(world, channel);
  serveFetch(world, channel);
}

function collect(blocks: AsyncIterable<VerifiedBlock>) {
  const seen: { numbers: number[]; done: boolean; error: CairnError | null } = {
    numbers: [],
    done: false,
    error: null,
  };
  void (async () => {
    try {
      for await (const block of blocks) seen.numbers.push(block.number);
    } catch (error) {
      seen.error = error as CairnError;
    }
    seen.done = true;
  })();
  return seen;
}

const range = (from: number, end: number) => Array.from({ length: end - from }, (_, i) => from + i);

describe('reading a range of blocks', () => {
  test('gives all from the oldest to the newest and ends', async () => {
    const world = stage();
    const channel = channelOf(40);
    serve(world, channel);
    const log = serveDeliver(world, channel);
    const seen = collect(world.client.channel(CHANNEL).blocks());
    await world.time.pass(1_000);
    expect(seen).toEqual({ numbers: range(0, 40), done: true, error: null });
    expect(log.starts).toEqual([0]);
    expect(log.unacknowledgedMax).toBeLessThanOrEqual(16);
  });

  test('gives each number once and in order, whatever gets lost, repeated or ended', async () => {
    const channel = channelOf(30);
    const fate = fc.oneof(
      { weight: 8, arbitrary: fc.constant<Fate>('send') },
      { weight: 1, arbitrary: fc.constantFrom<Fate>('lose', 'repeat', 'end', 'leave', 'freeze') },
      { weight: 1, arbitrary: fc.constant<Fate>({ refuse: refusalOf('STOPPING', 50) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fate, { minLength: 30, maxLength: 120 }),
        fc.integer({ min: 0, max: 29 }),
        fc.integer({ min: 0, max: 29 }),
        async (fates, one, other) => {
          const world = stage();
          serve(world, channel);
          const left = [...fates];
          serveDeliver(world, channel, { fate: () => left.shift() ?? 'send' });
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const seen = collect(world.client.channel(CHANNEL).blocks({ from, to }));
          await world.time.pass(1_200_000);
          expect(seen).toEqual({ numbers: range(from, to + 1), done: true, error: null });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('refuses a block that does not follow the one before, though it is properly signed', async () => {
    const world = stage();
    const channel = channelOf(6);
    const fork = sampleChannel();
    for (let number = 1; number < 6; number++) fork.addData([`other ${number}`]);
    serve(world, channel);
    serveDeliver(world, channel, {
      tamper: (block) => (block.header.number === 2 ? fork.blocks[2]! : block).bytes,
    });
    const seen = collect(world.client.channel(CHANNEL).blocks());
    await world.time.pass(1_000);
    expect(seen.numbers).toEqual([0, 1]);
    expect(seen.error?.code).toBe('VERIFICATION_FAILED');
    expect(seen.error?.message).toContain('PREVIOUS_HASH');
  });

  test('refuses a block signed by a stranger', async () => {
    const world = stage();
    const channel = channelOf(3);
    channel.addData(['forged'], signerOf(66));
    serve(world, channel);
    serveDeliver(world, channel);
    const seen = collect(world.client.channel(CHANNEL).blocks());
    await world.time.pass(1_000);
    expect(seen.numbers).toEqual([0, 1, 2]);
    expect(seen.error?.code).toBe('VERIFICATION_FAILED');
  });

  test('gives up when nothing comes for the stall time-out', async () => {
    const world = stage();
    const channel = channelOf(6);
    serve(world, channel);
    serveDeliver(world, channel, { fate: (number) => (number < 4 ? 'send' : 'freeze') });
    const seen = collect(world.client.channel(CHANNEL).blocks({ stallTimeoutMs: 20_000 }));
    await world.time.pass(60_000);
    expect(seen.numbers).toEqual([0, 1, 2, 3]);
    expect(seen.error?.code).toBe('NO_ANSWER');
  });

  test('of a channel that does not exist says so', async () => {
    const world = stage();
    const seen = collect(world.client.channel(CHANNEL).blocks());
    await world.time.pass(1_000);
    expect(seen.error?.code).toBe('CHANNEL_NOT_FOUND');
  });

  test('refuses a range that is no range', async () => {
    const world = stage();
    serve(world, channelOf(3));
    const seen = collect(world.client.channel(CHANNEL).blocks({ from: -1 }));
    await world.time.pass(1_000);
    expect(seen.error?.code).toBe('BAD_NUMBER');
  });
});

describe('following', () => {
  test('begins with the next block and gives each as it is made', async () => {
    const world = stage();
    const channel = channelOf(4);
    serve(world, channel);
    const log = serveDeliver(world, channel);
    const seen = collect(world.client.channel(CHANNEL).follow());
    await world.time.pass(20_000);
    for (let i = 0; i < 3; i++) {
      channel.addData([`new ${i}`]);
      log.announce();
      await world.time.pass(10_000);
    }
    expect(seen).toEqual({ numbers: [4, 5, 6], done: false, error: null });
    expect(log.starts).toEqual([4]);
  });

  test('starts again at the next number after 6 s of silence', async () => {
    const world = stage();
    const channel = channelOf(5);
    serve(world, channel);
    const log = serveDeliver(world, channel, {
      fate: (number, stream) => (number === 3 && stream === 0 ? 'freeze' : 'send'),
    });
    const seen = collect(world.client.channel(CHANNEL).follow({ from: 'oldest' }));
    await world.time.pass(5_900);
    expect(seen.numbers).toEqual([0, 1, 2]);
    await world.time.pass(200);
    expect(seen.numbers).toEqual([0, 1, 2, 3, 4]);
    expect(log.starts).toEqual([0, 3]);
  });

  test('goes on at once, and elsewhere, when its orderer leaves the channel', async () => {
    const world = stage();
    const channel = channelOf(5);
    serve(world, channel);
    const log = serveDeliver(world, channel, {
      fate: (number, stream) => (number === 3 && stream === 0 ? 'leave' : 'send'),
    });
    const seen = collect(world.client.channel(CHANNEL).follow({ from: 'oldest' }));
    await world.time.pass(100);
    expect(seen).toEqual({ numbers: [0, 1, 2, 3, 4], done: false, error: null });
    expect(log.starts).toEqual([0, 3]);
  });

  test('starts again at once when the connection comes back', async () => {
    const world = stage();
    const channel = channelOf(3);
    serve(world, channel);
    const log = serveDeliver(world, channel);
    const seen = collect(world.client.channel(CHANNEL).follow({ from: 0 }));
    await world.time.pass(100);
    world.clientBus.disconnect();
    channel.addData(['while away']);
    log.announce();
    await world.time.pass(1_000);
    world.clientBus.reconnect();
    await world.time.pass(100);
    expect(seen.numbers).toEqual([0, 1, 2, 3]);
    expect(log.starts).toEqual([0, 3]);
  });

  test('goes on through a time in which nobody serves the channel', async () => {
    const world = stage();
    const channel = channelOf(3);
    serve(world, channel);
    const seen = collect(world.client.channel(CHANNEL).follow({ from: 0 }));
    await world.time.pass(10_000);
    expect(seen).toEqual({ numbers: [], done: false, error: null });
    serveDeliver(world, channel);
    await world.time.pass(1_000);
    expect(seen.numbers).toEqual([0, 1, 2]);
  });

  test('a slow application slows the sender and loses nothing', async () => {
    const world = stage();
    const channel = channelOf(60);
    serve(world, channel);
    const log = serveDeliver(world, channel);
    const numbers: number[] = [];
    void (async () => {
      for await (const block of world.client.channel(CHANNEL).follow({ from: 0 })) {
        numbers.push(block.number);
        await new Promise((resolve) => world.time.after(3_000, () => resolve(null)));
      }
    })();
    await world.time.pass(200_000);
    expect(numbers).toEqual(range(0, 60));
    expect(log.unacknowledgedMax).toBeLessThanOrEqual(16);
  });

  test('ends with the reason of an aborted signal', async () => {
    const world = stage();
    const channel = channelOf(3);
    serve(world, channel);
    serveDeliver(world, channel);
    const controller = new AbortController();
    const seen = collect(world.client.channel(CHANNEL).follow({ signal: controller.signal }));
    await world.time.pass(100);
    controller.abort(new Error('seen enough'));
    await world.time.pass(100);
    expect(seen.done).toBe(true);
    expect((seen.error as Error | null)?.message).toBe('seen enough');
  });

  test('ends with CLIENT_CLOSED when the client is closed, and leaves no timer', async () => {
    const world = stage();
    const channel = channelOf(3);
    serve(world, channel);
    serveDeliver(world, channel, { fate: () => 'freeze' });
    const seen = collect(world.client.channel(CHANNEL).follow({ from: 0 }));
    await world.time.pass(100);
    await world.client.close();
    await world.time.pass(2_000);
    expect(seen.error?.code).toBe('CLIENT_CLOSED');
    expect(world.time.timerCount).toBe(0);
  });
});
