import { expect, test } from 'vitest';
import {
  clientPermissions,
  createMemoryBroker,
  inboxPrefixOf,
  type MemoryDelivery,
  ordererPermissions,
  type SubjectPermissions,
} from '../src/index.ts';
import { bytesOf, describeBus, textOf } from './bus-conformance.ts';

function permissionsOf(name: string): SubjectPermissions | undefined {
  if (/^orderer/.test(name)) return ordererPermissions('cairn', name);
  if (name === 'alice' || name === 'bob') return clientPermissions('cairn', name);
  return undefined;
}

describeBus('memory bus', async () => {
  const broker = createMemoryBroker();
  return {
    connect: async (name, options) => {
      const permissions = permissionsOf(name);
      return broker.connect({
        name,
        ...options,
        ...(permissions !== undefined && { permissions, inboxPrefix: inboxPrefixOf(name) }),
      });
    },
    stopServer: async () => broker.stop(),
    startServer: async () => broker.start(),
    close: async () => {},
  };
});

interface Held {
  readonly deliver: () => void;
  readonly delivery: MemoryDelivery;
}

function holdingBroker() {
  const held: Held[] = [];
  const broker = createMemoryBroker({
    schedule: (deliver, delivery) => held.push({ deliver, delivery }),
    choose: () => 0,
  });
  return { broker, held };
}

test('the caller decides when, in which order, how often and whether a message arrives', () => {
  const { broker, held } = holdingBroker();
  const [first, second] = [broker.connect({ name: 'first' }), broker.connect({ name: 'second' })];
  const received: string[] = [];
  second.subscribe('news', (message) => received.push(textOf(message)));
  for (const text of ['a', 'b', 'c']) first.publish('news', bytesOf(text));
  expect(received).toEqual([]);
  expect(held.map(({ delivery }) => delivery)).toEqual(
    Array.from({ length: 3 }, () => ({
      from: 'first',
      to: 'second',
      subject: 'news',
      payloadBytes: 1,
    })),
  );
  held[2]?.deliver();
  held[0]?.deliver();
  held[0]?.deliver();
  expect(received).toEqual(['c', 'a', 'a']);
});

test('what is on its way to a connection that is cut never arrives, not even after it is back', () => {
  const { broker, held } = holdingBroker();
  const [first, second] = [broker.connect({ name: 'first' }), broker.connect({ name: 'second' })];
  const received: string[] = [];
  second.subscribe('news', (message) => received.push(textOf(message)));
  first.publish('news', bytesOf('old'));
  second.disconnect();
  second.reconnect();
  first.publish('news', bytesOf('new'));
  for (const { deliver } of held) deliver();
  expect(received).toEqual(['new']);
});

test('the injected choice picks the member of a queue group', () => {
  const { broker, held } = holdingBroker();
  const bus = broker.connect({ name: 'one' });
  const counts = [0, 0];
  bus.subscribe('work', () => counts[0]!++, { queue: 'q' });
  bus.subscribe('work', () => counts[1]!++, { queue: 'q' });
  for (let number = 0; number < 10; number++) bus.publish('work', bytesOf(''));
  for (const { deliver } of held) deliver();
  expect(counts).toEqual([10, 0]);
});

test('receivers share no bytes with each other or with the publisher', async () => {
  const broker = createMemoryBroker();
  const bus = broker.connect({ name: 'one' });
  const received: Uint8Array[] = [];
  bus.subscribe('bytes', ({ payload }) => received.push(payload));
  bus.subscribe('bytes', ({ payload }) => received.push(payload));
  const sent = new Uint8Array([1, 2, 3]);
  bus.publish('bytes', sent);
  sent.fill(9);
  await new Promise((resolve) => setTimeout(resolve, 1));
  received[0]?.fill(7);
  expect(received[1]).toEqual(new Uint8Array([1, 2, 3]));
});
