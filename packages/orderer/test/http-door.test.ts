import { request as httpRequest } from 'node:http';
import { decodeBlock, orThrow, toHex } from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  blockReplySchema,
  channelsSchema,
  clusterSchema,
  eventSchema,
  infoSchema,
  pageSchema,
  receiptSchema,
  refusalSchema,
  transactionReplySchema,
} from '../src/http/schemas.ts';
import { answerOf, type Json } from './support/json-answer.ts';
import { RunningCluster, until } from './support/running-cluster.ts';
import { readEvents } from './support/server-sent-events.ts';

// orderer1 to 3 order `mychannel`; orderer1 alone orders `alone`, which every door serves all the same.
const names = ['orderer1', 'orderer2', 'orderer3'];
let cluster: RunningCluster;

beforeAll(async () => {
  cluster = await RunningCluster.start({
    orderers: 3,
    channels: { mychannel: names, alone: ['orderer1'] },
    batch: { maxTransactions: 500, maxTransactionBytes: 4096 },
  });
  await cluster.ready();
});
afterAll(() => cluster.end());

const door = (path: string, orderer = 'orderer2') => `${cluster.door(orderer)}/v1${path}`;
const channel = (path = '', name = 'mychannel') => door(`/channels/${name}${path}`);

const get = (url: string, headers: Record<string, string> = {}) => answerOf(url, { headers });

function submit(
  payload: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  url?: string,
) {
  const target = url ?? channel('/transactions');
  return answerOf(target, { method: 'POST', body: payload, headers });
}

/** Chunked, as programs send what they do not know the length of. */
function submitInParts(parts: readonly Buffer[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = new URL(channel('/transactions'));
    const request = httpRequest(url, { method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    for (const part of parts) request.write(part);
    request.end();
  });
}

/** The status must be the one in the JSON, whose form must be that of a refusal. */
function expectRefused(answer: { status: number; json: Json }, status: number, code: string) {
  expect(refusalSchema.parse(answer.json).error.code).toBe(code);
  expect(answer.status).toBe(status);
  expect(answer.json.status).toBe(status);
}

describe('submitting over HTTP', () => {
  test('at any door gives a receipt, at the leader and at followers', async () => {
    for (const name of names) {
      const answer = await submit(
        `from ${name}`,
        {},
        door('/channels/mychannel/transactions', name),
      );
      expect(answer.status).toBe(200);
      expect(receiptSchema.parse(answer.json).duplicate).toBe(false);
    }
  });

  test('works for a channel the orderer of the door is no member of', async () => {
    const answer = await submit('x', {}, channel('/transactions', 'alone'));
    expect(answer.json).toMatchObject({ status: 200, channel: 'alone' });
  });

  test('takes the id from Idempotency-Key: again gives the same place, other bytes 409', async () => {
    const first = await submit('same', { 'Idempotency-Key': 'order-17' });
    const again = await submit('same', { 'Idempotency-Key': 'order-17' });
    expect(again.json).toEqual({ ...first.json, duplicate: true });
    expectRefused(await submit('other', { 'Idempotency-Key': 'order-17' }), 409, 'ID_CONFLICT');
  });

  test('keeps every byte of the payload', async () => {
    const payload = Uint8Array.from({ length: 256 }, (_, at) => at);
    const { json } = await submit(payload);
    const block = (await get(channel(`/blocks/${json.block}`))).json;
    expect(block.block.transactions[json.index].payload).toBe(
      Buffer.from(payload).toString('base64'),
    );
  });

  test('refuses what is wrong with the request, each with its own code', async () => {
    expectRefused(await submit(''), 400, 'EMPTY_TRANSACTION');
    expectRefused(await submit('x', { 'Idempotency-Key': 'two words' }), 400, 'BAD_ID');
    expectRefused(await submit('x', { 'Idempotency-Key': '' }), 400, 'BAD_ID');
    expectRefused(await submit('x', { 'Idempotency-Key': 'a'.repeat(65) }), 400, 'BAD_ID');
    expectRefused(await submit('x', { 'Idempotency-Key': 'config-3' }), 400, 'RESERVED_ID');
    expectRefused(await submit('x', { 'Cairn-Timeout-Ms': 'soon' }), 400, 'BAD_HEADER');
    expectRefused(await submit('x', { 'Cairn-Author': 'U' }), 400, 'BAD_HEADER');
    expectRefused(await submit('x'.repeat(5000)), 413, 'TRANSACTION_TOO_LARGE');
    expectRefused(await submit('x'.repeat(2_000_000)), 413, 'TRANSACTION_TOO_LARGE');
  });

  test('refuses an unknown channel with 404, and names that are none', async () => {
    for (const name of ['nowhere', 'my.channel', '*', '%3E', 'UPPER', 'submit']) {
      const answer = await submit('x', {}, channel('/transactions', name));
      expectRefused(answer, 404, 'CHANNEL_NOT_FOUND');
    }
  });

  test('takes a body whose length is not given, and bounds it', async () => {
    expect(await submitInParts([Buffer.from('two '), Buffer.from('parts')])).toBe(200);
    const part = Buffer.alloc(64 * 1024);
    expect(await submitInParts(Array.from({ length: 20 }, () => part))).toBe(413);
  });

  test('refuses the page of another origin, which a browser names', async () => {
    const answer = await submit('x', { Origin: 'https://elsewhere.example' });
    expectRefused(answer, 403, 'NOT_ALLOWED');
    expect((await submit('x', { Origin: cluster.door('orderer2') })).status).toBe(200);
  });
});

describe('reading blocks over HTTP', () => {
  test('by number and by name, as JSON', async () => {
    const height = (await get(channel())).json.height;
    const newest = await get(channel('/blocks/newest'));
    expect(newest.json.block.number).toBeGreaterThanOrEqual(height - 1);
    for (const name of ['0', 'oldest', 'config']) {
      const { json } = await get(channel(`/blocks/${name}`));
      expect(blockReplySchema.parse(json).block).toMatchObject({ number: 0, kind: 'config' });
    }
  });

  test('as canonical bytes when they are asked for', async () => {
    const response = await fetch(channel('/blocks/1'), {
      headers: { Accept: 'application/octet-stream' },
    });
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const block = orThrow(decodeBlock(nodeCrypto, new Uint8Array(await response.arrayBuffer())));
    const { json } = await get(channel('/blocks/1'), { Accept: 'text/html, */*;q=0.1' });
    expect(toHex(block.hash)).toBe(json.block.hash);
  });

  test('for ever: a number has a tag, and who has it is told so', async () => {
    const { response, json } = await get(channel('/blocks/1'));
    const tag = response.headers.get('etag') ?? '';
    expect(tag).toContain(json.block.hash);
    expect(response.headers.get('cache-control')).toContain('immutable');
    const again = await fetch(channel('/blocks/1'), {
      headers: { 'If-None-Match': `"a", ${tag}` },
    });
    expect(again.status).toBe(304);
    expect(again.headers.get('etag')).toBe(tag);
    expect(await again.text()).toBe('');
    const bytes = await fetch(channel('/blocks/1'), {
      headers: { Accept: 'application/octet-stream', 'If-None-Match': tag },
    });
    expect(bytes.status).toBe(200);
    expect(bytes.headers.get('etag')).not.toBe(tag);
  });

  test('newest is asked about every time', async () => {
    const { response } = await get(channel('/blocks/newest'));
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  test('refuses what is not there with 404 and the height, and what names no block with 400', async () => {
    const { height } = (await get(channel())).json;
    const beyond = await get(channel(`/blocks/${height + 10_000}`));
    expectRefused(beyond, 404, 'BLOCK_NOT_FOUND');
    expect(beyond.json.error.height).toBeGreaterThanOrEqual(height);
    const near = await get(channel(`/blocks/${height + 5}`), { 'Cairn-Wait-Ms': '50' });
    expectRefused(near, 404, 'BLOCK_NOT_FOUND');
    for (const name of ['latest', '-1', '1.5', '01', '99999999999999999999']) {
      expectRefused(await get(channel(`/blocks/${name}`)), 400, 'BAD_NUMBER');
    }
    expectRefused(await get(channel('/blocks/0', 'nowhere')), 404, 'CHANNEL_NOT_FOUND');
    expectRefused(await get(channel('/blocks/0'), { 'Cairn-Wait-Ms': 'x' }), 400, 'BAD_HEADER');
  });

  test('waits for a block that is about to be made', async () => {
    const { height } = (await get(channel())).json;
    const coming = get(channel(`/blocks/${height}`), { 'Cairn-Wait-Ms': '5000' });
    await submit('makes it');
    expect((await coming).json.block.number).toBe(height);
  });

  test('in pages that join up', async () => {
    while ((await get(channel())).json.height < 12) await submit('one more');
    const { height } = (await get(channel())).json;
    const page = (await get(channel('/blocks?from=2&to=10'))).json;
    expect(pageSchema.parse(page).next).toBe(null);
    expect(page.blocks.map(({ number }: Json) => number)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const all = (await get(channel('/blocks'))).json;
    expect(all.blocks).toHaveLength(Math.min(height, 100));
    expect((await get(channel(`/blocks?from=${height - 1}&to=${height + 900}`))).json.next).toBe(
      null,
    );
    expectRefused(await get(channel('/blocks?from=5&to=4')), 400, 'MALFORMED_REQUEST');
    expectRefused(await get(channel('/blocks?from=x')), 400, 'BAD_NUMBER');
    expectRefused(await get(channel(`/blocks?from=${height + 900}`)), 404, 'BLOCK_NOT_FOUND');
  });
});

describe('a block whose JSON is larger than a NATS message', () => {
  test('is served as JSON all the same, with the name of its proposer', async () => {
    const big = await RunningCluster.start({
      orderers: 1,
      channels: { big: ['orderer1'] },
      configuration: 'max_payload: 700000',
      batch: { maxTransactions: 5000, preferredBytes: 600 * 1024, maxTransactionBytes: 610 * 1024 },
    });
    try {
      await big.ready();
      const url = `${big.door('orderer1')}/v1/channels/big`;
      const first = await submit('x'.repeat(600 * 1024), {}, `${url}/transactions`);
      expect(first.status).toBe(200);
      const inBytes = await fetch(`${url}/blocks/1`, {
        headers: { Accept: 'application/octet-stream' },
      });
      expect((await inBytes.arrayBuffer()).byteLength).toBeGreaterThan(600 * 1024);
      const { json } = await get(`${url}/blocks/1`);
      expect(JSON.stringify(json).length).toBeGreaterThan(700_000);
      expect(blockReplySchema.parse(json).block.proposer).toBe('orderer1');
      expect((await get(`${url}/blocks?from=0&to=1`)).json.blocks[1]).toEqual(json.block);
    } finally {
      await big.end();
    }
  });
});

describe('telling over HTTP', () => {
  test('the channels of the whole cluster', async () => {
    const { json } = await get(door('/channels'));
    const { channels } = channelsSchema.parse(json);
    expect(channels.map((each) => each.channel)).toEqual(['alone', 'mychannel']);
  });

  test('one channel, as the door info does', async () => {
    const { status, json } = await get(channel());
    expect(status).toBe(200);
    expect(names).toContain(infoSchema.parse(json).leader);
    expectRefused(await get(channel('', 'nowhere')), 404, 'CHANNEL_NOT_FOUND');
  });

  test('the state of the cluster', async () => {
    const { json } = await get(door('/cluster'));
    const status = clusterSchema.parse(json);
    expect(status.orderers).toEqual(names.map((name) => ({ name, up: true })));
    const mychannel = status.channels.find((each) => each.channel === 'mychannel');
    expect(mychannel).toMatchObject({ voters: 3, up: 3, quorum: 2, problems: [] });
    expect(mychannel?.members.filter(({ state }) => state === 'leader')).toHaveLength(1);
  });

  test('where a transaction stands, by any id there can be', async () => {
    for (const id of ['plain', 'a/b', 'a%b', 'a%2Fb', 'a?b#c', '"\\', '~'.repeat(64)]) {
      const receipt = (await submit('y', { 'Idempotency-Key': id })).json;
      const reply = async () => {
        const { json } = await get(channel(`/transactions/${encodeURIComponent(id)}`));
        return transactionReplySchema.parse(json);
      };
      // A majority has it, and the orderer that is asked may not be of it yet.
      const place = { id, state: 'committed', block: receipt.block };
      await expect.poll(reply, { timeout: 5_000 }).toMatchObject(place);
    }
    expect((await get(channel('/transactions/never'))).json.state).toBe('unknown');
    expectRefused(await get(channel('/transactions/two%20words')), 400, 'BAD_ID');
    expectRefused(await get(channel('/transactions/x', 'nowhere')), 404, 'CHANNEL_NOT_FOUND');
  });
});

describe('following over HTTP', () => {
  test('sends each new block as an event and ends when the reader goes', async () => {
    const reader = await readEvents(channel('/events'));
    expect(reader.response.headers.get('content-type')).toContain('text/event-stream');
    const receipts = [(await submit('e1')).json, (await submit('e2')).json];
    const events = await reader.take(2);
    expect(events.map(({ id }) => Number(id))).toEqual(receipts.map(({ block }) => block));
    expect(events[0]!.event).toBe('block');
    expect(eventSchema.parse(JSON.parse(events[0]!.data)).block.number).toBe(receipts[0].block);
    reader.close();
  });

  test('skips none after Last-Event-ID', async () => {
    const { height } = (await get(channel())).json;
    const reader = await readEvents(channel('/events'), { 'Last-Event-ID': '0' });
    const events = await reader.take(height - 1);
    expect(events.map(({ id }) => Number(id))).toEqual(
      Array.from({ length: height - 1 }, (_, at) => at + 1),
    );
    reader.close();
  });

  test('refuses before it begins: unknown channel, bad header', async () => {
    expectRefused(await get(channel('/events', 'nowhere')), 404, 'CHANNEL_NOT_FOUND');
    const answer = await get(channel('/events'), { 'Last-Event-ID': 'yesterday' });
    expectRefused(answer, 400, 'BAD_HEADER');
  });
});

describe('the rest of the HTTP door', () => {
  test('is 404 in JSON that says where to look', async () => {
    const answer = await get(`${cluster.door('orderer1')}/v2/nothing`);
    expectRefused(answer, 404, 'NOT_FOUND');
    expect(answer.json.error.message).toContain('/openapi.json');
    const wrong = await fetch(channel('/blocks/0'), { method: 'DELETE' });
    expect(wrong.status).toBe(404);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  test('answers HEAD without a body and OPTIONS with what is allowed', async () => {
    const head = await fetch(channel('/blocks/0'), { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('etag')).not.toBe(null);
    expect(await head.text()).toBe('');
    const options = await fetch(channel('/transactions'), { method: 'OPTIONS' });
    expect(options.status).toBe(204);
    expect(options.headers.get('allow')).toBe('POST, OPTIONS');
  });

  test('describes every route in /openapi.json', async () => {
    const { json } = await get(`${cluster.door('orderer1')}/openapi.json`);
    expect(json.openapi).toBe('3.1.0');
    expect(Object.keys(json.paths).sort()).toEqual([
      '/v1/channels',
      '/v1/channels/{channel}',
      '/v1/channels/{channel}/blocks',
      '/v1/channels/{channel}/blocks/{block}',
      '/v1/channels/{channel}/events',
      '/v1/channels/{channel}/transactions',
      '/v1/channels/{channel}/transactions/{id}',
      '/v1/cluster',
    ]);
    const { parameters } = json.paths['/v1/channels/{channel}/transactions'].post;
    expect(parameters.find((each: Json) => each.name === 'channel').required).toBe(true);
    expect(parameters.find((each: Json) => each.name === 'Idempotency-Key').required).toBe(false);
  });

  test('has a page at / that says what there is', async () => {
    const text = await (await fetch(cluster.door('orderer1'))).text();
    expect(text).toContain('/v1/channels/{channel}/transactions');
  });
});

describe('without a leader', () => {
  test('submitting again under the same id gets through a planned stop, and ends with 503 NO_LEADER when no quorum is left', async () => {
    const leader = (await get(channel())).json.leader as string;
    const others = names.filter((name) => name !== leader);
    const url = door('/channels/mychannel/transactions', others[0]!);
    const stopping = cluster.stopOrderer(leader);
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        until(async () => {
          const answer = await submit(`during ${at}`, { 'Idempotency-Key': `during-${at}` }, url);
          if (answer.status === 503) expect(answer.json.error.retryable).toBe(true);
          else expect(answer.status).toBe(200);
          return answer.status === 200;
        }),
      ),
    );
    await stopping;
    await cluster.stopOrderer(others[1]!);
    await until(async () => {
      const answer = await submit('none', { 'Cairn-Timeout-Ms': '300' }, url);
      return answer.status === 503 && answer.json.error.code === 'NO_LEADER';
    });
    expect((await get(door('/channels/mychannel/blocks/0', others[0]!))).status).toBe(200);
  });
});
