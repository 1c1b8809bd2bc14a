import { Worker } from 'node:worker_threads';
import { connect as connectBare } from 'nats';
import { afterEach, describe, expect, test } from 'vitest';
// @boundaries-ignore the guarded server is shared by the tests of all packages
import { startNatsServer, type TestNatsServer } from '../../../test/support/nats-server.ts';
import {
  type Bus,
  CairnError,
  clientPermissions,
  connectNatsBus,
  createNkey,
  inboxPrefixOf,
  type NatsBusOptions,
  type Nkey,
  ordererPermissions,
  type SubjectPermissions,
} from '../src/index.ts';
import { bytesOf, describeBus, eventually, serviceAt, settled, textOf } from './bus-conformance.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startServer(configuration = '', port?: number): Promise<TestNatsServer> {
  const server = await startNatsServer({ configuration, ...(port !== undefined && { port }) });
  cleanups.push(() => server.stop());
  return server;
}

async function connect(
  server: TestNatsServer,
  options: Partial<NatsBusOptions> = {},
): Promise<Bus> {
  const bus = await connectNatsBus({
    servers: [server.url],
    credentials: { kind: 'none' },
    name: 'test',
    ...options,
  });
  cleanups.push(() => bus.close());
  return bus;
}

/** nats-server reads JSON as configuration. */
function userOf(publicKey: string, permissions: SubjectPermissions | null): object {
  if (permissions === null) return { nkey: publicKey };
  return {
    nkey: publicKey,
    permissions: {
      publish: { allow: permissions.publish },
      subscribe: { allow: permissions.subscribe },
      ...(permissions.allowResponses && { allow_responses: true }),
    },
  };
}

const keys: Record<string, Nkey> = {
  orderer1: createNkey(),
  orderer2: createNkey(),
  alice: createNkey(),
  bob: createNkey(),
  tester: createNkey(),
};

function permissionsOf(name: string): SubjectPermissions | null {
  if (/^orderer/.test(name)) return ordererPermissions('cairn', name);
  return name === 'tester' ? null : clientPermissions('cairn', name);
}

const users = Object.entries(keys).map(([name, { publicKey }]) =>
  userOf(publicKey, permissionsOf(name)),
);

describeBus('NATS bus', async () => {
  const configuration = `authorization: ${JSON.stringify({ users })}`;
  let server = await startNatsServer({ configuration });
  const { port, url } = server;
  return {
    connect: (name, options) =>
      connectNatsBus({
        servers: [url],
        credentials: { kind: 'nkeySeed', nkeySeed: keys[name]?.seed ?? '' },
        name,
        ...(name !== 'tester' && { inboxPrefix: inboxPrefixOf(name) }),
        ...options,
      }),
    stopServer: () => server.stop(),
    async startServer() {
      server = await startNatsServer({ configuration, port });
    },
    close: () => server.stop(),
  };
});

async function errorOf(attempt: Promise<unknown>): Promise<CairnError> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof CairnError) return error;
  throw new Error(`expected a CairnError, got ${String(error)}`);
}

describe('connecting', () => {
  const options = { credentials: { kind: 'none' }, name: 'test' } as const;

  test('says where nobody answers and what to do, without showing secrets', async () => {
    const server = await startServer();
    await server.stop();
    const servers = [`nats://alice:secret@127.0.0.1:${server.port}`];
    const error = await errorOf(connectNatsBus({ ...options, servers, connectTimeoutMs: 300 }));
    expect(error.code).toBe('NO_NATS');
    expect(error.message).toContain(`127.0.0.1:${server.port}`);
    expect(error.message).toContain('cairn up');
    expect(error.message).not.toContain('secret');
  });

  test('says at once that a login is refused', async () => {
    const server = await startServer('authorization: {user: alice, password: right}');
    const credentials = { kind: 'password', user: 'alice', password: 'wrong' } as const;
    const error = await errorOf(
      connectNatsBus({ ...options, credentials, servers: [server.url], connectTimeoutMs: 60_000 }),
    );
    expect(error.code).toBe('NOT_AUTHENTICATED');
  });

  test('takes user and password from the address', async () => {
    const server = await startServer('authorization: {user: alice, password: "p@ss"}');
    const bus = await connect(server, {
      servers: [`nats://alice:p%40ss@127.0.0.1:${server.port}`],
    });
    await settled(bus);
  });

  test('waits for a server that comes later, and gives up when told to', async () => {
    const server = await startServer();
    await server.stop();
    const errors: string[] = [];
    const waiting = {
      waitOnFirstConnect: true,
      connectTimeoutMs: 1,
      onError: (text: string) => errors.push(text),
    };
    const abort = new AbortController();
    const given = connectNatsBus({
      ...options,
      ...waiting,
      servers: [server.url],
      signal: abort.signal,
    });
    await eventually(() => errors.length > 0);
    abort.abort();
    expect((await errorOf(given)).code).toBe('NO_NATS');
    const connecting = connect(server, waiting);
    await startServer('', server.port);
    expect((await connecting).connected).toBe(true);
  });

  test('the last messages reach the server before close ends', async () => {
    const server = await startServer();
    const [first, second] = [await connect(server), await connect(server)];
    const received: string[] = [];
    second.subscribe('farewell', (message) => received.push(textOf(message)));
    await settled(second);
    first.publish('farewell', bytesOf('bye'));
    await first.close();
    await settled(second);
    expect(received).toEqual(['bye']);
  });

  test('tells the end of the connection', async () => {
    const server = await startServer();
    const ends: (string | null)[] = [];
    const bus = await connect(server, { onClosed: (reason) => ends.push(reason) });
    await bus.close();
    await eventually(() => ends.length > 0);
    expect(ends).toEqual([null]);
  });
});

describe('an unfriendly server or neighbour', () => {
  test('a slow consumer that is cut off connects again by itself', async () => {
    const server = await startServer('max_pending: 1100000\nwrite_deadline: "200ms"');
    const bus = await connect(server);
    let received = 0;
    const states: boolean[] = [];
    bus.subscribe('flood', () => received++);
    bus.onConnectionChange((connected) => states.push(connected));
    await settled(bus);
    const worker = floodFromElsewhere(server.port, 400);
    cleanups.push(() => worker.terminate());
    // The event loop stands still, as in a long garbage collection.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
    await eventually(() => states.length === 2);
    expect(states).toEqual([false, true]);
    expect(received).toBeLessThan(400);
    const before = received;
    await settled(bus);
    bus.publish('flood', bytesOf('x'));
    await settled(bus);
    expect(received).toBe(before + 1);
    expect(server.log()).toContain('Slow Consumer');
  });

  test('a server that stands still is given up, and found again when it moves', async () => {
    const server = await startServer();
    const bus = await connect(server);
    process.kill(server.pid, 'SIGSTOP');
    try {
      await eventually(() => !bus.connected, 12_000);
      expect(bus.publish('news', bytesOf('x'))).toBe(false);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await eventually(() => bus.connected);
    await settled(bus);
  });

  test('publishing to a server that reads nothing is refused when the bound is reached', async () => {
    const server = await startServer();
    const reasons: string[] = [];
    const bus = await connect(server, {
      outboundBytesMax: 8 * 1024 * 1024,
      onDropped: (reason) => reasons.push(reason),
    });
    process.kill(server.pid, 'SIGSTOP');
    let accepted = 0;
    while (accepted < 100 && bus.publish('news', new Uint8Array(500_000))) {
      accepted += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.kill(server.pid, 'SIGCONT');
    expect(accepted).toBeLessThan(100);
    expect(reasons).toEqual(['outboundFull']);
    await settled(bus);
  });

  test('header lines that cannot be parsed do not disturb the reader', async () => {
    const server = await startServer();
    const bus = await connect(server);
    const received: (string | undefined)[] = [];
    bus.subscribe('headed', (message) => received.push(message.header('Nats-Msg-Id')));
    await settled(bus);
    const header = 'NATS/1.0\r\nbad name\u00e9: x\r\nNats-Msg-Id: 1\r\n\r\n';
    const length = new TextEncoder().encode(header).length;
    await speakRaw(server.port, `HPUB headed ${length} ${length}\r\n${header}\r\n`);
    await eventually(() => received.length === 1);
    bus.publish('headed', bytesOf(''), { headers: { 'Nats-Msg-Id': 'fine' } });
    await eventually(() => received.length === 2);
    expect(received[1]).toBe('fine');
  });
});

test('a handler that throws is an uncaught exception, not the end of reading', async () => {
  const server = await startServer();
  const bus = await connect(server);
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  cleanups.push(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  const uncaught: unknown[] = [];
  process.on('uncaughtException', (error) => uncaught.push(error));
  const broken = new Error('an invariant is broken');
  bus.subscribe('news', () => {
    throw broken;
  });
  bus.publish('news', bytesOf('x'));
  await eventually(() => uncaught.length > 0);
  expect(uncaught).toEqual([broken]);
  await settled(bus);
});

test('a bare client discovers the services with the tools of its library', async () => {
  const server = await startServer();
  const bus = await connect(server);
  bus.serve(serviceAt('door', (request) => request.respond(request.payload)));
  bus.serve(
    serviceAt('other', (request) => request.respondError(503, 'no', bytesOf('{"status":503}'))),
  );
  await settled(bus);
  const bare = await connectBare({ servers: server.url });
  cleanups.push(() => bare.close());
  expect((await bare.request('door', 'hello')).string()).toBe('hello');
  const refused = await bare.request('other');
  expect(refused.headers?.get('Nats-Service-Error-Code')).toBe('503');
  const client = bare.services.client();
  const [pings, infos, stats] = [[], [], []] as object[][];
  for await (const ping of await client.ping('cairn')) pings?.push(ping);
  for await (const info of await client.info('cairn')) infos?.push(info);
  for await (const entry of await client.stats('cairn')) stats?.push(entry);
  expect(pings).toHaveLength(2);
  expect(infos).toHaveLength(2);
  expect(stats).toHaveLength(2);
  expect(JSON.stringify(stats)).toContain('"num_errors":1');
});

test('what was published leaves with flush, not when the turn ends', async () => {
  const server = await startServer();
  const bus = await connect(server);
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  const worker = rawWorker(
    server.port,
    `socket.on('data', (chunk) => {
       if (!String(chunk).includes('MSG news')) return;
       Atomics.store(workerData, 0, 1);
       Atomics.notify(workerData, 0);
     });
     socket.write('SUB news 1\\r\\nPING\\r\\n');`,
    arrived,
  );
  cleanups.push(() => worker.terminate());
  await new Promise((resolve) => worker.once('message', resolve));
  bus.publish('news', bytesOf('x'));
  // This thread stands still: neither a microtask nor a timer of the library can send now.
  expect(Atomics.wait(arrived, 0, 0, 100)).toBe('timed-out');
  bus.flush();
  expect(Atomics.wait(arrived, 0, 0, 10_000)).not.toBe('timed-out');
});

/** One connection of its own that says a line to the server and waits for the pong behind it. */
function speakRaw(port: number, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = rawWorker(port, `socket.write(${JSON.stringify(line)} + 'PING\\r\\n');`);
    worker.once('message', () => resolve());
    worker.once('error', reject);
    cleanups.push(() => worker.terminate());
  });
}

/** Publishes from another thread while this one stands still. */
function floodFromElsewhere(port: number, count: number): Worker {
  return rawWorker(
    port,
    `const payload = 'x'.repeat(100000);
     for (let n = 0; n < ${count}; n++) socket.write('PUB flood 100000\\r\\n' + payload + '\\r\\n');`,
  );
}

function rawWorker(port: number, script: string, workerData: unknown = null): Worker {
  return new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
       socket.write('CONNECT {"verbose":false,"headers":true,"no_responders":true}\\r\\n');
       ${script}
     });
     socket.on('data', (chunk) => {
       if (String(chunk).includes('PONG')) parentPort.postMessage('done');
       if (String(chunk).includes('PING')) socket.write('PONG\\r\\n');
     });`,
    { eval: true, workerData },
  );
}
