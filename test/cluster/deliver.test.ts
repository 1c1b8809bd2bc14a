/**
 * The door `deliver`, asked with a stock NATS client: order, pace, ends.
 */
import { createInbox, type Msg, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, askAnswered } from '../support/bare.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { IndependentVerifier } from '../support/independent-verifier.ts';
import { until } from '../support/until.ts';

let cluster: TestCluster;
let nats: NatsConnection;

beforeAll(async () => {
  cluster = await startCluster({ orderers: 3 });
  nats = await cluster.bare();
  for (let i = 1; i < 40; i++) await submit(`transaction ${i}`);
  await cluster.waitForHeight(40);
});

afterAll(() => cluster?.close());

const submit = (payload: string) => askAnswered(nats, 'cairn.mychannel.submit', payload);

/** Everything that comes for one request, acknowledged or not; ends at an empty message with a status other than 100. */
class Delivery {
  readonly messages: Msg[] = [];
  readonly end: Promise<Msg>;
  /** Acknowledge what comes. */
  acknowledges = true;

  constructor(request: unknown, connection: NatsConnection = nats) {
    const inbox = createInbox();
    const subscription = connection.subscribe(inbox);
    connection.publish('cairn.mychannel.deliver', JSON.stringify(request), { reply: inbox });
    this.end = (async () => {
      for await (const message of subscription) {
        if (isEnd(message)) return message;
        this.messages.push(message);
        if (this.acknowledges) message.respond();
      }
      throw new Error('the subscription ended');
    })();
    this.end.catch(() => {});
  }

  get blocks(): Msg[] {
    return this.messages.filter(({ headers }) => headers?.get('Cairn-Block') !== '');
  }

  get numbers(): number[] {
    return this.blocks.map(({ headers }) => Number(headers?.get('Cairn-Block')));
  }

  get beats(): Msg[] {
    return this.messages.filter(({ headers }) => headers?.get('Status') === '100');
  }
}

function isEnd({ data, headers }: Msg): boolean {
  const status = headers?.get('Status') ?? '';
  const isRefusal = (headers?.get('Nats-Service-Error-Code') ?? '') !== '';
  return isRefusal || (data.length === 0 && status !== '' && status !== '100');
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('deliver', () => {
  test('brings a range in order and ends with status 200', async () => {
    const delivery = new Delivery({ start: 'oldest', stop: 30 });
    const end = await delivery.end;
    expect(end.headers?.get('Status')).toBe('200');
    expect(delivery.numbers).toEqual(upTo(31));
    const sequences = delivery.messages.map(({ headers }) => headers?.get('Cairn-Sequence'));
    expect(sequences).toEqual(upTo(31).map((i) => String(i + 1)));
    const { block } = delivery.blocks[7]!.json<{ block: { number: number } }>();
    expect(block.number).toBe(7);
  });

  test('brings canonical bytes that an independent verifier accepts', async () => {
    const delivery = new Delivery({ start: 0, stop: 'newest', content: 'bytes' });
    await delivery.end;
    const verifier = new IndependentVerifier();
    for (const { data } of delivery.blocks) verifier.add(Buffer.from(data));
    expect(verifier.height).toBeGreaterThanOrEqual(40);
    expect(delivery.blocks[0]?.headers?.get('Content-Type')).toBe('application/octet-stream');
  });

  test('brings headers without transactions', async () => {
    const delivery = new Delivery({ start: 1, stop: 2, content: 'header' });
    await delivery.end;
    const answers = delivery.blocks.map((message) => message.json<{ block: object }>());
    expect(answers).toHaveLength(2);
    for (const { block } of answers) {
      expect(block).toMatchObject({ channel: 'mychannel', transactionCount: 1 });
      expect(block).not.toHaveProperty('transactions');
    }
  });

  test('follows what is made, from the next block on', async () => {
    const delivery = new Delivery({ start: 'next' });
    await nats.flush();
    await until('the stream is open', () => delivery.beats.length > 0, 5_000);
    const before = (await submit('one')).json.block;
    await submit('two');
    await until('two blocks came', () => delivery.blocks.length === 2, 5_000);
    expect(delivery.numbers).toEqual([before, before + 1]);
  });

  test('stops at 16 messages that are not acknowledged, and goes on when they are', async () => {
    const delivery = new Delivery({ start: 'oldest', stop: 35 });
    delivery.acknowledges = false;
    await until('16 messages came', () => delivery.messages.length === 16, 5_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(delivery.messages).toHaveLength(16);
    delivery.acknowledges = true;
    delivery.messages[15]!.respond();
    await delivery.end;
    expect(delivery.numbers).toEqual(upTo(36));
  });

  test('beats while there is nothing to bring', async () => {
    const delivery = new Delivery({ start: 'next' });
    await until('it beats', () => delivery.beats.length >= 2, 8_000);
    expect(delivery.beats[0]!.data).toHaveLength(0);
  });

  test('ends a stream at once when its reader is gone', async () => {
    const connection = await cluster.bare();
    const delivery = new Delivery({ start: 'next' }, connection);
    await until('the stream is open', () => delivery.beats.length > 0, 5_000);
    await connection.close();
    for (let i = 0; i < 3; i++) expect((await submit(`after ${i}`)).json.status).toBe(200);
  });

  test.each([
    ['no JSON', 'oldest'],
    ['an unknown word', { start: 'first' }],
    ['an unknown key', { start: 0, end: 3 }],
    ['a range that ends before it starts', { start: 5, stop: 3 }],
    ['a negative number', { start: -1 }],
    ['an unknown content', { start: 0, content: 'xml' }],
  ])('refuses %s: 400', async (_, request) => {
    const end = answerOf(await new Delivery(request).end);
    expect(end.headers['Nats-Service-Error-Code']).toBe('400');
    expect(end.json).toMatchObject({ status: 400, error: { code: 'MALFORMED_REQUEST' } });
  });
});
