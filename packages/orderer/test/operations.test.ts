import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StartError } from '../src/errors.ts';
import { runOrderer } from '../src/run-orderer.ts';
import { answerOf } from './support/json-answer.ts';
import { parsePrometheus } from './support/prometheus-text.ts';
import { RunningCluster, until } from './support/running-cluster.ts';

const names = ['orderer1', 'orderer2', 'orderer3'];
let cluster: RunningCluster;

beforeAll(async () => {
  cluster = await RunningCluster.start({ orderers: 3, channels: { mychannel: names } });
  await cluster.ready();
});
afterAll(() => cluster.end());

const at = (path: string, name = 'orderer1') => `${cluster.operations(name)}${path}`;

async function sumOf(metric: string): Promise<number> {
  const texts = await Promise.all(
    cluster.names.map(async (name) => (await fetch(at('/metrics', name))).text()),
  );
  return texts
    .flatMap(parsePrometheus)
    .filter(({ name }) => name === metric)
    .reduce((total, { value }) => total + value, 0);
}

describe('the operations listener', () => {
  test('says that the process lives and that its channels are ready', async () => {
    expect((await answerOf(at('/livez'))).status).toBe(200);
    const { status, json } = await answerOf(at('/readyz'));
    expect(status).toBe(200);
    expect(json).toEqual({ ready: true, channels: [{ channel: 'mychannel', problem: null }] });
  });

  test('says which version runs', async () => {
    const { json } = await answerOf(at('/version'));
    expect(json).toMatchObject({ name: 'orderer1', version: expect.stringMatching(/^\d+\.\d+/) });
  });

  test('serves metrics that Prometheus takes, one leader among them', async () => {
    const response = await fetch(at('/metrics'));
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await sumOf('cairn_raft_is_leader')).toBe(1);
    expect(await sumOf('cairn_transport_connected')).toBe(3);
    expect(await sumOf('cairn_build_info')).toBe(3);
    expect(await sumOf('cairn_store_disk_bytes')).toBeGreaterThan(0);
  });

  test('changes the level of every log at run time', async () => {
    const put = (body: string) => answerOf(at('/loglevel'), { method: 'PUT', body });
    expect((await answerOf(at('/loglevel'))).json).toEqual({ level: 'info' });
    const door = `${cluster.door('orderer1')}/v1/channels/mychannel/transactions`;
    const log = () => readFileSync(cluster.logFile('orderer1'), 'utf8');
    /** A trace that is not sampled is written at debug. */
    const submit = async (traceId: string) => {
      const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-00` };
      expect((await fetch(door, { method: 'POST', body: 'x', headers })).status).toBe(200);
    };
    const [atInfo, atDebug] = ['a'.repeat(32), 'b'.repeat(32)];
    await submit(atInfo);
    expect(await put('{"level":"debug"}')).toMatchObject({ status: 200, json: { level: 'debug' } });
    await submit(atDebug);
    await until(async () => log().includes(atDebug));
    expect(log()).not.toContain(atInfo);
    expect((await put('{"level":"info"}')).status).toBe(200);
    for (const body of ['{"level":"loud"}', '{}', 'debug', '[', 'x'.repeat(5000)]) {
      expect(await put(body)).toMatchObject({
        status: 400,
        json: { error: { code: 'MALFORMED_REQUEST' } },
      });
    }
    expect((await answerOf(at('/loglevel'))).json).toEqual({ level: 'info' });
  });

  test('answers what it does not know with 404 in JSON', async () => {
    const { status, json } = await answerOf(at('/nothing'));
    expect(status).toBe(404);
    expect(json).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });
});

describe('a port that is taken', () => {
  test('ends the start with one sentence that names it, and nothing is left open', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as { port: number };
    try {
      for (const listener of ['http', 'operations'] as const) {
        await cluster.stopOrderer('orderer3');
        const config = cluster.configOf('orderer3');
        const busy = { ...config, [listener]: { host: '127.0.0.1', port } };
        const fatal = (error: Error) => {
          throw error;
        };
        const error = await runOrderer(busy, { fatal }).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(StartError);
        expect(error).toMatchObject({ code: 'PORT_IN_USE', exitCode: 4 });
        expect((error as StartError).message).toContain(`Port ${port}`);
        expect((error as StartError).message).toContain(`"${listener}.port"`);
        await cluster.startOrderer('orderer3');
      }
    } finally {
      holder.close();
    }
    await cluster.ready();
  });
});

describe('when members are gone', () => {
  test('readyz is 503 and names the channel; the metrics stay true', async () => {
    await cluster.stopOrderer('orderer2');
    await until(async () => (await sumOf('cairn_raft_is_leader')) === 1);
    await until(async () => (await sumOf('cairn_raft_active_nodes')) === 2);
    await cluster.stopOrderer('orderer3');
    await until(async () => (await fetch(at('/readyz'))).status === 503);
    const { json } = await answerOf(at('/readyz'));
    expect(json).toMatchObject({ ready: false, channels: [{ channel: 'mychannel' }] });
    expect(json.channels[0].problem).toContain('no leader');
    expect(await sumOf('cairn_raft_is_leader')).toBe(0);
    expect(await sumOf('cairn_raft_cluster_size')).toBe(3);
    await cluster.startOrderer('orderer2');
    await until(async () => (await sumOf('cairn_raft_is_leader')) === 1);
  });

  test('readyz is 503 without NATS, and the HTTP door says so too', async () => {
    await cluster.nats.stop();
    await until(async () => (await fetch(at('/readyz'))).status === 503);
    expect((await answerOf(at('/readyz'))).json.channels[0].problem).toContain('NATS');
    expect(await sumOf('cairn_transport_connected')).toBe(0);
    const url = `${cluster.door('orderer1')}/v1/channels/mychannel`;
    expect(await answerOf(url)).toMatchObject({
      status: 503,
      json: { error: { code: 'DISCONNECTED', retryable: true } },
    });
    const headers = { 'Cairn-Timeout-Ms': '200' };
    const submitted = await answerOf(`${url}/transactions`, { method: 'POST', body: 'x', headers });
    expect(submitted).toMatchObject({ status: 503, json: { error: { code: 'DISCONNECTED' } } });
  });
});
