/**
 * What every bus must do: the same scenarios run against NATS and against memory.
 *
 * A world has the users orderer1, orderer2, alice and bob with the permissions of their kind; any other name may do
 * everything.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bus, BusMessage, DropReason, RequestOutcome, ServiceRequest } from '../src/index.ts';
import { subjectsOf } from '../src/index.ts';

export interface WorldConnectOptions {
  readonly onDropped?: (reason: DropReason) => void;
  readonly onError?: (text: string) => void;
}

export interface BusWorld {
  connect(name: string, options?: WorldConnectOptions): Promise<Bus>;
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  close(): Promise<void>;
}

const subjects = subjectsOf();

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(message: BusMessage): string {
  return new TextDecoder().decode(message.payload);
}

export async function eventually(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`still not true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Returns when everything this bus sent before, subscriptions included, has reached the server and come back. */
export async function settled(bus: Bus): Promise<void> {
  const inbox = bus.createInbox();
  let arrived = false;
  const subscription = bus.subscribe(inbox, () => {
    arrived = true;
  });
  bus.publish(inbox, bytesOf('settled'));
  await eventually(() => arrived);
  subscription.close();
}

export function ask(
  bus: Bus,
  subject: string,
  payload = '',
  options: { timeoutMs?: number; headers?: Record<string, string> } = {},
): Promise<RequestOutcome> {
  return new Promise((resolve) => {
    bus.request(subject, bytesOf(payload), { timeoutMs: 5000, ...options }, resolve);
  });
}

export async function askText(bus: Bus, subject: string, payload = ''): Promise<string> {
  const outcome = await ask(bus, subject, payload);
  return outcome.kind === 'reply' ? textOf(outcome.message) : outcome.kind;
}

export function serviceAt(subject: string, handle: (request: ServiceRequest) => void) {
  return {
    version: '1.2.3',
    description: 'a service of the conformance suite',
    metadata: { channel: 'mychannel', orderer: 'orderer1' },
    endpoints: [{ name: 'door', subject, handle, metadata: { verb: 'door' } }],
  };
}

function echo(request: ServiceRequest): void {
  request.respond(request.payload);
}

export function describeBus(name: string, openWorld: () => Promise<BusWorld>): void {
  describe(`the ${name}`, () => {
    let world: BusWorld;
    const opened: Bus[] = [];

    beforeEach(async () => {
      world = await openWorld();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
      await world.close();
    });

    async function connect(user = 'tester', options: WorldConnectOptions = {}): Promise<Bus> {
      const bus = await world.connect(user, options);
      opened.push(bus);
      return bus;
    }

    test('delivers the messages of one publisher in order', async () => {
      const [publisher, subscriber] = [await connect(), await connect()];
      const received: string[] = [];
      subscriber.subscribe('numbers', (message) => received.push(textOf(message)));
      await settled(subscriber);
      const sent = Array.from({ length: 1000 }, (_, number) => String(number));
      for (const number of sent) publisher.publish('numbers', bytesOf(number));
      await eventually(() => received.length === sent.length);
      expect(received).toEqual(sent);
    });

    test('a payload in pieces arrives as one, with and without headers', async () => {
      const [publisher, subscriber] = [await connect(), await connect()];
      const received: string[] = [];
      subscriber.subscribe('pieces', (message) => received.push(textOf(message)));
      await settled(subscriber);
      const pieces = ['a ', 'payload', '', ' in pieces'].map(bytesOf);
      publisher.publish('pieces', pieces);
      publisher.publish('pieces', pieces, { headers: { Kind: 'test' } });
      publisher.publish('pieces', [bytesOf('one piece')]);
      await eventually(() => received.length === 3);
      expect(received).toEqual(['a payload in pieces', 'a payload in pieces', 'one piece']);
    });

    test('matches a star with one token and a greater-than sign with the rest', async () => {
      const bus = await connect();
      const received: string[] = [];
      bus.subscribe('a.*.c', (message) => received.push(`star ${message.subject}`));
      bus.subscribe('a.>', (message) => received.push(`rest ${message.subject}`));
      for (const subject of ['a', 'a.b', 'a.b.c', 'a.b.c.d', 'b.b.c']) {
        bus.publish(subject, bytesOf(''));
      }
      await settled(bus);
      expect(received.toSorted()).toEqual(['rest a.b', 'rest a.b.c', 'rest a.b.c.d', 'star a.b.c']);
    });

    test('gives a message to one member of a queue group and to every plain subscriber', async () => {
      const bus = await connect();
      const counts = { first: 0, second: 0, plain: 0 };
      bus.subscribe('work', () => counts.first++, { queue: 'q' });
      bus.subscribe('work', () => counts.second++, { queue: 'q' });
      bus.subscribe('work', () => counts.plain++);
      for (let number = 0; number < 100; number++) bus.publish('work', bytesOf('x'));
      await settled(bus);
      expect(counts.plain).toBe(100);
      expect(counts.first + counts.second).toBe(100);
      expect(counts.first).toBeGreaterThan(0);
      expect(counts.second).toBeGreaterThan(0);
    });

    test('delivers nothing more once a subscription is closed', async () => {
      const bus = await connect();
      const received: string[] = [];
      const subscription = bus.subscribe('news', (message) => received.push(textOf(message)));
      bus.publish('news', bytesOf('one'));
      await settled(bus);
      subscription.close();
      subscription.close();
      bus.publish('news', bytesOf('two'));
      await settled(bus);
      expect(received).toEqual(['one']);
    });

    test('leaves a payload alone after it was handed over', async () => {
      const bus = await connect();
      const received: Uint8Array[] = [];
      bus.subscribe('kept', (message) => received.push(message.payload));
      for (let number = 0; number < 50; number++) {
        bus.publish('kept', new Uint8Array(20_000).fill(number));
      }
      await settled(bus);
      expect(received).toHaveLength(50);
      for (const [number, payload] of received.entries()) {
        expect(payload.every((byte) => byte === number)).toBe(true);
      }
    });

    test('carries headers, matched exactly', async () => {
      const bus = await connect();
      const received: (string | undefined)[] = [];
      bus.subscribe('headed', (message) => {
        received.push(
          ...['Nats-Msg-Id', 'nats-msg-id', 'Status', 'Absent'].map((name) => message.header(name)),
        );
      });
      bus.publish('headed', bytesOf(''), { headers: { 'Nats-Msg-Id': 'order-17', Status: '100' } });
      bus.publish('headed', bytesOf(''), { headers: {} });
      await settled(bus);
      expect(received.slice(0, 4)).toEqual(['order-17', undefined, '100', undefined]);
      expect(received.slice(4)).toEqual([undefined, undefined, undefined, undefined]);
    });

    test('tells the reply subject, or null', async () => {
      const bus = await connect();
      const received: (string | null)[] = [];
      bus.subscribe('asked', (message) => received.push(message.reply));
      bus.publish('asked', bytesOf(''), { reply: 'answers.here' });
      bus.publish('asked', bytesOf(''));
      await settled(bus);
      expect(received).toEqual(['answers.here', null]);
    });

    test('answers a request nobody serves at once', async () => {
      const bus = await connect();
      expect(await ask(bus, 'nobody.home')).toEqual({ kind: 'noResponders' });
    });

    test('tells a publisher with a reply subject that nobody listens', async () => {
      const bus = await connect();
      const inbox = bus.createInbox();
      const statuses: (string | undefined)[] = [];
      bus.subscribe(inbox, (message) => statuses.push(message.header('Status')));
      bus.publish('nobody.home', bytesOf('x'), { reply: inbox });
      await eventually(() => statuses.length > 0);
      expect(statuses).toEqual(['503']);
    });

    test('ends a request that is not answered in time', async () => {
      const bus = await connect();
      bus.subscribe('silent', () => {});
      expect(await ask(bus, 'silent', '', { timeoutMs: 50 })).toEqual({ kind: 'timeout' });
    });

    test('takes one reply for a request and ignores the rest', async () => {
      const bus = await connect();
      bus.subscribe('twice', (message) => {
        bus.publish(message.reply ?? '', bytesOf('first'));
        bus.publish(message.reply ?? '', bytesOf('second'));
      });
      const outcomes: RequestOutcome[] = [];
      bus.request('twice', bytesOf(''), { timeoutMs: 5000 }, (outcome) => outcomes.push(outcome));
      await eventually(() => outcomes.length > 0);
      await settled(bus);
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(['reply']);
    });

    test('never answers a cancelled request', async () => {
      const bus = await connect();
      let outcomes = 0;
      bus.subscribe('slow', (message) => bus.publish(message.reply ?? '', bytesOf('late')));
      const request = bus.request('slow', bytesOf(''), { timeoutMs: 20 }, () => outcomes++);
      request.cancel();
      await settled(bus);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(outcomes).toBe(0);
    });

    test('carries the largest payload and refuses one byte more without losing the connection', async () => {
      const reasons: string[] = [];
      const bus = await connect('tester', { onDropped: (reason) => reasons.push(reason) });
      const sizes: number[] = [];
      bus.subscribe('large', (message) => sizes.push(message.payload.length));
      const largest = bus.payloadBytesMax;
      expect(bus.publish('large', new Uint8Array(largest))).toBe(true);
      expect(bus.publish('large', new Uint8Array(largest + 1))).toBe(false);
      expect(bus.publish('large', new Uint8Array(largest), { headers: { a: 'b' } })).toBe(false);
      await settled(bus);
      expect(sizes).toEqual([largest]);
      expect(reasons).toEqual(['tooLarge', 'tooLarge']);
      expect(bus.connected).toBe(true);
    });

    test('refuses a subject that would be a command', async () => {
      const bus = await connect();
      let outcomes = 0;
      for (const subject of ['', 'a b', 'a\r\nPUB b 0\r\n']) {
        expect(() => bus.publish(subject, bytesOf(''))).toThrow(RangeError);
        expect(() => bus.subscribe(subject, () => {})).toThrow(RangeError);
        const request = () => bus.request(subject, bytesOf(''), { timeoutMs: 1 }, () => outcomes++);
        expect(request).toThrow(RangeError);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(outcomes).toBe(0);
    });

    test('refuses a header that would break the header block apart', async () => {
      const bus = await connect();
      for (const headers of [{ 'a b': 'x' }, { 'a:': 'x' }, { a: 'x\r\nb: y' }]) {
        expect(() => bus.publish('headed', bytesOf(''), { headers })).toThrow(RangeError);
      }
    });

    test('comes back after the server was away, with its subscriptions and without old messages', async () => {
      const reasons: string[] = [];
      const publisher = await connect('tester', { onDropped: (reason) => reasons.push(reason) });
      const subscriber = await connect();
      const received: string[] = [];
      const states: boolean[] = [];
      subscriber.subscribe('news', (message) => received.push(textOf(message)));
      await settled(subscriber);
      publisher.onConnectionChange((connected) => states.push(connected));
      await world.stopServer();
      await eventually(() => !publisher.connected && !subscriber.connected);
      for (let number = 0; number < 20; number++) {
        expect(publisher.publish('news', bytesOf(`lost ${number}`))).toBe(false);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(await ask(publisher, 'news')).toEqual({ kind: 'disconnected' });
      await world.startServer();
      await eventually(() => publisher.connected && subscriber.connected);
      await settled(subscriber);
      expect(publisher.publish('news', bytesOf('new'))).toBe(true);
      await settled(publisher);
      await eventually(() => received.length > 0);
      expect(received).toEqual(['new']);
      expect(states).toEqual([false, true]);
      expect(reasons).toEqual(Array.from({ length: 21 }, () => 'disconnected'));
    });

    test('ends open requests when the connection is lost, and answers new ones afterwards', async () => {
      const bus = await connect();
      const server = await connect();
      server.subscribe('silent', () => {});
      server.serve(serviceAt('door', echo));
      await settled(server);
      expect(await askText(bus, 'door', 'before')).toBe('before');
      const open = ask(bus, 'silent', '', { timeoutMs: 60_000 });
      await settled(bus);
      await world.stopServer();
      expect(await open).toEqual({ kind: 'disconnected' });
      await world.startServer();
      await eventually(() => bus.connected && server.connected);
      await settled(server);
      expect(await askText(bus, 'door', 'after')).toBe('after');
    });

    test('lets an orderer speak as itself only', async () => {
      const errors: string[] = [];
      const first = await connect('orderer1', { onError: (text) => errors.push(text) });
      const second = await connect('orderer2');
      const heard: string[] = [];
      second.subscribe(subjects.raftFor('mychannel', 'orderer2'), ({ subject }) =>
        heard.push(subject),
      );
      second.subscribe(subjects.heartbeatFor('orderer2'), ({ subject }) => heard.push(subject));
      await settled(second);
      const forged = { channel: 'mychannel', to: 'orderer2', from: 'orderer3' };
      const genuine = { channel: 'mychannel', to: 'orderer2', from: 'orderer1' };
      first.publish(subjects.raft(forged), bytesOf('x'));
      first.publish(subjects.heartbeat(forged), bytesOf('x'));
      first.publish(subjects.raft(genuine), bytesOf('x'));
      first.publish(subjects.heartbeat(genuine), bytesOf('x'));
      await eventually(() => heard.length === 2 && errors.length === 2);
      expect(heard).toEqual([subjects.raft(genuine), subjects.heartbeat(genuine)]);
      expect(errors[0]).toContain(subjects.raft(forged));
    });

    test('keeps users away from members, from administration and from other inboxes', async () => {
      const errors: string[] = [];
      const alice = await connect('alice', { onError: (text) => errors.push(text) });
      const from = { channel: 'mychannel', to: 'orderer1', from: 'alice' };
      const forbidden = [
        subjects.raft(from),
        subjects.heartbeat(from),
        subjects.admin('orderer1', 'stop'),
        subjects.events('mychannel'),
        '_INBOX.orderer1.guess',
      ];
      for (const subject of forbidden) alice.publish(subject, bytesOf('x'));
      alice.subscribe('_INBOX.>', () => {});
      alice.subscribe('_INBOX.bob.>', () => {});
      alice.subscribe(subjects.raftFor('mychannel', 'orderer1'), () => {});
      alice.subscribe(subjects.submit('mychannel'), () => {}, { queue: 'q' });
      await eventually(() => errors.length === forbidden.length + 4);
      expect(alice.connected).toBe(true);
    });

    test('answers a request that the server does not let through as not allowed, at once', async () => {
      const alice = await connect('alice');
      const outcomes = await Promise.all([
        ask(alice, subjects.admin('orderer1', 'stop'), '', { timeoutMs: 60_000 }),
        ask(alice, subjects.admin('orderer1', 'stop'), '', { timeoutMs: 60_000 }),
        ask(alice, subjects.info('mychannel')),
      ]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['reply', 'reply', 'noResponders']);
      const [first] = outcomes;
      if (first?.kind !== 'reply') throw new Error('no reply');
      expect(first.message.header('Nats-Service-Error-Code')).toBe('403');
      expect(JSON.parse(textOf(first.message))).toMatchObject({
        status: 403,
        error: { code: 'NOT_ALLOWED', retryable: false },
      });
    });

    test('lets a user ask an orderer and acknowledge what it sends, once', async () => {
      const errors: string[] = [];
      const orderer = await connect('orderer1');
      const alice = await connect('alice', { onError: (text) => errors.push(text) });
      const acknowledged: string[] = [];
      const acknowledgements = orderer.createInbox();
      orderer.subscribe(acknowledgements, (message) => acknowledged.push(textOf(message)));
      orderer.serve(
        serviceAt(subjects.deliver('mychannel'), (request) => {
          orderer.publish(request.reply ?? '', bytesOf('block'), { reply: acknowledgements });
        }),
      );
      await settled(orderer);
      const inbox = alice.createInbox();
      alice.subscribe(inbox, (message) => {
        alice.publish(message.reply ?? '', bytesOf('one'));
        alice.publish(message.reply ?? '', bytesOf('two'));
      });
      alice.publish(subjects.deliver('mychannel'), bytesOf('{}'), { reply: inbox });
      await eventually(() => acknowledged.length > 0 && errors.length > 0);
      expect(acknowledged).toEqual(['one']);
    });

    test('answers discovery as ADR-32 says', async () => {
      const bus = await connect();
      bus.serve(serviceAt('door', echo));
      await settled(bus);
      await askText(bus, 'door', 'x');
      const ping = JSON.parse(await askText(bus, '$SRV.PING'));
      expect(ping).toMatchObject({
        type: 'io.nats.micro.v1.ping_response',
        name: 'cairn',
        version: '1.2.3',
        metadata: { channel: 'mychannel', orderer: 'orderer1' },
      });
      const info = JSON.parse(await askText(bus, '$SRV.INFO.cairn'));
      expect(info.endpoints).toEqual([
        { name: 'door', subject: 'door', queue_group: 'q', metadata: { verb: 'door' } },
      ]);
      const statistics = JSON.parse(await askText(bus, `$SRV.STATS.cairn.${ping.id}`));
      expect(statistics.endpoints[0]).toMatchObject({ num_requests: 1, num_errors: 0 });
    });

    test('shares requests among instances of a service', async () => {
      const bus = await connect();
      const counts = [0, 0];
      for (const instance of [0, 1]) {
        bus.serve(
          serviceAt('door', (request) => {
            counts[instance] = (counts[instance] ?? 0) + 1;
            echo(request);
          }),
        );
      }
      await settled(bus);
      for (let number = 0; number < 40; number++) await askText(bus, 'door', 'x');
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(40);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    });

    test('marks an error reply and counts it', async () => {
      const bus = await connect();
      bus.serve(
        serviceAt('door', (request) =>
          request.respondError(503, 'no leader\r\nnow', bytesOf('{"status":503}')),
        ),
      );
      await settled(bus);
      const outcome = await ask(bus, 'door');
      if (outcome.kind !== 'reply') throw new Error(outcome.kind);
      expect(outcome.message.header('Nats-Service-Error-Code')).toBe('503');
      expect(outcome.message.header('Nats-Service-Error')).toBe('no leader now');
      expect(textOf(outcome.message)).toBe('{"status":503}');
      const statistics = JSON.parse(await askText(bus, '$SRV.STATS.cairn'));
      expect(statistics.endpoints[0]).toMatchObject({
        num_requests: 1,
        num_errors: 1,
        last_error: 'no leader now',
      });
    });

    test('hands over what was delivered before a service stopped, and then nothing', async () => {
      const bus = await connect();
      const client = await connect();
      let handled = 0;
      const service = bus.serve(
        serviceAt('door', (request) => {
          handled += 1;
          service.close();
          request.respond(bytesOf('answered'));
        }),
      );
      await settled(bus);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => ask(client, 'door', 'x', { timeoutMs: 2000 })),
      );
      expect(outcomes.filter((outcome) => outcome.kind === 'timeout')).toEqual([]);
      expect(outcomes.filter((outcome) => outcome.kind === 'reply')).toHaveLength(handled);
      expect(handled).toBeGreaterThan(0);
      expect(await ask(client, 'door')).toEqual({ kind: 'noResponders' });
      expect(await ask(client, '$SRV.PING.cairn')).toEqual({ kind: 'noResponders' });
    });

    test('does not let a requester choose what an orderer publishes on', async () => {
      const bus = await connect();
      let submitted = 0;
      bus.subscribe(subjects.submit('mychannel'), () => submitted++);
      bus.serve(serviceAt('door', echo));
      await settled(bus);
      bus.publish('door', bytesOf('a forged transaction'), { reply: subjects.submit('mychannel') });
      bus.publish('$SRV.PING', bytesOf(''), { reply: subjects.submit('mychannel') });
      await settled(bus);
      expect(submitted).toBe(0);
      const statistics = JSON.parse(await askText(bus, '$SRV.STATS.cairn'));
      expect(statistics.endpoints[0]).toMatchObject({ num_requests: 1, num_errors: 1 });
    });

    test('is silent once closed', async () => {
      const bus = await connect();
      const other = await connect();
      let received = 0;
      bus.subscribe('news', () => received++);
      await settled(bus);
      const open = ask(bus, 'news.silent', '', { timeoutMs: 60_000 });
      await bus.close();
      await bus.close();
      expect(['disconnected', 'noResponders']).toContain((await open).kind);
      expect(bus.connected).toBe(false);
      expect(bus.publish('news', bytesOf(''))).toBe(false);
      expect(await ask(bus, 'news')).toEqual({ kind: 'disconnected' });
      other.publish('news', bytesOf(''));
      await settled(other);
      expect(received).toBe(0);
    });
  });
}
