import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { openLmdbDisk, Store } from '@cairn/store';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
// @boundaries-ignore the guarded server is shared by the tests of all packages
import { startNatsServer, type TestNatsServer } from '../../../../test/support/nats-server.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { type Home, homeAt } from '../../src/local/home.ts';
import { temporaryFolder } from '../support/folder.ts';
import { cairn } from '../support/session.ts';

let home: Home;
let nats: TestNatsServer | null = null;

beforeEach(async () => {
  const folder = temporaryFolder();
  const channels = join(folder, 'channels');
  mkdirSync(channels);
  writeFileSync(join(channels, 'mychannel.yaml'), 'channel: mychannel\n');
  home = homeAt(join(folder, '.cairn'));
  const free = ['--nats-port', '0', '--http-port', '0', '--operations-port', '0'];
  const words = ['init', '--dir', home.directory, '--orderers', '3', '--channels-dir', channels];
  expect((await cairn([...words, ...free])).exitCode).toBe(0);
});

afterEach(async () => {
  await nats?.stop();
  nats = null;
});

/** The server of this home; `change` for one that is not as it should be. */
async function startNats(change: (configuration: string) => string = (text) => text) {
  const cluster = JSON.parse(readFileSync(home.clusterFile, 'utf8'));
  const configuration = change(readFileSync(home.natsConfiguration, 'utf8'));
  nats = await startNatsServer({ configuration, port: Number(new URL(cluster.nats).port) });
}

interface Diagnosis {
  readonly exitCode: number;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

async function diagnose(...words: string[]): Promise<Diagnosis> {
  const { exitCode, out } = await cairn(['doctor', '--json', '--dir', home.directory, ...words]);
  return { exitCode, ...JSON.parse(out) };
}

/** The one orderer whose configuration is looked at. */
const one = () => diagnose('--config', home.ordererFile('orderer1'));

const found = ({ findings }: Diagnosis, check: string) =>
  findings.filter((finding) => finding.check === check);

describe('the doctor', () => {
  test('says for a directory without a cluster what to do', async () => {
    const { exitCode, out } = await cairn(['doctor', '--dir', join(home.directory, 'none')]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/✗ cluster .*There is no cluster here\.\n {4}Make one with "cairn up"/);
    expect(out).toContain('1 problem, 0 warnings.');
  });

  test('finds files, directories and ports well before the first start, and NATS missing', async () => {
    const diagnosis = await diagnose();
    expect(diagnosis).toMatchObject({ exitCode: 1, ok: false });
    const problems = diagnosis.findings.filter(({ state }) => state !== 'ok');
    expect(problems).toMatchObject([{ check: 'nats', state: 'problem' }]);
    expect(problems[0]?.message).toContain('nobody listens there');
    expect(problems[0]?.remedy).toContain('cairn up');
    expect(found(diagnosis, 'data')[0]?.message).toContain('will be made by the first start');
    expect(found(diagnosis, 'genesis')).toHaveLength(3);
    expect(found(diagnosis, 'ports')).toHaveLength(6);
  });
});

describe('the files of an orderer', () => {
  test('with a key that others can read are a problem, named once', async () => {
    chmodSync(home.signingSeed('orderer1'), 0o644);
    const [finding] = found(await one(), 'keys');
    expect(finding).toMatchObject({ state: 'problem' });
    expect(finding?.message).toContain('chmod 600');
  });

  test('with the key of another name are a problem that names both keys', async () => {
    copyFileSync(home.signingSeed('orderer2'), home.signingSeed('orderer1'));
    const [finding] = found(await one(), 'genesis');
    expect(finding).toMatchObject({ state: 'problem', subject: 'orderer1, mychannel' });
    expect(finding?.message).toMatch(/signs as U\w+, but block 0 of mychannel knows it as U\w+/);
  });

  test('with one key for two purposes are worth a warning', async () => {
    copyFileSync(home.signingSeed('orderer1'), home.loginSeed('orderer1'));
    expect(found(await one(), 'keys')).toMatchObject([{ state: 'warning' }]);
  });

  test('with a genesis file that is none, or of another channel, are a problem', async () => {
    writeFileSync(home.genesis('mychannel'), 'nonsense');
    expect(found(await one(), 'genesis')).toMatchObject([{ state: 'problem' }]);
    expect(found(await one(), 'genesis')[0]?.message).toContain('is not the block 0');
  });

  test('that cannot be read as a configuration are one problem', async () => {
    writeFileSync(home.ordererFile('orderer1'), 'nam: orderer1\n');
    const diagnosis = await one();
    expect(found(diagnosis, 'configuration')).toMatchObject([{ state: 'problem' }]);
    expect(found(diagnosis, 'data')).toEqual([]);
  });
});

describe('the data directory', () => {
  const place = () => home.data('orderer1');

  async function withStore<T>(work: () => Promise<T>): Promise<T> {
    const fatal = (error: Error): never => {
      throw error;
    };
    const disk = await openLmdbDisk({ directory: place(), mapBytes: 1024 ** 3, fatal });
    try {
      const store = Store.open(disk, { incarnation: () => new Uint8Array(8).fill(1) });
      const channel = {
        channelId: new Uint8Array(32),
        name: 'mychannel',
        genesis: Buffer.from('x'),
      };
      await new Promise<void>((resolve) => store.createChannel(channel as never, () => resolve()));
      return await work();
    } finally {
      await disk.close();
    }
  }

  test('in use is no fault: its orderer runs', async () => {
    const [finding] = await withStore(async () => found(await one(), 'data'));
    expect(finding).toMatchObject({ state: 'ok' });
    expect(finding?.message).toContain('held by a running orderer');
  });

  test('of a stopped orderer says what it holds', async () => {
    await withStore(async () => {});
    const [finding] = found(await one(), 'data');
    expect(finding?.message).toMatch(/holds mychannel, in format \d+; no orderer runs on it/);
  });

  test('with a damaged file is a problem', async () => {
    await withStore(async () => {});
    writeFileSync(join(place(), 'data.mdb'), Buffer.alloc(64 * 1024, 0x5a));
    expect(found(await one(), 'data')).toMatchObject([{ state: 'problem' }]);
  });

  test('that is empty waits for the first start', async () => {
    mkdirSync(place(), { recursive: true });
    const [finding] = found(await one(), 'data');
    expect(finding?.message).toContain('is empty: a first start fills it');
    rmSync(place(), { recursive: true });
  });
});

test('a port that somebody else has is a problem that names it', async () => {
  const text = readFileSync(home.ordererFile('orderer1'), 'utf8');
  const port = Number(/http:\s+port: (\d+)/.exec(text)?.[1]);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
  const [http, operations] = found(await one(), 'ports');
  holder.close();
  expect(http).toMatchObject({ state: 'problem', subject: 'orderer1, http' });
  expect(http?.message).toContain(`Port ${port}`);
  expect(operations).toMatchObject({ state: 'ok' });
});

describe('NATS', () => {
  test('as init configures it is well, and nobody serves the channel', async () => {
    await startNats();
    const diagnosis = await one();
    for (const check of ['nats', 'login', 'permissions']) {
      expect(found(diagnosis, check)).toMatchObject([{ state: 'ok' }]);
    }
    expect(found(diagnosis, 'channel')).toMatchObject([
      { state: 'problem', message: expect.stringContaining('No orderer answers for mychannel') },
    ]);
  });

  test('that does not know the login says so, once', async () => {
    await startNats();
    copyFileSync(join(home.directory, 'keys', 'client.signing.nk'), home.loginSeed('orderer1'));
    const [finding, ...more] = found(await one(), 'login').filter(
      ({ subject }) => subject !== 'client',
    );
    expect(finding).toMatchObject({ state: 'problem' });
    expect(finding?.message).toContain('refuses this login');
    expect(more).toEqual([]);
  });

  test('that forbids what an orderer needs is a problem with the subjects', async () => {
    await startNats((text) => text.replaceAll('"cairn.*.raft.orderer1.*", ', ''));
    const [finding] = found(await one(), 'permissions');
    expect(finding).toMatchObject({ state: 'problem' });
    expect(finding?.message).toContain('subscription to cairn.mychannel.raft.orderer1.*');
  });

  test('that lets an orderer speak as another is worth a warning', async () => {
    await startNats((text) => text.replace('"cairn.heartbeat.*.orderer1"', '"cairn.heartbeat.>"'));
    expect(found(await one(), 'permissions')).toMatchObject([
      { state: 'warning', message: expect.stringContaining('in the name of other orderers') },
    ]);
  });

  test('is not what answers with something else', async () => {
    const text = readFileSync(home.ordererFile('orderer1'), 'utf8');
    const port = Number(/nats:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const [finding] = found(await one(), 'nats');
    other.close();
    expect(finding?.message).toBe(`What answers at 127.0.0.1:${port} is no NATS server.`);
  });
});
