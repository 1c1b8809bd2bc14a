import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection, NatsError, nkeyAuthenticator } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import { ask } from '../support/bare.ts';
import { makeCluster, type TestCluster } from '../support/cluster.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';
import type { GuardedProcess } from '../support/guarded-process.ts';
import { until } from '../support/until.ts';
import { composeServices } from './support/compose.ts';
import { type NatsPlace, natsPlaces, natsUrls, startNatsCluster } from './support/nats-cluster.ts';

let cluster: TestCluster;
let directory: GuardedDirectory;
let servers: ReadonlyMap<string, GuardedProcess>;
let places: NatsPlace[];

beforeAll(async () => {
  cluster = await makeCluster({ orderers: 3 });
  directory = makeGuardedDirectory('cairn-nats-cluster-');
  places = natsPlaces(Number(new URL(cluster.natsUrl).port));
  servers = await startNatsCluster({
    directory: directory.path,
    usersFile: join(cluster.directory, 'nats', 'users.conf'),
    places,
  });
  // Each orderer at first with another server, so that what they say crosses the routes.
  await Promise.all(
    cluster.names.map((name, at) =>
      cluster.start(name, { CAIRN_NATS_SERVERS: natsUrls(rotated(places, at)) }),
    ),
  );
  await cluster.waitForLeader();
});

afterAll(async () => {
  await cluster?.close();
  for (const server of servers?.values() ?? []) server.signal('SIGKILL');
  await directory?.remove();
});

const rotated = <T>(list: readonly T[], by: number): T[] => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
];

/** A stock client at one of the servers, with nothing but a login key, and what the server refused it. */
async function connectAt(server: number, user: string) {
  const nats = await connect({
    servers: natsUrls([places[server]!]),
    authenticator: nkeyAuthenticator(new TextEncoder().encode(cluster.seed(user))),
    inboxPrefix: `_INBOX.${user}`,
    reconnect: false,
  });
  const refused: string[] = [];
  void (async () => {
    for await (const { permissionContext } of nats.status()) {
      if (permissionContext !== undefined) {
        refused.push(`${permissionContext.operation} ${permissionContext.subject}`);
      }
    }
  })();
  return { nats, refused };
}

async function refusedTo(user: string, attempt: (nats: NatsConnection) => void) {
  const { nats, refused } = await connectAt(0, user);
  attempt(nats);
  await nats.flush();
  await until('the server has refused', () => refused.length > 0, 3_000).catch(() => {});
  await nats.close();
  return refused;
}

describe('three clustered servers with the configuration that compose uses', () => {
  test('carry a submission at one server to a block at another', async () => {
    const first = await connectAt(1, 'client');
    const receipt = await ask(first.nats, 'cairn.mychannel.submit', 'hello');
    expect(receipt).toMatchObject({ json: { status: 200 } });
    const { block } = (receipt as { json: { block: number } }).json;
    const second = await connectAt(2, 'client');
    const fetched = await ask(second.nats, 'cairn.mychannel.fetch', `${block}`);
    expect(fetched).toMatchObject({ json: { block: { number: block } } });
    await Promise.all([first.nats.close(), second.nats.close()]);
  });

  test('let nobody in without a key', async () => {
    const refusal = await connect({ servers: natsUrls(places), reconnect: false }).catch(
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(NatsError);
    expect((refusal as NatsError).isAuthError()).toBe(true);
  });

  test('let a client ask, and never speak as an orderer', async () => {
    for (const subject of [
      'cairn.mychannel.raft.orderer1.orderer2',
      'cairn.heartbeat.orderer1.orderer2',
      'cairn.mychannel.events',
      'cairn.admin.orderer1.stop',
      '_INBOX.orderer1.guess',
    ]) {
      const refused = await refusedTo('client', (nats) => nats.publish(subject));
      expect(refused).toEqual([`publish ${subject}`]);
    }
  });

  test('let no client listen where orderers speak', async () => {
    for (const subject of ['cairn.*.raft.>', 'cairn.heartbeat.>', 'cairn.mychannel.submit', '>']) {
      const refused = await refusedTo('client', (nats) => void nats.subscribe(subject));
      expect(refused).toEqual([`subscription ${subject}`]);
    }
  });

  test('let an orderer speak as itself and as nobody else', async () => {
    const own = ['cairn.mychannel.raft.orderer3.orderer2', 'cairn.heartbeat.orderer3.orderer2'];
    const speaking = (subjects: readonly string[]) => (nats: NatsConnection) => {
      for (const subject of subjects) nats.publish(subject);
    };
    const others = own.map((subject) => subject.replace('orderer2', 'orderer1'));
    const refused = await refusedTo('orderer2', speaking([...own, ...others]));
    expect(refused).toEqual(others.map((subject) => `publish ${subject}`));
  });

  test('serve an upgrade: each orderer in turn, when the one before is ready, and nobody is refused', async () => {
    const channel = (await cluster.sdk()).channel('mychannel', { genesis: cluster.genesis() });
    let submitted = 0;
    let isOver = false;
    const submitting = (async () => {
      while (!isOver) await channel.submit(`during the upgrade ${submitted++}`);
    })();
    for (const [at, name] of cluster.names.entries()) {
      expect(await cluster.stop(name)).toBe(0);
      await cluster.start(name, { CAIRN_NATS_SERVERS: natsUrls(rotated(places, at)) });
      await until(`${name} is ready`, async () => (await cluster.readiness(name))?.ready);
    }
    isOver = true;
    await submitting;
    expect(submitted).toBeGreaterThan(10);
  });

  test('are more than one: with a server gone ordering goes on', async () => {
    servers.get('nats1')!.signal('SIGKILL');
    await servers.get('nats1')!.ended;
    const { nats } = await connectAt(1, 'client');
    const ordered = await until('something is ordered', async () => {
      const answer = await ask(nats, 'cairn.mychannel.submit', 'still here').catch(() => null);
      return answer !== null && answer !== 'no responders' && answer.json?.status === 200;
    });
    expect(ordered).toBe(true);
    await nats.close();
  });
});

test('the configuration says where it is used', () => {
  const { nats1 } = composeServices();
  const text = readFileSync(join(checkout, 'deploy', 'nats', 'nats-server.conf'), 'utf8');
  expect(nats1?.volumes).toContain('../nats/nats-server.conf:/etc/nats/nats-server.conf:ro');
  expect(nats1?.volumes).toContain('nats-users:/etc/nats/users:ro');
  expect(text).toContain('include "users/users.conf"');
});
