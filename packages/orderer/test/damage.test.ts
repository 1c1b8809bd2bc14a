/**
 * Damaged bytes met while a reader is served: nobody is shown them, the channel stops here, everything else goes on.
 */
import { utf8 } from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

/** Three orderers, two channels; block 2 of `mychannel` is damaged on a follower's disk. */
function damaged() {
  const cluster = new MemoryCluster({ seed: 41, orderers: 3, channels: ['mychannel', 'another'] });
  cluster.start();
  cluster.awaitLeader();
  cluster.awaitLeader('another');
  for (const id of ['a', 'b', 'c']) {
    cluster.ask(subjects.submit('mychannel'), 'x', { 'Nats-Msg-Id': id });
  }
  cluster.awaitHeight(4);
  cluster.world.runFor(3_000);
  const node = cluster.nodes.find(({ name }) => name !== cluster.leader()!.name)!;
  const { bytes } = cluster.blocksOf(node.name)[2]!;
  const isBlock = ([, value]: [string, Uint8Array]) =>
    Buffer.from(value).includes(Buffer.from(bytes));
  const [key, value] = [...node.content].find(isBlock)!;
  const changed = Uint8Array.from(value);
  changed[changed.length - 1]! ^= 1;
  node.content.set(key, changed);
  return { cluster, name: node.name };
}

function expectStopped(cluster: MemoryCluster, name: string): void {
  expect(cluster.channelOf(name).problem).toMatchObject({ code: 'RECORD_DAMAGED' });
  expect(cluster.channelOf(name, 'another').problem).toBeNull();
  expect(cluster.ask(subjects.submit('mychannel'), 'goes on').status).toBe(200);
}

describe('a damaged block', () => {
  test('is refused with 500 when it is fetched', () => {
    const { cluster, name } = damaged();
    const subject = subjects.fetchFrom('mychannel', name);
    expect(cluster.ask(subject, '2').json).toMatchObject({ status: 500 });
    expect(cluster.ask(subject, '1').json.block.number).toBe(1);
    expectStopped(cluster, name);
  });

  test('ends a stream of blocks with 500: it is not skipped', () => {
    const { cluster, name } = damaged();
    for (const other of cluster.alive) if (other.name !== name) other.bus!.disconnect();
    const bus = cluster.clientBus;
    const inbox = bus.createInbox();
    const heard: (string | undefined)[] = [];
    bus.subscribe(inbox, (message) => {
      heard.push(message.header('Cairn-Block') ?? message.header('Status'));
      if (message.reply !== null) bus.publish(message.reply, new Uint8Array(0));
    });
    const request = utf8('{"start":"oldest","content":"bytes"}');
    bus.publish(subjects.deliver('mychannel'), request, { reply: inbox });
    cluster.world.runFor(1_000);
    for (const other of cluster.alive) if (other.name !== name) other.bus!.reconnect();
    expect(heard).toEqual(['0', '1', '500']);
    cluster.awaitLeader();
    expectStopped(cluster, name);
  });
});
