/** A local cluster as its user meets it: every command of the story, on real processes. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, nkeyAuthenticator } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cairn, cairnHere, isAlive, type LocalCluster, startLocalCluster } from './support.ts';

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await startLocalCluster(3);
}, 90_000);
afterAll(() => cluster?.close(), 60_000);

async function json(words: readonly string[]) {
  const { stdout, stderr, exitCode } = await cluster.run([...words, '--json']);
  expect(stderr, stdout).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

async function leaderOf(channel: string): Promise<string> {
  const status = await json(['status', '-c', channel]);
  return status.channels[0].leader;
}

describe('a cluster that is up', () => {
  test('is described completely in cluster.json', () => {
    const { nats, creds, orderers, channels } = cluster.clusterJson();
    expect(nats).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    expect(creds).toBe(join(cluster.dir, 'keys', 'client.nk'));
    expect(channels).toEqual(['audit', 'mychannel']);
    expect(orderers.map(({ name }) => name)).toEqual(['orderer1', 'orderer2', 'orderer3']);
    for (const orderer of orderers) {
      expect(isAlive(orderer.pid)).toBe(true);
      expect(orderer.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(readdirSync(orderer.data)).not.toHaveLength(0);
      expect(readFileSync(orderer.log, 'utf8')).toContain('became follower at term 1');
    }
  });

  test('is found well by the doctor, piece by piece', async () => {
    const { ok, findings } = await json(['doctor']);
    expect(findings.filter(({ state }: { state: string }) => state !== 'ok')).toEqual([]);
    expect(ok).toBe(true);
    const checks = new Set(findings.map(({ check }: { check: string }) => check));
    expect([...checks].sort()).toEqual([
      ...['channel', 'clocks', 'configuration', 'data', 'disk', 'genesis', 'keys', 'login'],
      ...['nats', 'nats-program', 'node', 'permissions', 'readiness'],
    ]);
    const { stdout } = await cluster.run(['doctor']);
    expect(stdout).toMatch(/\nNothing is wrong\.\n$/);
  });

  test('has a status of exactly the documented shape', async () => {
    const status = await json(['status']);
    expect(Object.keys(status)).toEqual(['nats', 'orderers', 'channels']);
    expect(status.orderers).toEqual(
      ['orderer1', 'orderer2', 'orderer3'].map((name) => ({ name, up: true })),
    );
    const [channel] = status.channels;
    expect(Object.keys(channel)).toEqual([
      ...['channel', 'channelId', 'leader', 'term', 'height', 'voters', 'up', 'quorum'],
      ...['members', 'problems'],
    ]);
    expect(channel).toMatchObject({ voters: 3, up: 3, quorum: 2, problems: [] });
    const [member] = channel.members;
    expect(Object.keys(member)).toEqual(['name', 'id', 'role', 'state', 'term', 'height', 'lag']);
    expect(channel.members.map(({ state }: { state: string }) => state).sort()).toEqual([
      'follower',
      'follower',
      'leader',
    ]);
  });

  test('says so when it is brought up again', async () => {
    const again = await cluster.run(['up']);
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain('is already up');
    const init = await cluster.run(['init']);
    expect(init.exitCode).toBe(1);
    expect(init.stderr).toContain('is running');
  });

  test('answers a stock NATS client that has nothing but the seed', async () => {
    const { nats, creds } = cluster.clusterJson();
    const seed = new TextEncoder().encode(readFileSync(creds, 'utf8').trim());
    const connection = await connect({ servers: nats, authenticator: nkeyAuthenticator(seed) });
    try {
      const reply = await connection.request('cairn.mychannel.submit', 'hello', { timeout: 5000 });
      expect(reply.json()).toMatchObject({ status: 200, channel: 'mychannel' });
      const denied: string[] = [];
      void (async () => {
        for await (const status of connection.status()) denied.push(String(status.data));
      })();
      connection.publish('cairn.mychannel.raft.orderer1.orderer2', 'x');
      connection.subscribe('_INBOX.orderer1.>', { callback: () => {} });
      connection.subscribe('cairn.*.raft.>', { callback: () => {} });
      await connection.flush();
      await expect.poll(() => denied.length).toBe(3);
    } finally {
      await connection.close();
    }
  });
});

describe('submitting and reading', () => {
  test('a transaction gets a receipt, the same one again under the same id, and a proof of it', async () => {
    const words = ['submit', '-c', 'mychannel', 'hello', '--id', 'once'];
    const receipt = await json(words);
    expect(receipt).toMatchObject({
      status: 200,
      channel: 'mychannel',
      id: 'once',
      duplicate: false,
    });
    expect(await json(words)).toEqual({ ...receipt, duplicate: true });
    const path = join(cluster.dir, 'receipt.json');
    writeFileSync(path, JSON.stringify(receipt));
    expect((await cluster.run(['verify', '--receipt', path])).exitCode).toBe(0);
    const forged = JSON.stringify({ ...receipt, id: 'twice' });
    const refused = await cluster.run(['verify', '--receipt', '-'], { input: forged });
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toContain('at that place stands once');
    const conflict = await cluster.run(['submit', '-c', 'mychannel', 'other', '--id', 'once']);
    expect(conflict.exitCode).toBe(1);
  });

  test('standard input is one transaction, its bytes as they are', async () => {
    const words = ['submit', '-c', 'mychannel', '-', '--json'];
    const { stdout } = await cluster.run(words, { input: 'two\nlines\n' });
    const { block, index } = JSON.parse(stdout);
    const fetched = await json(['fetch', `${block}`, '-c', 'mychannel']);
    const { payload } = fetched.block.transactions[index];
    expect(Buffer.from(payload, 'base64').toString()).toBe('two\nlines\n');
  });

  test('a file is one transaction a line, one receipt a line', async () => {
    const lines = Array.from({ length: 700 }, (_, i) => `line ${i}`);
    const words = ['submit', '-c', 'audit', '--lines', '-', '--json'];
    const { stdout, exitCode } = await cluster.run(words, { input: lines.join('\n') });
    expect(exitCode).toBe(0);
    const receipts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(receipts).toHaveLength(700);
    expect(receipts.every(({ status }) => status === 200)).toBe(true);
    const people = await cluster.run(['submit', '-c', 'audit', '--lines', '-'], {
      input: 'a\nb\n',
    });
    expect(people.stdout).toMatch(/^2 transactions ordered in blocks \d+ to \d+; 0 refused\.\n$/);
  });

  test('a block can be fetched by number, for people, as JSON and as its bytes', async () => {
    const people = await cluster.run(['fetch', '0', '-c', 'mychannel']);
    expect(people.stdout).toMatch(/^Block 0 of mychannel \(configuration\)/);
    const path = join(cluster.dir, 'block-0');
    const out = await cluster.run(['fetch', 'oldest', '-c', 'mychannel', '--out', path]);
    expect(out.exitCode).toBe(0);
    const genesis = readFileSync(join(cluster.dir, 'channels', 'mychannel.genesis'));
    expect(readFileSync(path).equals(genesis)).toBe(true);
    const config = await json(['fetch', 'config', '-c', 'mychannel']);
    expect(config).toMatchObject({ status: 200, block: { number: 0, kind: 'config' } });
    const named = await json(['fetch', 'newest', '-c', 'mychannel', '--orderer', 'orderer3']);
    expect(named.block.number).toBeGreaterThan(0);
  });

  test('blocks can be followed from a number, one JSON object a line', async () => {
    const words = ['follow', '-c', 'audit', '--from', '0', '--count', '3', '--json'];
    const { stdout, exitCode } = await cluster.run(words);
    expect(exitCode).toBe(0);
    const numbers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).number);
    expect(numbers).toEqual([0, 1, 2]);
  });

  test('the chain is verified over all members', async () => {
    const audit = await json(['verify', '-c', 'audit']);
    expect(audit).toMatchObject({ channel: 'audit', finding: null });
    expect(audit.members).toHaveLength(3);
    expect(audit.verified).toBeGreaterThan(3);
    const genesis = join(cluster.dir, 'channels', 'audit.genesis');
    expect((await cluster.run(['verify', '-c', 'audit', '--genesis', genesis])).exitCode).toBe(0);
    const wrong = join(cluster.dir, 'channels', 'mychannel.genesis');
    const other = await cluster.run(['verify', '-c', 'audit', '--genesis', wrong]);
    expect(other.exitCode).not.toBe(0);
  });

  test('a load has a report', async () => {
    const words = ['bench', '-c', 'mychannel', '--transactions', '200', '--size', '100', '--json'];
    const { stdout, exitCode } = await cluster.run([...words, '--concurrency', '50']);
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ transactions: 200, refused: {} });
    expect(report.latencyMs.p50).toBeGreaterThan(0);
  });
});

describe('what cannot be had', () => {
  test.each([
    [['fetch', '999999', '-c', 'mychannel'], 3, /no block of this number yet.* Its height is \d+/],
    [['fetch', '0', '-c', 'nochannel'], 3, /nochannel/],
    [['submit', '-c', 'nochannel', 'x'], 3, /nochannel/],
    [['status', '-c', 'nochannel'], 3, /nochannel/],
    [['verify', '-c', 'nochannel'], 3, /nochannel/],
    [['follow', '-c', 'nochannel'], 3, /nochannel/],
    [['submit', '-c', 'mychannel', ''], 1, /at least one byte/],
    [['submit', '-c', 'mychannel', 'x', '--id', 'config-7'], 1, /reserved/],
    [['submit', '-c', 'mychannel', 'x', '--id', 'a b'], 1, /cannot be used/],
    [['stop', 'orderer9'], 3, /it has orderer1, orderer2, orderer3/],
  ])('%j ends with exit code %i and one sentence', async (words, exitCode, sentence) => {
    const result = await cluster.run(words);
    expect(result.stderr).toMatch(sentence);
    expect(result.stderr.trim().split('\n').at(-1)).toMatch(/^cairn: /);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.exitCode).toBe(exitCode);
  });

  test('a transaction that is too large is refused', async () => {
    const words = ['submit', '-c', 'audit', '-'];
    const { exitCode } = await cluster.run(words, { input: 'x'.repeat(40_000) });
    expect(exitCode).toBe(1);
  });

  test('no NATS is exit code 4', async () => {
    const result = await cairnHere([
      'status',
      '--server',
      'nats://127.0.0.1:1',
      '--dir',
      '/nonexistent',
      '--timeout-ms',
      '500',
    ]);
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toContain('nats://127.0.0.1:1');
  });

  test('a second orderer on the same directory is refused with exit code 4', async () => {
    const config = join(cluster.dir, 'orderers', 'orderer2.yaml');
    const result = await cairn(['orderer', '--config', config]);
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toMatch(/in use/);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
  });

  test("a running orderer's data is not verified from outside: exit code 4", async () => {
    const result = await cluster.run(['verify', '--data', join(cluster.dir, 'data', 'orderer1')]);
    expect(result.exitCode).toBe(4);
  });
});

describe('the story of the leader', () => {
  test('stop it: another leads at once; start it: it follows in the same term', async () => {
    const first = await leaderOf('mychannel');
    const before = cluster.clusterJson().orderers.find(({ name }) => name === first);
    expect(await json(['stop', first])).toEqual({ orderer: first, state: 'stopped' });
    expect(isAlive(before?.pid ?? null)).toBe(false);
    expect(cluster.clusterJson().orderers.find(({ name }) => name === first)?.pid).toBeNull();

    const [led] = (await json(['status', '-c', 'mychannel'])).channels;
    expect(led.leader).not.toBe(first);
    expect(led.leader).not.toBeNull();
    expect(led).toMatchObject({ up: 2, voters: 3 });
    const codes = led.problems.map(({ code }: { code: string }) => code);
    expect(codes).toEqual(['NO_SPARE', 'MEMBER_DOWN']);

    expect((await cluster.run(['verify', '--data', before?.data ?? ''])).exitCode).toBe(0);
    await json(['submit', '-c', 'mychannel', 'while one is down']);
    expect(await json(['start', first])).toEqual({ orderer: first, state: 'started' });
    const [after] = (await json(['status', '-c', 'mychannel'])).channels;
    expect(after).toMatchObject({ leader: led.leader, term: led.term, up: 3 });
    expect(await json(['start', first])).toMatchObject({ state: 'was running already' });
  });

  test('kill it: the others elect one and go on', async () => {
    const first = await leaderOf('mychannel');
    expect(await json(['kill', first])).toEqual({ orderer: first, state: 'killed' });
    await json(['submit', '-c', 'mychannel', 'after a kill']);
    expect(await leaderOf('mychannel')).not.toBe(first);
    await json(['start', first]);
  });

  test('without a majority the status says what is missing, with exit code 4', async () => {
    await json(['stop', 'orderer1']);
    await json(['kill', 'orderer2']);
    await expect
      .poll(async () => (await cluster.run(['status', '-c', 'mychannel'])).exitCode, {
        timeout: 20_000,
      })
      .toBe(4);
    const { stdout } = await cluster.run(['status', '-c', 'mychannel']);
    expect(stdout).toContain('1 of 3 voters are up and 2 are needed');
    const words = ['submit', '-c', 'mychannel', 'x', '--timeout-ms', '1500'];
    expect((await cluster.run(words)).exitCode).toBe(4);
    await json(['start', 'orderer1']);
    await json(['start', 'orderer2']);
    await json(['submit', '-c', 'mychannel', 'again']);
  });
});
