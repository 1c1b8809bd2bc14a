import { utf8, utf8Decode } from '@cairn/ledger';
import type { BusMessage } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { type BlockEvent, BlockStream } from '../src/http/block-stream.ts';
import { memoryRelay, subjects } from './support/memory-relay.ts';
import { until } from './support/running-cluster.ts';

const channel = 'mychannel';

/** An orderer's side of `deliver`, in the hands of the test. */
function sender() {
  const { relay, orderers } = memoryRelay();
  const starts: { start: number; content: string; inbox: string }[] = [];
  const acknowledged: string[] = [];
  orderers.subscribe(subjects.deliver(channel), ({ payload, reply }: BusMessage) => {
    starts.push({ ...JSON.parse(utf8Decode(payload) ?? ''), inbox: reply });
  });
  orderers.subscribe('ack.*', ({ subject }) => acknowledged.push(subject));
  const send = (number: number) => {
    const { inbox } = starts.at(-1)!;
    const headers = { 'Cairn-Block': String(number) };
    orderers.publish(inbox, utf8(`{"number":${number}}`), { reply: `ack.${number}`, headers });
  };
  const say = (status: string) =>
    orderers.publish(starts.at(-1)!.inbox, new Uint8Array(0), {
      reply: 'ack.heartbeat',
      headers: { Status: status },
    });
  return { relay, starts, acknowledged, send, say };
}

async function numbersOf(stream: BlockStream, count: number): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < count) {
    const event = await stream.take(5_000);
    numbers.push((event as BlockEvent).number);
  }
  return numbers;
}

describe('a stream of block events', () => {
  test('asks for headers from the number wanted and hands them on in order', async () => {
    const { relay, starts, send } = sender();
    const stream = new BlockStream(relay, channel, 7);
    await until(async () => starts.length === 1);
    expect(starts[0]).toMatchObject({ start: 7, content: 'header' });
    for (const number of [7, 8, 9]) send(number);
    expect(await numbersOf(stream, 3)).toEqual([7, 8, 9]);
    stream.close();
    expect(await stream.take(1)).toBe(null);
  });

  test('starts again at the next number after the end of a sender, a refusal and a gap', async () => {
    const { relay, starts, send, say } = sender();
    const stream = new BlockStream(relay, channel, 0);
    const breaks = [() => say('503'), () => say('200'), () => send(9)];
    for (const [at, breakOff] of breaks.entries()) {
      await until(async () => starts.length === at + 1);
      expect(starts[at]!.start).toBe(at);
      send(at);
      expect(await numbersOf(stream, 1)).toEqual([at]);
      breakOff();
    }
    await until(async () => starts.length === breaks.length + 1);
    stream.close();
  });

  test('does not start again while the reader has not taken what is here', async () => {
    const { relay, starts, send, say } = sender();
    const stream = new BlockStream(relay, channel, 0);
    await until(async () => starts.length === 1);
    send(0);
    say('503');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(starts).toHaveLength(1);
    expect(await numbersOf(stream, 1)).toEqual([0]);
    await until(async () => starts.length === 2);
    expect(starts[1]!.start).toBe(1);
    stream.close();
  });

  test('acknowledges what was taken and nothing else, heartbeats included', async () => {
    const { relay, starts, acknowledged, send, say } = sender();
    const stream = new BlockStream(relay, channel, 0);
    await until(async () => starts.length === 1);
    for (const number of [0, 1, 2]) send(number);
    say('100');
    expect(await numbersOf(stream, 2)).toEqual([0, 1]);
    await until(async () => acknowledged.length === 2);
    expect(acknowledged).toEqual(['ack.0', 'ack.1']);
    expect(await numbersOf(stream, 1)).toEqual([2]);
    say('100');
    await until(async () => acknowledged.length === 4);
    expect(acknowledged.at(-1)).toBe('ack.heartbeat');
    stream.close();
  });

  test('says that there is nothing new, and ends a wait when it is closed', async () => {
    const { relay } = sender();
    const stream = new BlockStream(relay, channel, 0);
    expect(await stream.take(20)).toBe('idle');
    const waiting = stream.take(10_000);
    stream.close();
    expect(await waiting).toBe(null);
  });
});
