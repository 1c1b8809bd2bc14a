/**
 * The HTTP doors as `curl` sees them: every route, at the leader's and at a follower's, for a channel and against bad input.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { IndependentVerifier } from '../support/independent-verifier.ts';

let cluster: TestCluster;
let leader: string;
let follower: string;
let channelId: string;

const channels = { mychannel: 'channel: mychannel\n', audit: 'channel: audit\n' };

beforeAll(async () => {
  cluster = await startCluster({ orderers: 3, channels });
  leader = await cluster.waitForLeader();
  follower = cluster.names.find((name) => name !== leader)!;
  const verifier = new IndependentVerifier();
  verifier.add(cluster.genesis());
  channelId = verifier.channelId;
});

afterAll(() => cluster?.close());

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what is being tested.
  readonly json: any;
}

async function http(path: string, init: RequestInit = {}, at = follower): Promise<Reply> {
  const response = await fetch(`${cluster.place(at).http}${path}`, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const json = isJson ? JSON.parse(bytes.toString()) : null;
  return { status: response.status, headers: response.headers, bytes, json };
}

const post = (body: string, headers: Record<string, string> = {}, at = follower) =>
  http('/v1/channels/mychannel/transactions', { method: 'POST', body, headers }, at);

function expectRefusal(reply: Reply, status: number, code: string): void {
  expect(reply).toMatchObject({ status, json: { status, error: { code } } });
  expect(reply.json.error.message.length).toBeGreaterThan(10);
}

describe('Submitting over HTTP', () => {
  test("at a follower's door gets the leader's receipt", async () => {
    const { status, json } = await post('over http', { 'Idempotency-Key': 'http-1' });
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 200,
      channel: 'mychannel',
      channelId,
      id: 'http-1',
      block: expect.any(Number),
      index: 0,
      blockHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      duplicate: false,
    });
    const again = await post('over http', { 'Idempotency-Key': 'http-1' }, leader);
    expect(again.json).toEqual({ ...json, duplicate: true });
  });

  test('without a key makes one', async () => {
    expect((await post('no key')).json.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  test('refuses what cannot be ordered, with the status that NATS clients see', async () => {
    await post('one', { 'Idempotency-Key': 'http-2' });
    expectRefusal(await post('two', { 'Idempotency-Key': 'http-2' }), 409, 'ID_CONFLICT');
    expectRefusal(await post(''), 400, 'EMPTY_TRANSACTION');
    expectRefusal(await post('x'.repeat(300_000)), 413, 'TRANSACTION_TOO_LARGE');
    expectRefusal(await post('x'.repeat(3_000_000)), 413, 'TRANSACTION_TOO_LARGE');
    expectRefusal(await post('x', { 'Idempotency-Key': 'a b' }), 400, 'BAD_ID');
    expectRefusal(await post('x', { 'Idempotency-Key': 'config-9' }), 400, 'RESERVED_ID');
    expectRefusal(await post('x', { 'Cairn-Timeout-Ms': 'soon' }), 400, 'BAD_HEADER');
    const nowhere = '/v1/channels/nowhere/transactions';
    expectRefusal(await http(nowhere, { method: 'POST', body: 'x' }), 404, 'CHANNEL_NOT_FOUND');
  });

  test('takes bytes that are no text', async () => {
    const body = Buffer.from([0, 255, 128, 13, 10, 0]);
    const path = '/v1/channels/mychannel/transactions';
    const { json } = await http(path, { method: 'POST', body });
    const block = await http(`/v1/channels/mychannel/blocks/${json.block}`);
    expect(block.json.block.transactions[0].payload).toBe(body.toString('base64'));
  });
});

describe('Reading over HTTP', () => {
  test('a block, as JSON and as bytes, is the same everywhere and may be kept for ever', async () => {
    const { block: number, blockHash } = (await post('to read')).json;
    const path = `/v1/channels/mychannel/blocks/${number}`;
    const first = await http(path);
    expect(first.json.block).toMatchObject({ number, hash: blockHash, channelId });
    expect(first.headers.get('cache-control')).toMatch(/immutable/);
    const tag = first.headers.get('etag')!;
    expect(tag).toContain(blockHash);
    expect((await http(path, { headers: { 'If-None-Match': tag } })).status).toBe(304);
    const accept = { headers: { Accept: 'application/octet-stream' } };
    const copies = await Promise.all(cluster.names.map((name) => http(path, accept, name)));
    for (const copy of copies) {
      expect(copy.headers.get('content-type')).toBe('application/octet-stream');
      expect(copy.bytes.equals(copies[0]!.bytes)).toBe(true);
    }
  });

  test.each(['newest', 'config'])('the block %s is not kept for ever', async (name) => {
    const { status, headers, json } = await http(`/v1/channels/mychannel/blocks/${name}`);
    expect(status).toBe(200);
    expect(json.block.channel).toBe('mychannel');
    expect(headers.get('cache-control') ?? '').not.toMatch(/immutable/);
  });

  test('a block beyond the height is 404 with the height; no number is 400', async () => {
    const beyond = await http('/v1/channels/mychannel/blocks/999999');
    expectRefusal(beyond, 404, 'BLOCK_NOT_FOUND');
    expect(beyond.json.height ?? beyond.json.error.height).toEqual(expect.any(Number));
    expectRefusal(await http('/v1/channels/mychannel/blocks/latest'), 400, 'BAD_NUMBER');
    expectRefusal(await http('/v1/channels/mychannel/blocks/-1'), 400, 'BAD_NUMBER');
  });

  test('pages lead through the whole chain', async () => {
    for (let i = 0; i < 5; i++) await post(`page ${i}`);
    const numbers: number[] = [];
    let next: number | null = 0;
    while (next !== null) {
      const { json }: Reply = await http(
        `/v1/channels/mychannel/blocks?from=${next}&to=${next + 2}`,
      );
      numbers.push(...json.blocks.map((each: { number: number }) => each.number));
      const end: Reply = await http('/v1/channels/mychannel');
      next = numbers.length < end.json.height ? numbers.length : null;
    }
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expectRefusal(await http('/v1/channels/mychannel/blocks?from=x'), 400, 'BAD_NUMBER');
  });

  test('a transaction, a channel, all channels, the cluster', async () => {
    const { block, index } = (await post('where', { 'Idempotency-Key': 'a/b?c' })).json;
    const one = await http(`/v1/channels/mychannel/transactions/${encodeURIComponent('a/b?c')}`);
    expect(one.json).toMatchObject({ state: 'committed', id: 'a/b?c', block, index, channelId });
    const info = await http('/v1/channels/mychannel');
    expect(info.json).toMatchObject({ channel: 'mychannel', channelId, leader });
    expectRefusal(await http('/v1/channels/nowhere'), 404, 'CHANNEL_NOT_FOUND');
    const all = await http('/v1/channels');
    expect(all.json.channels.map((each: { channel: string }) => each.channel).sort()).toEqual([
      'audit',
      'mychannel',
    ]);
    const status = await http('/v1/cluster');
    expect(status.json.orderers).toHaveLength(3);
    const mine = status.json.channels.find(
      (each: { channel: string }) => each.channel === 'mychannel',
    );
    expect(mine).toMatchObject({ leader, voters: 3, up: 3, quorum: 2, problems: [] });
  });

  test('events come as they are made, and after Last-Event-ID none is skipped', async () => {
    const { block } = (await post('before the events')).json;
    const abort = new AbortController();
    const path = `${cluster.place(follower).http}/v1/channels/mychannel/events`;
    const response = await fetch(path, {
      headers: { 'Last-Event-ID': String(block - 1) },
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const { block: last } = (await post('during the events')).json;
    let text = '';
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk).toString();
      if (text.includes(`id: ${last}\n`)) break;
    }
    abort.abort();
    const ids = [...text.matchAll(/^id: ?(\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: last - block + 1 }, (_, i) => block + i));
    expect(text).toContain('event: block');
  });

  test('what is not there is 404, in JSON', async () => {
    expectRefusal(await http('/v2/nothing'), 404, 'NOT_FOUND');
    const paths = Object.keys((await http('/openapi.json')).json.paths);
    expect(paths).toContain('/v1/channels/{channel}/transactions');
    expect((await http('/')).status).toBe(200);
  });
});

describe('The operations listener', () => {
  const operations = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${cluster.place(leader).operations}${path}`, init);
    return { status: response.status, text: await response.text() };
  };

  test('says that it lives and is ready', async () => {
    expect((await operations('/livez')).status).toBe(200);
    const { status, text } = await operations('/readyz');
    expect(status).toBe(200);
    const { ready, channels: found } = JSON.parse(text);
    expect(ready).toBe(true);
    expect(found).toEqual([
      { channel: 'audit', problem: null },
      { channel: 'mychannel', problem: null },
    ]);
  });

  test('has a version, and a log level that can be changed', async () => {
    expect(JSON.parse((await operations('/version')).text)).toMatchObject({ name: leader });
    const body = JSON.stringify({ level: 'debug' });
    expect((await operations('/loglevel', { method: 'PUT', body })).status).toBe(200);
    expect(JSON.parse((await operations('/loglevel')).text)).toEqual({ level: 'debug' });
    expect(
      (await operations('/loglevel', { method: 'PUT', body: '{"level":"loud"}' })).status,
    ).toBe(400);
  });

  test.each([
    'cairn_raft_is_leader',
    'cairn_raft_leader_id',
    'cairn_raft_term',
    'cairn_raft_cluster_size',
    'cairn_raft_active_nodes',
    'cairn_raft_leader_changes_total',
    'cairn_raft_elections_total',
    'cairn_raft_commit_index',
    'cairn_raft_applied_index',
    'cairn_raft_follower_lag_blocks',
    'cairn_raft_blocks_in_flight',
    'cairn_raft_proposals_total',
    'cairn_raft_proposals_failed_total',
    'cairn_ledger_height',
    'cairn_ledger_transactions_total',
    'cairn_ledger_duplicates_total',
    'cairn_ledger_block_transactions',
    'cairn_ledger_block_bytes',
    'cairn_ledger_block_fill_seconds',
    'cairn_ledger_verify_failures_total',
    'cairn_submit_seconds',
    'cairn_submit_refused_total',
    'cairn_submit_queue_transactions',
    'cairn_submit_queue_bytes',
    'cairn_store_persist_seconds',
    'cairn_store_disk_bytes',
    'cairn_store_index_lag_blocks',
    'cairn_transport_messages_total',
    'cairn_transport_bytes_total',
    'cairn_transport_dropped_total',
    'cairn_transport_connected',
    'cairn_channel_status',
    'cairn_channel_relation',
    'cairn_build_info',
  ])('has the metric %s', async (name) => {
    expect((await operations('/metrics')).text).toContain(`# TYPE ${name} `);
  });
});
