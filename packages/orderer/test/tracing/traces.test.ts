import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '@cairn/ledger';
import { type Bus, connectNatsBus } from '@cairn/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @boundaries-ignore requests by hand are shared by the tests of all packages
import { batchFrame, transactionBytes } from '../../../../test/support/bare.ts';
import { RunningCluster, until } from '../support/running-cluster.ts';

const names = ['orderer1', 'orderer2', 'orderer3'];
let cluster: RunningCluster;
let bus: Bus;
let made = 0;

beforeAll(async () => {
  cluster = await RunningCluster.start({ orderers: 3, channels: { mychannel: names } });
  await cluster.ready();
  const none = { kind: 'none' } as const;
  bus = await connectNatsBus({ servers: [cluster.nats.url], credentials: none, name: 'test' });
});
afterAll(async () => {
  await bus?.close();
  await cluster?.end();
});

/** A trace nobody had before. */
function newTrace(flags = '01') {
  made += 1;
  const id = `${made}`.padStart(32, 'a');
  return { id, header: `00-${id}-00f067aa0ba902b7-${flags}` };
}

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly trace_id?: string;
  readonly [field: string]: unknown;
}

const linesAt = (name: string, traceId: string): Line[] =>
  readFileSync(cluster.logFile(name), 'utf8')
    .split('\n')
    .filter((line) => line.includes(traceId))
    .map((line) => JSON.parse(line) as Line);

const tracedAt = (name: string, id: string, text: string) =>
  linesAt(name, id).some(({ msg }) => msg.includes(text));

interface Answer {
  readonly status: number;
  readonly block: number;
  readonly leader: string;
}

/** The first line of what is answered. */
function ask(
  subject: string,
  payload: Uint8Array = new Uint8Array(0),
  traceparent?: string,
): Promise<Answer> {
  const headers = traceparent === undefined ? {} : { traceparent };
  return new Promise((resolve, reject) => {
    bus.request(subject, payload, { timeoutMs: 15_000, headers }, (outcome) => {
      if (outcome.kind !== 'reply') return reject(new Error(`${subject}: ${outcome.kind}`));
      const [line = ''] = Buffer.from(outcome.message.payload).toString('utf8').split('\n');
      resolve(JSON.parse(line) as Answer);
    });
    bus.flush();
  });
}

const leader = async (): Promise<string> => (await ask('cairn.mychannel.info')).leader;

const submit = (payload: string, header: string) =>
  ask('cairn.mychannel.submit', utf8(payload), header);

describe('the trace of a submission', () => {
  test('is in the log of the leader that answered, and of every member that has the block', async () => {
    const { id, header } = newTrace();
    const { block } = await submit('traced', header);
    const leading = await leader();
    for (const name of names) await until(async () => tracedAt(name, id, `[${block}]`));
    const [received, answered] = linesAt(leading, id);
    expect(received).toMatchObject({
      level: 30,
      channel: 'mychannel',
      node: leading,
      trace_id: id,
      span_id: '00f067aa0ba902b7',
      trace_flags: '01',
    });
    expect(answered).toMatchObject({ committed: 1, refused: [], blocks: [block] });
    expect(answered?.tookMs).toEqual(expect.any(Number));
    for (const name of names.filter((each) => each !== leading)) {
      const [line, ...more] = linesAt(name, id);
      expect(line).toMatchObject({ level: 30, block, trace_id: id });
      expect(line?.msg).toBe(`Block [${block}] holds a traced transaction`);
      expect(more).toEqual([]);
    }
  });

  test('goes on from the HTTP door of any orderer', async () => {
    const { id, header } = newTrace();
    const leading = await leader();
    const other = names.find((name) => name !== leading)!;
    const url = `${cluster.door(other)}/v1/channels/mychannel/transactions`;
    const init = { method: 'POST', body: 'x', headers: { TraceParent: header } };
    expect((await fetch(url, init)).status).toBe(200);
    await until(async () => tracedAt(other, id, 'HTTP door: relayed'));
    await until(async () => tracedAt(leading, id, 'Answered'));
    await until(async () => tracedAt(other, id, 'holds'));
  });

  test('of a follower that is asked by name is in its log, with the refusal', async () => {
    const { id, header } = newTrace();
    const leading = await leader();
    const other = names.find((name) => name !== leading)!;
    await ask(`cairn.mychannel.submit.${other}`, utf8('x'), header);
    await until(async () => tracedAt(other, id, 'refused with NOT_LEADER'));
    expect(linesAt(leading, id)).toEqual([]);
  });

  test('of a frame is one line for all its transactions', async () => {
    const { id, header } = newTrace();
    const frame = batchFrame([
      transactionBytes('traced-1', 'a'),
      transactionBytes('config-9', 'b'),
      transactionBytes('traced-2', 'c'),
    ]);
    await ask('cairn.mychannel.batch', frame, header);
    const leading = await leader();
    await until(async () => tracedAt(leading, id, 'Answered'));
    expect(linesAt(leading, id)[1]).toMatchObject({ committed: 2, refused: ['RESERVED_ID'] });
  });

  test('that is not sampled is told at debug, and to nobody else', async () => {
    const { id, header } = newTrace('00');
    const leading = await leader();
    await submit('quiet', header);
    const put = (level: string) =>
      fetch(`${cluster.operations(leading)}/loglevel`, {
        method: 'PUT',
        body: JSON.stringify({ level }),
      });
    await put('debug');
    await submit('loud', header);
    await until(async () => tracedAt(leading, id, 'Answered'));
    await put('info');
    expect(linesAt(leading, id).map(({ level }) => level)).toEqual([20, 20]);
    await sleep(100);
    const others = names.filter((name) => name !== leading);
    expect(others.flatMap((name) => linesAt(name, id))).toEqual([]);
  });

  test('that is no valid trace changes nothing', async () => {
    for (const header of ['hello', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`]) {
      expect(await submit('plain', header)).toMatchObject({ status: 200 });
    }
    const all = names.map((name) => readFileSync(cluster.logFile(name), 'utf8')).join('');
    expect(all).not.toContain('hello');
    expect(all).not.toContain('"trace_id":"0000');
  });

  test('is not believed of a stranger: a notice for another channel is dropped', async () => {
    const { id } = newTrace();
    const bytes = Buffer.concat([
      Buffer.from([0x54, 1]),
      Buffer.alloc(32),
      Buffer.alloc(8),
      Buffer.from(`00-${id}-00f067aa0ba902b7-01`),
    ]);
    bus.publish('cairn.mychannel.raft.orderer1.orderer2', bytes);
    bus.flush();
    await sleep(100);
    expect(linesAt('orderer1', id)).toEqual([]);
  });
});
