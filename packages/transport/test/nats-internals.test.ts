/**
 * Content and order must be the library's own, whatever the shortcuts do: the same messages go through the real parser
 * in random pieces, and through a real server in bursts, over a lost connection, and with internals that are missing.
 */
import fc from 'fast-check';
import { connect as connectBare, type NatsConnection } from 'nats';
import { Kind, Parser } from 'nats/lib/nats-base-client/parser.js';
import { afterEach, describe, expect, test } from 'vitest';
// @boundaries-ignore the guarded server is shared by the tests of all packages
import { startNatsServer, type TestNatsServer } from '../../../test/support/nats-server.ts';
import { type Bus, type BusMessage, connectNatsBus } from '../src/index.ts';
import { natsInternalsOf } from '../src/nats-internals.ts';
import { eventually, settled } from './bus-conformance.ts';

const chunkBytes = 64 * 1024;
const payloadBytesMax = 1024 * 1024;
const borderSizes = [
  ...[0, 1, 2, 1000, 32_767, 32_768, 32_769, 100_000, 540_000],
  ...[-100, -30, -2, -1, 0, 1, 2, 30].map((offset) => chunkBytes + offset),
  ...[-100, -30, -2, -1, 0, 1, 2, 30].map((offset) => 3 * chunkBytes + offset),
  payloadBytesMax - 1,
  payloadBytesMax,
];

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Every message differs from every other in every region, so that a mixed-up piece cannot go unnoticed. */
function messageOf(seed: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = (seed + 1) * 2_654_435_761;
  for (let offset = 0; offset < size; offset += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[offset] = state >>> 24;
  }
  return bytes;
}

/** `expect` compares byte by byte and takes seconds for megabytes. */
function expectSame(received: readonly Uint8Array[], sent: readonly Uint8Array[]): void {
  expect(received.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
  const differing = sent.flatMap((bytes, position) =>
    Buffer.compare(bytes, received[position] as Uint8Array) === 0 ? [] : [position],
  );
  expect(differing).toEqual([]);
}

test('a library without its command is given a payload in one piece', () => {
  const protocol = { flushPending: () => {} };
  const internals = natsInternalsOf({ protocol });
  expect(internals.publishInPieces('news', [Uint8Array.of(1), Uint8Array.of(2)])).toBe(false);
});

test.each([
  {},
  { protocol: {} },
  { protocol: { connected: 1, outbound: {}, transport: {}, parser: {} } },
  { protocol: { flushPending: 1, resetOutbound: 1, parser: { parse: 1 } } },
])('a library that looks different inside is left to itself: %j', (connection) => {
  const internals = natsInternalsOf(connection);
  expect(internals.isConnected()).toBe(true);
  expect(internals.outboundBytes()).toBe(0);
  expect(() => internals.flush()).not.toThrow();
});

describe('reading in pieces', () => {
  interface Sample {
    readonly payload: Uint8Array;
    readonly header: string;
  }

  function wireOf({ payload, header }: Sample): Uint8Array {
    const size = header.length + payload.length;
    const line =
      header === ''
        ? `MSG news 1 inbox.reply ${size}\r\n`
        : `HMSG news 1 ${header.length} ${size}\r\n`;
    return Buffer.concat([Buffer.from(line + header), payload, Buffer.from('\r\n')]);
  }

  function piecesOf(wire: Uint8Array, pieceBytes: readonly number[]): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let offset = 0, turn = 0; offset < wire.length; turn += 1) {
      const length = pieceBytes[turn % pieceBytes.length] ?? 1;
      // As from a socket: every chunk in memory of its own.
      pieces.push(Buffer.from(wire.subarray(offset, offset + length)));
      offset += length;
    }
    return pieces;
  }

  function parse(pieces: readonly Uint8Array[], hide: (parser: Parser) => void = () => {}) {
    const received: { readonly subject: string; readonly data: Uint8Array }[] = [];
    const parser = new Parser({
      push(event) {
        if (event.kind !== Kind.MSG || !('msg' in event)) return;
        const { msg, data } = event as { msg: { subject: Uint8Array }; data: Uint8Array };
        received.push({ subject: Buffer.from(msg.subject).toString(), data });
      },
    });
    hide(parser);
    natsInternalsOf({ protocol: { parser } });
    for (const piece of pieces) parser.parse(piece);
    return received;
  }

  const samples = fc.array(
    fc.record({
      payload: fc
        .tuple(fc.nat(), fc.oneof(fc.nat(300), fc.nat(30_000)))
        .map(([seed, size]) => messageOf(seed, size)),
      header: fc.constantFrom('', 'NATS/1.0\r\nA: b\r\n\r\n'),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const splits = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 9000 })),
    {
      minLength: 1,
      maxLength: 8,
    },
  );

  function contentOf({ header, payload }: Sample): Uint8Array {
    return Buffer.concat([Buffer.from(header), payload]);
  }

  test('gives the messages that were sent, wherever the pieces end', () => {
    fc.assert(
      fc.property(samples, splits, (sent, pieceBytes) => {
        const received = parse(piecesOf(Buffer.concat(sent.map(wireOf)), pieceBytes));
        expectSame(
          received.map(({ data }) => data),
          sent.map(contentOf),
        );
        expect(new Set(received.map(({ subject }) => subject))).toEqual(new Set(['news']));
      }),
      { numRuns: 150 },
    );
  });

  test.each(borderSizes)('a message of %i bytes in chunks of a socket', (size) => {
    const sent = [5, size, 7, size].map((length, seed) => ({
      payload: messageOf(seed, length),
      header: '',
    }));
    const received = parse(piecesOf(Buffer.concat(sent.map(wireOf)), [chunkBytes]));
    expectSame(
      received.map(({ data }) => data),
      sent.map(contentOf),
    );
  });

  test('a message that spans chunks has memory of its own, and exactly enough', () => {
    const sent = [1, 2, 3].map((seed) => ({ payload: messageOf(seed, 540_000), header: '' }));
    const received = parse(piecesOf(Buffer.concat(sent.map(wireOf)), [chunkBytes]));
    expect(received.map(({ data }) => data.buffer.byteLength)).toEqual([540_000, 540_000, 540_000]);
    expect(new Set(received.map(({ data }) => data.buffer)).size).toBe(3);
  });

  test('an announced size that no server may have reserves nothing', () => {
    const line = Buffer.from('MSG news 1 4000000000\r\nfirst bytes');
    expect(() => parse([line, Buffer.from('and more')])).not.toThrow();
  });

  test('a buffer that looks different inside is left to grow as it does', () => {
    const sent = [1, 2, 3].map((seed) => ({ payload: messageOf(seed, 300_000), header: '' }));
    const pieces = piecesOf(Buffer.concat(sent.map(wireOf)), [chunkBytes]);
    const received = parse(pieces, hideMemoryOfMessage);
    expectSame(
      received.map(({ data }) => data),
      sent.map(contentOf),
    );
    expect(received[0]?.data.buffer.byteLength).toBeGreaterThan(300_000);
  });

  /** What the parser itself uses of the buffer stays; what is ours to look at is gone. */
  function hideMemoryOfMessage(parser: Parser): void {
    let shown: object | undefined;
    Object.defineProperty(parser, 'msgBuf', {
      get: () => shown,
      set(buffer: NonNullable<Parser['msgBuf']> | undefined) {
        shown = buffer && {
          get length() {
            return buffer.length;
          },
          bytes: buffer.bytes.bind(buffer),
          write: buffer.write.bind(buffer),
          writeByte: buffer.writeByte.bind(buffer),
        };
      },
    });
  }
});

async function startServer(port?: number): Promise<TestNatsServer> {
  const server = await startNatsServer(port === undefined ? {} : { port });
  cleanups.push(() => server.stop());
  return server;
}

async function connect(server: TestNatsServer): Promise<Bus> {
  const options = { servers: [server.url], credentials: { kind: 'none' }, name: 'test' } as const;
  const bus = await connectNatsBus(options);
  cleanups.push(() => bus.close());
  return bus;
}

async function collect(bus: Bus): Promise<BusMessage[]> {
  const received: BusMessage[] = [];
  bus.subscribe('news', (message) => received.push(message));
  await settled(bus);
  return received;
}

/** A small piece, a large one and an empty one, as far as there is enough. */
function inPieces(payload: Uint8Array): readonly Uint8Array[] {
  return [
    payload.subarray(0, 90),
    payload.subarray(90, -3),
    new Uint8Array(0),
    payload.subarray(Math.max(90, payload.length - 3)),
  ];
}

function payloadsOf(messages: readonly BusMessage[]): readonly Uint8Array[] {
  return messages.map(({ payload }) => payload);
}

describe('through a server', () => {
  test('small and large messages arrive whole and in the order they were published in', async () => {
    const server = await startServer();
    const [publisher, subscriber] = [await connect(server), await connect(server)];
    const received = await collect(subscriber);
    const sizes = borderSizes.flatMap((size) => [3, size, 200, 0, 17]);
    const sent = sizes.map((size, seed) => messageOf(seed, size));
    for (const [position, payload] of sent.entries()) {
      const headers =
        position % 3 === 0 && payload.length < 600_000 ? { position: `${position}` } : {};
      const isInPieces = position % 4 === 1;
      const shown = isInPieces ? inPieces(payload) : payload;
      expect(publisher.publish('news', shown, { headers })).toBe(true);
      if (position % 7 === 0) publisher.flush();
      if (position % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => received.length === sent.length);
    expectSame(payloadsOf(received), sent);
    expect(received[3]?.header('position')).toBe('3');
  });

  test('large messages to a server that stands still wait whole and in order', async () => {
    const server = await startServer();
    const [publisher, subscriber] = [await connect(server), await connect(server)];
    const received = await collect(subscriber);
    const sent = Array.from({ length: 40 }, (_, seed) => messageOf(seed, seed % 2 ? 300_000 : 10));
    process.kill(server.pid, 'SIGSTOP');
    try {
      for (const payload of sent) {
        expect(publisher.publish('news', payload)).toBe(true);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await eventually(() => received.length === sent.length);
    expectSame(payloadsOf(received), sent);
  });

  test('a connection lost in the middle loses whole messages, and its successor reads as well', async () => {
    const server = await startServer();
    const [publisher, subscriber] = [await connect(server), await connect(server)];
    const received = await collect(subscriber);
    const sent = new Map<string, number>();
    const publish = (seed: number, size: number): boolean => {
      const payload = messageOf(seed, size);
      sent.set(Buffer.from(payload).toString('base64'), seed);
      return publisher.publish('news', payload);
    };
    for (let seed = 0; seed < 20; seed += 1) publish(seed, seed % 2 ? 400_000 : 20);
    const stopped = server.stop();
    await eventually(() => !publisher.connected && !subscriber.connected);
    await stopped;
    expect(publish(1000, 400_000)).toBe(false);
    await startServer(server.port);
    await eventually(() => publisher.connected && subscriber.connected);
    await settled(subscriber);
    for (let seed = 2000; seed < 2010; seed += 1) publish(seed, seed % 2 ? 400_000 : 20);
    await settled(publisher);
    await settled(subscriber);
    const seeds = received.map(({ payload }) => sent.get(Buffer.from(payload).toString('base64')));
    expect(seeds).not.toContain(undefined);
    expect(seeds).not.toContain(1000);
    expect(seeds).toEqual([...seeds].sort((a, b) => Number(a) - Number(b)));
    expect(seeds.slice(-10)).toEqual(Array.from({ length: 10 }, (_, step) => 2000 + step));
    expect(received.at(-1)?.payload.buffer.byteLength).toBe(400_000);
  });
});

describe('an internal that is missing', () => {
  interface Opened {
    readonly protocol: {
      outbound: object;
      readonly transport: { readonly socket: { cork?: unknown } };
    };
  }

  /** What the library itself calls of its outbound buffer stays; what is ours to look at is gone. */
  function hideBuffers({ protocol }: Opened): void {
    const { outbound } = protocol;
    protocol.outbound = new Proxy(outbound, {
      get(target, name) {
        if (name === 'buffers') return undefined;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  function hideCork({ protocol }: Opened): void {
    protocol.transport.socket.cork = undefined;
  }

  async function publishThrough(connection: NatsConnection, subscriber: Bus): Promise<void> {
    const received = await collect(subscriber);
    const internals = natsInternalsOf(connection);
    const sent = [5, 300_000, 0, 70_000, 32_768].map((size, seed) => messageOf(seed, size));
    for (const payload of sent) connection.publish('news', payload);
    internals.flush();
    await eventually(() => received.length === sent.length);
    expectSame(payloadsOf(received), sent);
  }

  test.each([
    { hidden: 'nothing', hide: () => {} },
    { hidden: 'the outbound buffers', hide: hideBuffers },
    { hidden: "the socket's cork", hide: hideCork },
  ])('sends the same without $hidden', async ({ hide }) => {
    const server = await startServer();
    const connection = await connectBare({ servers: server.url });
    cleanups.push(() => connection.close());
    hide(connection as NatsConnection & Opened);
    await publishThrough(connection, await connect(server));
  });
});
