import { toHex } from '@cairn/ledger';
import { CairnError } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { CHANNEL, sampleChannel, signerOf } from './support/sample-channel.ts';
import { type Stage, serveFetch, stage } from './support/scripted-orderer.ts';

/** Lets virtual time pass until the promise settles. */
async function settled<T>({ time }: Stage, promise: Promise<T>): Promise<T | CairnError> {
  const guarded = promise.catch((error: unknown) => error as CairnError);
  await time.pass(30_000);
  return guarded;
}

function codeOf(value: unknown): unknown {
  return value instanceof CairnError ? value.code : value;
}

function threeConfigs() {
  const channel = sampleChannel();
  channel.addData(['one', 'two']);
  channel.addConfig(200);
  channel.addConfig(300, channel.signers[1]!);
  channel.addData(['three'], channel.signers[2]!);
  return channel;
}

describe('a fetched block', () => {
  test('is believed from the channel id alone, over all configurations', async () => {
    const world = stage();
    const channel = threeConfigs();
    const { asked } = serveFetch(world, channel);
    const client = world.client.channel(CHANNEL, { channelId: channel.channelId });
    const block = await settled(world, client.block(4));
    expect(block).toMatchObject({
      number: 4,
      proposer: 'orderer3',
      proposerId: 3,
      configNumber: 3,
    });
    expect(asked).toEqual(['4', '3', '2', '1', '0']);
  });

  test('has readable fields, canonical bytes and transactions', async () => {
    const world = stage();
    const channel = threeConfigs();
    serveFetch(world, channel);
    const block = await settled(world, world.client.channel(CHANNEL).block(1));
    if (block instanceof CairnError) throw block;
    expect(block.hash).toBe(toHex(channel.blocks[1]!.hash));
    expect(block.bytes).toEqual(channel.blocks[1]!.bytes);
    expect(block.transactions.map(({ id }) => id)).toEqual(['tx-1-0', 'tx-1-1']);
    expect(JSON.parse(JSON.stringify(block)).transactions[0].payload).toBe('b25l');
  });

  test('needs no other fetch once the configuration is known', async () => {
    const world = stage();
    const channel = threeConfigs();
    const { asked } = serveFetch(world, channel);
    const client = world.client.channel(CHANNEL);
    await settled(world, client.block(4));
    asked.length = 0;
    await settled(world, client.block(4));
    await settled(world, client.block(1));
    expect(asked).toEqual(['4', '1']);
  });

  test('block 0 may be given instead of fetched', async () => {
    const world = stage();
    const channel = threeConfigs();
    const { asked } = serveFetch(world, channel);
    const genesis = channel.blocks[0]!.bytes;
    await settled(world, world.client.channel(CHANNEL, { genesis }).block(1));
    expect(asked).toEqual(['1']);
  });

  test('newest, oldest and config name blocks', async () => {
    const world = stage();
    const channel = threeConfigs();
    serveFetch(world, channel);
    const client = world.client.channel(CHANNEL);
    for (const [name, number] of [
      ['newest', 4],
      ['oldest', 0],
      ['config', 3],
    ] as const) {
      expect(await settled(world, client.block(name))).toMatchObject({ number });
    }
  });

  test('of another channel is refused', async () => {
    const world = stage();
    serveFetch(world, sampleChannel(CHANNEL, 1));
    const { channelId } = sampleChannel();
    const found = await settled(world, world.client.channel(CHANNEL, { channelId }).block(0));
    expect(codeOf(found)).toBe('CHANNEL_MISMATCH');
  });

  test('of a channel with another name is refused', async () => {
    const world = stage();
    serveFetch(world, sampleChannel('other'));
    const found = await settled(world, world.client.channel(CHANNEL).block(0));
    expect(codeOf(found)).toBe('VERIFICATION_FAILED');
  });

  test('that is not the one asked for is refused', async () => {
    const world = stage();
    const channel = threeConfigs();
    serveFetch(world, channel, (bytes, wanted) =>
      wanted === '1' ? new Uint8Array(channel.blocks[4]!.bytes) : bytes,
    );
    expect(codeOf(await settled(world, world.client.channel(CHANNEL).block(1)))).toBe(
      'VERIFICATION_FAILED',
    );
  });

  test('signed by a stranger is refused', async () => {
    const world = stage();
    const channel = sampleChannel();
    channel.addData(['forged'], signerOf(66));
    serveFetch(world, channel);
    expect(codeOf(await settled(world, world.client.channel(CHANNEL).block(1)))).toBe(
      'VERIFICATION_FAILED',
    );
  });

  test('under a configuration that a stranger signed is refused', async () => {
    const world = stage();
    const channel = sampleChannel();
    channel.addConfig(200, signerOf(66));
    channel.addData(['one']);
    serveFetch(world, channel);
    expect(codeOf(await settled(world, world.client.channel(CHANNEL).block(2)))).toBe(
      'VERIFICATION_FAILED',
    );
  });

  test('with any one bit flipped is refused', async () => {
    const channel = threeConfigs();
    const { length } = channel.blocks[4]!.bytes;
    for (let offset = 0; offset < length; offset += 7) {
      const world = stage();
      serveFetch(world, channel, (bytes, wanted) => {
        if (wanted === '4') bytes[offset]! ^= 1 << (offset % 8);
        return bytes;
      });
      const client = world.client.channel(CHANNEL, { channelId: channel.channelId });
      const found = await settled(world, client.block(4));
      expect(['VERIFICATION_FAILED', 'CHANNEL_MISMATCH']).toContain(codeOf(found));
    }
  });

  test('that names a later block as its configuration does not send the client in circles', async () => {
    const world = stage();
    const channel = sampleChannel();
    channel.addData(['one']);
    serveFetch(world, channel, (bytes, wanted) => {
      if (wanted === '1') bytes[141] = 7;
      return bytes;
    });
    expect(codeOf(await settled(world, world.client.channel(CHANNEL).block(1)))).toBe(
      'VERIFICATION_FAILED',
    );
  });

  test('without verification is decoded and its root checked, no more', async () => {
    const world = stage();
    const channel = sampleChannel();
    channel.addData(['forged'], signerOf(66));
    const { asked } = serveFetch(world, channel);
    const client = world.client.channel(CHANNEL, { verify: false });
    expect(await settled(world, client.block(1))).toMatchObject({ number: 1, proposer: null });
    expect(asked).toEqual(['1']);
  });

  test('that does not exist is a refusal that names the channel', async () => {
    const world = stage();
    serveFetch(world, sampleChannel());
    expect(codeOf(await settled(world, world.client.channel(CHANNEL).block(9)))).toBe(
      'BLOCK_NOT_FOUND',
    );
  });
});

test('a failed configuration is not remembered: the next orderer may tell the truth', async () => {
  const world = stage();
  const channel = threeConfigs();
  let lies = true;
  serveFetch(world, channel, (bytes, wanted) => {
    if (wanted === '0' && lies) bytes[200]! ^= 1;
    return bytes;
  });
  const client = world.client.channel(CHANNEL, { channelId: channel.channelId });
  expect(codeOf(await settled(world, client.block(1)))).not.toMatchObject({ number: 1 });
  lies = false;
  expect(await settled(world, client.block(1))).toMatchObject({ number: 1 });
});
