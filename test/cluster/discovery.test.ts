/**
 * What a stock NATS client finds: services by discovery, nobody where nothing is, and what the broker's permissions keep
 * from clients and from other orderers.
 */
import { connect, createInbox, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, askAnswered } from '../support/bare.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster;
let nats: NatsConnection;
let leader: string;

beforeAll(async () => {
  cluster = await startCluster({ orderers: 3 });
  nats = await cluster.bare();
  leader = await cluster.waitForLeader();
});

afterAll(() => cluster?.close());

describe('What is not there', () => {
  test.each([['submit'], ['batch'], ['fetch'], ['deliver'], ['transaction'], ['info']])(
    'a channel nobody has: no responders at %s',
    async (door) => {
      expect(await ask(nats, `cairn.nowhere.${door}`, 'newest')).toBe('no responders');
    },
  );

  test('an orderer nobody has: no responders', async () => {
    expect(await ask(nats, 'cairn.mychannel.info.orderer9')).toBe('no responders');
  });
});

describe('Discovery', () => {
  const discover = async (verb: string) => {
    const replies = createInbox();
    const subscription = nats.subscribe(replies);
    nats.publish(`$SRV.${verb}.cairn`, '', { reply: replies });
    setTimeout(() => subscription.unsubscribe(), 500);
    // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is being tested.
    const found: any[] = [];
    for await (const reply of subscription) found.push(reply.json());
    return found;
  };

  test('$SRV.PING finds one service of every orderer, and one more of the leader', async () => {
    const found = await discover('PING');
    const orderers = found.map(({ metadata }) => metadata.orderer).sort();
    expect(orderers).toEqual([...cluster.names, leader].sort());
    for (const service of found) {
      expect(service).toMatchObject({ name: 'cairn', type: 'io.nats.micro.v1.ping_response' });
      expect(service.metadata.channel).toBe('mychannel');
    }
  });

  test('$SRV.INFO lists the doors, submit and batch at the leader only', async () => {
    const found = await discover('INFO');
    const holding = (door: string) =>
      found
        .filter(({ endpoints }) =>
          endpoints.some(
            ({ subject }: { subject: string }) => subject === `cairn.mychannel.${door}`,
          ),
        )
        .map(({ metadata }) => metadata.orderer);
    expect(holding('submit')).toEqual([leader]);
    expect(holding('batch')).toEqual([leader]);
    for (const door of ['fetch', 'deliver', 'transaction', 'info']) {
      expect(holding(door).sort()).toEqual([...cluster.names].sort());
    }
  });

  test('$SRV.STATS counts requests and errors', async () => {
    const errorsBefore = await refusedByLeader();
    await askAnswered(nats, 'cairn.mychannel.submit', '');
    expect(await refusedByLeader()).toBe(errorsBefore + 1);
  });

  const refusedByLeader = async () => {
    const endpoints = (await discover('STATS')).flatMap((service) => service.endpoints);
    const door = endpoints.find(({ subject }) => subject === 'cairn.mychannel.submit');
    expect(door.num_requests).toBeGreaterThanOrEqual(door.num_errors);
    expect(door.queue_group).toBe('q');
    return door.num_errors as number;
  };
});

/** What the server says about the last thing this connection did. */
async function violation(connection: NatsConnection, act: () => void): Promise<string> {
  const statuses = connection.status();
  act();
  await connection.flush();
  for await (const { type, data } of statuses) if (`${type}` === 'error') return `${data}`;
  return 'nothing';
}

describe('Permissions', () => {
  test.each([
    ['cairn.mychannel.raft.orderer1.orderer2'],
    ['cairn.heartbeat.orderer1.orderer2'],
    ['cairn.mychannel.events'],
    ['cairn.admin.orderer1.stop'],
  ])('a client cannot publish %s', async (subject) => {
    const client = await cluster.bare();
    expect(await violation(client, () => client.publish(subject, 'x'))).toContain('PERMISSIONS');
  });

  test.each([
    ['cairn.mychannel.raft.orderer1.*'],
    ['cairn.>'],
    ['_INBOX.orderer1.>'],
    ['cairn.mychannel.submit'],
    ['cairn.mychannel.fetch.orderer1'],
  ])('a client cannot subscribe to %s', async (subject) => {
    const client = await cluster.bare();
    const said = await violation(client, () => {
      client.subscribe(subject, { callback: () => {} });
    });
    expect(said).toContain('PERMISSIONS');
  });

  test.each([
    ['cairn.mychannel.raft.orderer3.orderer2'],
    ['cairn.heartbeat.orderer3.orderer2'],
    ['cairn.admin.orderer2.stop'],
  ])("an orderer cannot publish %s, which is another's", async (subject) => {
    const orderer = await cluster.bare('orderer1');
    expect(await violation(orderer, () => orderer.publish(subject, 'x'))).toContain('PERMISSIONS');
  });

  test('an orderer cannot hear what is addressed to another', async () => {
    const orderer = await cluster.bare('orderer1');
    const said = await violation(orderer, () => {
      orderer.subscribe('cairn.*.raft.orderer2.*', { callback: () => {} });
    });
    expect(said).toContain('PERMISSIONS');
  });

  test('without a key nobody gets in', async () => {
    await expect(connect({ servers: cluster.natsUrl, reconnect: false })).rejects.toThrow(
      /[Aa]uthorization/,
    );
  });
});
