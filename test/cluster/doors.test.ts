/**
 * Every door of a channel, asked with a stock NATS client that knows nothing of Cairn but subjects and headers.
 */
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, askAnswered, batchFrame, transactionBytes } from '../support/bare.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { IndependentVerifier } from '../support/independent-verifier.ts';
import { until } from '../support/until.ts';

let cluster: TestCluster;
let nats: NatsConnection;
let leader: string;
let follower: string;
let channelId: string;

const hex32 = /^[0-9a-f]{64}$/;

beforeAll(async () => {
  cluster = await startCluster({ orderers: 3 });
  nats = await cluster.bare();
  leader = await cluster.waitForLeader();
  follower = cluster.names.find((name) => name !== leader)!;
  const verifier = new IndependentVerifier();
  verifier.add(cluster.genesis());
  channelId = verifier.channelId;
});

afterAll(() => cluster?.close());

const submit = (payload: string | Uint8Array, fields: Record<string, string> = {}) =>
  askAnswered(nats, 'cairn.mychannel.submit', payload, fields);

/** A refusal says the same in its body and in the headers of NATS services, and which channel it speaks of. */
function expectRefusal(answer: Answer, status: number, code: string): void {
  expect(answer.json).toMatchObject({ status, channelId, error: { code } });
  const { message, retryable } = answer.json.error;
  expect(message.length).toBeGreaterThan(10);
  expect(typeof retryable).toBe('boolean');
  expect(answer.headers['Nats-Service-Error-Code']).toBe(String(status));
  expect(answer.headers['Nats-Service-Error']).toBe(message);
}

describe('The door submit', () => {
  test('answers with a receipt, under the id in Nats-Msg-Id', async () => {
    const { json, headers } = await submit('hello', { 'Nats-Msg-Id': 'order-17' });
    expect(json).toEqual({
      status: 200,
      channel: 'mychannel',
      channelId,
      id: 'order-17',
      block: expect.any(Number),
      index: 0,
      blockHash: expect.stringMatching(hex32),
      duplicate: false,
    });
    expect(headers['Nats-Service-Error']).toBeUndefined();
  });

  test('makes an id where none is given', async () => {
    const { json } = await submit('no id');
    expect(json.status).toBe(200);
    expect(json.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test('answers the same id and bytes with the first receipt', async () => {
    const first = await submit('twice', { 'Nats-Msg-Id': 'twice-1' });
    const second = await submit('twice', { 'Nats-Msg-Id': 'twice-1' });
    expect(second.json).toEqual({ ...first.json, duplicate: true });
  });

  test('answers the same id submitted 20 times at once with one place', async () => {
    const asked = Array.from({ length: 20 }, () => submit('at once', { 'Nats-Msg-Id': 'once-1' }));
    const answers = (await Promise.all(asked)).map(({ json }) => json);
    expect(new Set(answers.map(({ block, index }) => `${block}/${index}`)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  });

  test('refuses the same id with other bytes: 409', async () => {
    await submit('one thing', { 'Nats-Msg-Id': 'conflict-1' });
    const answer = await submit('another thing', { 'Nats-Msg-Id': 'conflict-1' });
    expectRefusal(answer, 409, 'ID_CONFLICT');
  });

  test('refuses an empty payload: 400', async () => {
    expectRefusal(await submit(''), 400, 'EMPTY_TRANSACTION');
  });

  test('refuses what is larger than the channel allows, and takes what just fits: 413', async () => {
    const idBytes = 'large-1'.length;
    const fitting = 256 * 1024 - 3 - idBytes;
    const over = await submit(Buffer.alloc(fitting + 1, 'x'), { 'Nats-Msg-Id': 'large-1' });
    expectRefusal(over, 413, 'TRANSACTION_TOO_LARGE');
    const exact = await submit(Buffer.alloc(fitting, 'x'), { 'Nats-Msg-Id': 'large-1' });
    expect(exact.json).toMatchObject({ status: 200, duplicate: false });
  });

  test.each([
    ['with a space', 'a b'],
    ['of 65 bytes', 'x'.repeat(65)],
  ])('refuses an id %s: 400', async (_, id) => {
    expectRefusal(await submit('x', { 'Nats-Msg-Id': id }), 400, 'BAD_ID');
  });

  test('takes an id of 64 bytes with every printable kind of character', async () => {
    const id = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'.padEnd(64, 'z');
    expect((await submit('x', { 'Nats-Msg-Id': id })).json).toMatchObject({ status: 200, id });
  });

  test('refuses an id that configurations use: 400', async () => {
    const answer = await submit('x', { 'Nats-Msg-Id': 'config-7' });
    expectRefusal(answer, 400, 'RESERVED_ID');
  });

  test.each([['soon'], ['-1'], ['1.5']])('refuses Cairn-Timeout-Ms %s: 400', async (text) => {
    expectRefusal(await submit('x', { 'Cairn-Timeout-Ms': text }), 400, 'BAD_HEADER');
  });

  test.each([
    ['an author without signature', { 'Cairn-Author': 'UABC' }],
    ['a signature without author', { 'Cairn-Signature': '00' }],
    ['an author that is no key', { 'Cairn-Author': 'UABC', 'Cairn-Signature': '00'.repeat(64) }],
  ])('refuses %s: 400', async (_, fields) => {
    expectRefusal(await submit('x', fields), 400, 'BAD_HEADER');
  });

  test('of a follower, asked by name, answers 503 and says who leads', async () => {
    const answer = await askAnswered(nats, `cairn.mychannel.submit.${follower}`, 'x');
    expectRefusal(answer, 503, 'NOT_LEADER');
    expect(answer.json.error).toMatchObject({ leader, retryable: true });
    expect(answer.json.error.retryAfterMs).toEqual(expect.any(Number));
  });

  test('of the leader, asked by name, takes it', async () => {
    const answer = await askAnswered(nats, `cairn.mychannel.submit.${leader}`, 'x');
    expect(answer.json).toMatchObject({ status: 200, channelId });
  });
});

describe('The door batch', () => {
  const batch = (bytes: Uint8Array) => askAnswered(nats, 'cairn.mychannel.batch', bytes);
  const linesOf = ({ data }: Answer) =>
    data
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('answers each transaction with a line, in the order of the frame', async () => {
    const ids = Array.from({ length: 500 }, (_, i) => `batch-${i}`);
    const lines = linesOf(await batch(batchFrame(ids.map((id) => transactionBytes(id, `${id}!`)))));
    expect(lines.map(({ id }) => id)).toEqual(ids);
    expect(lines.every(({ status }) => status === 200)).toBe(true);
    expect(lines.every((line) => line.channelId === channelId)).toBe(true);
  });

  test('takes the good ones of a frame and refuses the bad ones', async () => {
    const frame = batchFrame([
      transactionBytes('mixed-1', 'good'),
      transactionBytes('mixed-2', ''),
      Buffer.from([9, 9, 9]),
      transactionBytes('config-3', 'reserved'),
      transactionBytes('mixed-1', 'good'),
      transactionBytes('mixed-1', 'other bytes'),
      transactionBytes('mixed-3', 'good'),
    ]);
    const lines = linesOf(await batch(frame));
    expect(lines.map(({ status, error }) => [status, error?.code])).toEqual([
      [200, undefined],
      [400, 'EMPTY_TRANSACTION'],
      [400, 'MALFORMED_TRANSACTION'],
      [400, 'RESERVED_ID'],
      [200, undefined],
      [409, 'ID_CONFLICT'],
      [200, undefined],
    ]);
    expect(lines.every((line) => line.channelId === channelId)).toBe(true);
    expect(lines[4]).toEqual({ ...lines[0], duplicate: true });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['another version', Buffer.from([2, 0, 0, 0, 0])],
    ['no transaction', batchFrame([])],
    ['a count that is too high', withCount(2)],
    ['a count that is too low', withCount(0)],
    ['a byte left over', Buffer.concat([withCount(1), Buffer.from([0])])],
    ['a length beyond its end', withCount(1).subarray(0, -1)],
  ])('refuses a frame with %s: 400', async (_, bytes) => {
    expectRefusal(await batch(bytes), 400, 'MALFORMED_REQUEST');
  });

  test('refuses more than 500 transactions: 413', async () => {
    const many = Array.from({ length: 501 }, (_, i) => transactionBytes(`many-${i}`, 'x'));
    expectRefusal(await batch(batchFrame(many)), 413, 'BATCH_TOO_LARGE');
    const one = await askAnswered(nats, 'cairn.mychannel.transaction', 'many-0');
    expect(one.json.state).toBe('unknown');
  });

  test('refuses more than 512 KiB: 413', async () => {
    const large = [1, 2, 3].map((i) => transactionBytes(`wide-${i}`, 'x'.repeat(180 * 1024)));
    expectRefusal(await batch(batchFrame(large)), 413, 'BATCH_TOO_LARGE');
  });
});

/** A frame of one transaction that says it has so many. */
function withCount(count: number): Buffer {
  const frame = batchFrame([transactionBytes('count-1', 'x')]);
  frame.writeUInt32BE(count, 1);
  return frame;
}

describe('The door fetch', () => {
  const fetchBlock = (what: string, fields: Record<string, string> = {}, by?: string) =>
    askAnswered(nats, `cairn.mychannel.fetch${by === undefined ? '' : `.${by}`}`, what, fields);

  test('gives a block by number, as JSON', async () => {
    const receipt = (await submit('to be fetched', { 'Nats-Msg-Id': 'fetch-1' })).json;
    const { json } = await fetchBlock(String(receipt.block));
    expect(json).toEqual({
      status: 200,
      block: {
        channel: 'mychannel',
        channelId,
        number: receipt.block,
        kind: 'data',
        hash: receipt.blockHash,
        previousHash: expect.stringMatching(hex32),
        transactionsRoot: expect.stringMatching(hex32),
        transactionCount: 1,
        bodyBytes: 5 + transactionBytes('fetch-1', 'to be fetched').length,
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        timestampMs: expect.any(Number),
        term: expect.any(Number),
        proposer: leader,
        proposerId: cluster.names.indexOf(leader) + 1,
        configNumber: 0,
        signature: expect.stringMatching(/^[0-9a-f]{128}$/),
        transactions: [{ id: 'fetch-1', payload: Buffer.from('to be fetched').toString('base64') }],
      },
    });
    expect(Date.parse(json.block.timestamp)).toBe(json.block.timestampMs);
  });

  test.each([['oldest'], ['config'], ['0']])('gives block 0 for %s', async (what) => {
    const { json } = await fetchBlock(what);
    expect(json.block).toMatchObject({ number: 0, kind: 'config', hash: channelId, proposerId: 0 });
  });

  test('gives the newest', async () => {
    const receipt = (await submit('newest')).json;
    await cluster.waitForHeight(receipt.block + 1);
    const { json } = await fetchBlock('newest');
    expect(json.block).toMatchObject({ number: receipt.block, hash: receipt.blockHash });
  });

  test('gives the canonical bytes where they are accepted, the same from every orderer', async () => {
    const receipt = (await submit('bytes')).json;
    const bytesOf = (by: string) =>
      fetchBlock(String(receipt.block), { Accept: 'application/octet-stream' }, by);
    const answers = await Promise.all(cluster.names.map(bytesOf));
    for (const { headers, data } of answers) {
      expect(headers['Content-Type']).toBe('application/octet-stream');
      expect(data.equals(answers[0]!.data)).toBe(true);
    }
  });

  test('reads its own writes, from whichever orderer', async () => {
    for (let round = 0; round < 10; round++) {
      const { block, blockHash } = (await submit(`round ${round}`)).json;
      const by = cluster.names[round % cluster.names.length];
      expect((await fetchBlock(String(block), {}, by)).json.block.hash).toBe(blockHash);
    }
  });

  test('refuses at once what is far beyond the height, with the height: 404', async () => {
    const startMs = performance.now();
    const answer = await fetchBlock('999999', { 'Cairn-Wait-Ms': '10000' });
    expectRefusal(answer, 404, 'BLOCK_NOT_FOUND');
    expect(answer.json.height ?? answer.json.error.height).toEqual(expect.any(Number));
    expect(performance.now() - startMs).toBeLessThan(8_000);
  });

  test('waits for a block that is about to be made as long as Cairn-Wait-Ms says', async () => {
    const next = (await submit('before')).json.block + 1;
    const startMs = performance.now();
    const refused = await fetchBlock(String(next), { 'Cairn-Wait-Ms': '300' });
    expectRefusal(refused, 404, 'BLOCK_NOT_FOUND');
    expect(performance.now() - startMs).toBeGreaterThan(290);
    const waiting = fetchBlock(String(next), { 'Cairn-Wait-Ms': '5000' });
    await submit('the one waited for');
    expect((await waiting).json.block.number).toBe(next);
  });

  test.each([['-1'], ['1.5'], ['latest'], [''], ['99999999999999999999']])(
    'refuses %j as the name of a block: 400',
    async (what) => {
      expectRefusal(await fetchBlock(what), 400, 'BAD_NUMBER');
    },
  );

  test('refuses a Cairn-Wait-Ms that is no number, in JSON even where bytes are accepted', async () => {
    const fields = { 'Cairn-Wait-Ms': 'x', Accept: 'application/octet-stream' };
    expectRefusal(await fetchBlock('0', fields), 400, 'BAD_HEADER');
  });
});

describe('The doors transaction and info', () => {
  const transaction = (id: string) => askAnswered(nats, 'cairn.mychannel.transaction', id);

  test('transaction tells where one stands', async () => {
    const receipt = (await submit('where', { 'Nats-Msg-Id': 'where-1' })).json;
    const { json } = await until('it is committed everywhere', async () => {
      const answer = await transaction('where-1');
      return answer.json.state === 'committed' && answer;
    });
    const { block, index, blockHash } = receipt;
    const height = expect.any(Number);
    const place = { block, index, blockHash };
    const about = { status: 200, channel: 'mychannel', channelId, id: 'where-1' };
    expect(json).toEqual({ ...about, state: 'committed', height, ...place });
  });

  test('transaction tells that it does not know one', async () => {
    const { json } = await transaction('never-submitted');
    expect(json).toMatchObject({ status: 200, channelId, state: 'unknown' });
  });

  test('transaction refuses what is no id: 400', async () => {
    expectRefusal(await transaction('a b'), 400, 'BAD_ID');
  });

  test('info tells about the channel, and of each orderer by its name', async () => {
    const subjects = ['', ...cluster.names.map((name) => `.${name}`)];
    for (const suffix of subjects) {
      const { json } = await askAnswered(nats, `cairn.mychannel.info${suffix}`);
      expect(json).toMatchObject({
        status: 200,
        channel: 'mychannel',
        channelId,
        height: expect.any(Number),
        newestHash: expect.stringMatching(hex32),
        leader,
        term: expect.any(Number),
        configNumber: 0,
        members: cluster.names.map((name, i) => ({
          id: i + 1,
          name,
          role: 'voter',
          active: expect.any(Boolean),
          height: expect.any(Number),
        })),
      });
    }
  });
});

describe('The door events', () => {
  test('tells every new block without its transactions', async () => {
    const events = nats.subscribe('cairn.mychannel.events', { max: 1 });
    await nats.flush();
    const receipt = (await submit('an event')).json;
    for await (const event of events) {
      const { block, ...rest } = event.json<{ block: Record<string, unknown> }>();
      expect(rest).toEqual({ status: 200 });
      expect(block).toMatchObject({ number: receipt.block, hash: receipt.blockHash, channelId });
      expect(block.transactions).toBeUndefined();
    }
  });
});
