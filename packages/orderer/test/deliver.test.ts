/**
 * The stream of blocks to a reader: its pace, its end, and what it must not leave behind.
 */
import { utf8 } from '@cairn/ledger';
import type { BusMessage } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

interface Reader {
  readonly messages: BusMessage[];
  readonly numbers: number[];
  readonly status: (string | undefined)[];
}

function deliver(cluster: MemoryCluster, request: unknown, acknowledges = true): Reader {
  const bus = cluster.clientBus;
  const inbox = bus.createInbox();
  const reader: Reader = { messages: [], numbers: [], status: [] };
  bus.subscribe(inbox, (message) => {
    reader.messages.push(message);
    reader.status.push(message.header('Status'));
    const block = message.header('Cairn-Block');
    if (block !== undefined) reader.numbers.push(Number(block));
    if (acknowledges && message.reply !== null) bus.publish(message.reply, new Uint8Array(0));
  });
  bus.publish(subjects.deliver('mychannel'), utf8(JSON.stringify(request)), { reply: inbox });
  return reader;
}

function clusterOf(blocks: number, payloadBytesMax?: number): MemoryCluster {
  const cluster = new MemoryCluster({
    seed: 21,
    orderers: 1,
    ...(payloadBytesMax !== undefined && { payloadBytesMax }),
  });
  cluster.start();
  cluster.awaitLeader();
  for (let each = 0; each < blocks; each++) cluster.ask(subjects.submit('mychannel'), `${each}`);
  return cluster;
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('a stream of blocks', () => {
  test('brings a range in order and ends with 200', () => {
    const cluster = clusterOf(40);
    const reader = deliver(cluster, { start: 'oldest', stop: 40 });
    cluster.world.runFor(500);
    expect(reader.numbers).toEqual(range(0, 40));
    expect(reader.status.at(-1)).toBe('200');
  });

  test('follows, and says every two seconds that it lives', () => {
    const cluster = clusterOf(1);
    const reader = deliver(cluster, { start: 'next', content: 'header' });
    cluster.world.runFor(5_000);
    expect(reader.status).toEqual(['100', '100']);
    cluster.ask(subjects.submit('mychannel'), 'more');
    cluster.world.runFor(200);
    expect(reader.numbers).toEqual([2]);
  });

  test('brings a block as soon as it is committed and on disk, from any orderer', () => {
    const cluster = new MemoryCluster({ seed: 16, orderers: 3 });
    cluster.start();
    cluster.awaitLeader();
    const { world } = cluster;
    let submittedAtMs = 0;
    const waitedMs: number[] = [];
    for (const { name } of cluster.nodes) {
      cluster
        .channelOf(name)
        .reader.followVisible(() => waitedMs.push(world.nowMs - submittedAtMs));
    }
    for (let each = 0; each < 20; each++) {
      world.runFor(333 + 7 * each);
      submittedAtMs = world.nowMs;
      cluster.ask(subjects.submit('mychannel'), `${each}`);
    }
    world.runFor(200);
    expect(waitedMs).toHaveLength(3 * 20);
    // A few ways over the net and to the disk; a tick has 100 ms.
    expect(Math.max(...waitedMs)).toBeLessThan(15);
  });

  test('stops at sixteen messages without a word, and gives up after thirty seconds', () => {
    const cluster = clusterOf(40);
    const reader = deliver(cluster, { start: 'oldest' }, false);
    cluster.world.runFor(29_000);
    expect(reader.messages).toHaveLength(16);
    const another = Array.from({ length: 10 }, () => deliver(cluster, { start: 'next' }));
    cluster.world.runFor(500);
    const refusal = another.at(-1)!.messages[0]!;
    expect(refusal.header('Nats-Service-Error-Code'), 'there is room for nine more').toBe('503');
    cluster.world.runFor(5_000);
    const free = deliver(cluster, { start: 'oldest', stop: 0 });
    cluster.world.runFor(500);
    expect(free.numbers).toEqual([0]);
  });

  test('ends at once when the reader is gone', () => {
    const cluster = clusterOf(1);
    for (let each = 0; each < 30; each++) {
      cluster.clientBus.publish(subjects.deliver('mychannel'), utf8('{"start":"oldest"}'), {
        reply: cluster.clientBus.createInbox(),
      });
      cluster.world.runFor(100);
    }
    const reader = deliver(cluster, { start: 'oldest', stop: 1 });
    cluster.world.runFor(500);
    expect(reader.numbers).toEqual([0, 1]);
  });

  test('says so when a block as JSON does not fit a message, headers included', () => {
    const small = clusterOf(1);
    const genesis = deliver(small, { start: 0, stop: 0 });
    small.world.runFor(100);
    const bytes = genesis.messages[0]!.payload.length;
    for (const payloadBytesMax of range(bytes - 1, bytes + 300)) {
      if ((payloadBytesMax - bytes) % 50 !== 0) continue;
      const cluster = clusterOf(0, payloadBytesMax);
      const reader = deliver(cluster, { start: 0, stop: 0 });
      cluster.world.runFor(500);
      const status = reader.status.at(-1);
      expect(['200', '413'], `${payloadBytesMax} bytes`).toContain(status);
      expect(reader.numbers).toEqual(status === '200' ? [0] : []);
    }
  });

  test('ends with a refusal when its orderer stops', () => {
    const cluster = clusterOf(1);
    const reader = deliver(cluster, { start: 'next' });
    cluster.world.runFor(100);
    cluster.stop('orderer1');
    cluster.world.runFor(3_000);
    expect(reader.status).toEqual(['503']);
  });
});
