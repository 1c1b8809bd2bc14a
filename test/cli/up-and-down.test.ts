/** How a local cluster begins and ends, and that nothing of it stays behind. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { makeGuardedDirectory } from '../support/guarded-directory.ts';
import { until } from '../support/until.ts';
import { anyFreePorts, cairn, isAlive, startLocalCluster } from './support.ts';

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

function temporaryHome(): string {
  const directory = makeGuardedDirectory('cairn-up-');
  const dir = join(directory.path, '.cairn');
  ends.push(() => directory.remove());
  ends.push(() => cairn(['down', '--dir', dir]));
  return dir;
}

function pidOf(dir: string, name: string): number {
  return (JSON.parse(readFileSync(join(dir, 'run', `${name}.json`), 'utf8')) as { pid: number })
    .pid;
}

test('a killed "up" leaves no process behind', async () => {
  const cluster = await startLocalCluster(1);
  ends.push(() => cluster.close());
  const pids = ['nats-server', 'orderer1'].map((name) => pidOf(cluster.dir, name));
  expect(pids.every(isAlive)).toBe(true);
  cluster.up.signal('SIGKILL');
  await until('everything has ended', () => !pids.some(isAlive), 30_000);
}, 90_000);

test('Ctrl-C ends "up" in good order, with exit code 0 and its data kept', async () => {
  const cluster = await startLocalCluster(1);
  const pids = ['nats-server', 'orderer1'].map((name) => pidOf(cluster.dir, name));
  cluster.up.signal('SIGINT');
  expect(await cluster.up.ended).toBe(0);
  expect(pids.some(isAlive)).toBe(false);
  expect(cluster.clusterJson().orderers.map(({ pid }) => pid)).toEqual([null]);
  const data = await cairn(['verify', '--data', join(cluster.dir, 'data', 'orderer1')]);
  expect(data).toMatchObject({ exitCode: 0 });
  await cluster.close();
}, 90_000);

test('a detached cluster stays up until "down", keeps its addresses, and carries on', async () => {
  const dir = temporaryHome();
  const up = ['up', '--detach', '--dir', dir, '--json'];
  const first = await cairn([...up, '--orderers', '1', ...anyFreePorts]);
  expect(first.exitCode, first.stderr).toBe(0);
  const cluster = JSON.parse(first.stdout);
  const submit = await cairn(['submit', '-c', 'mychannel', 'x', '--id', 'kept', '--dir', dir]);
  expect(submit.exitCode).toBe(0);
  const down = await cairn(['down', '--dir', dir]);
  expect(down).toMatchObject({ exitCode: 0, stdout: 'orderer1 stopped\nnats-server stopped\n' });
  expect((await cairn(['down', '--dir', dir])).stdout).toBe('Nothing was running.\n');
  expect((await cairn(['start', 'orderer1', '--dir', dir])).exitCode).toBe(4);

  const second = JSON.parse((await cairn(up)).stdout);
  expect(second.nats).toBe(cluster.nats);
  expect(second.orderers[0].http).toBe(cluster.orderers[0].http);
  const again = await cairn([
    'submit',
    '-c',
    'mychannel',
    'x',
    '--id',
    'kept',
    '--json',
    '--dir',
    dir,
  ]);
  expect(JSON.parse(again.stdout)).toMatchObject({ status: 200, id: 'kept', duplicate: true });
}, 90_000);

test('a port that is taken is named, with exit code 4, and nothing is started', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const dir = temporaryHome();
  const ports = ['--nats-port', `${port}`, '--http-port', '0', '--operations-port', '0'];
  const up = await cairn(['up', '--detach', '--orderers', '1', '--dir', dir, ...ports]);
  expect(up.exitCode).toBe(4);
  expect(up.stderr).toContain(`Port ${port} on 127.0.0.1`);
  expect((await cairn(['down', '--dir', dir])).stdout).toBe('Nothing was running.\n');
}, 60_000);

test('commands on a directory without a cluster say how to make one', async () => {
  const dir = temporaryHome();
  for (const words of [
    ['start', 'orderer1'],
    ['stop', 'orderer1'],
    ['kill', 'orderer1'],
  ]) {
    const { exitCode, stderr } = await cairn([...words, '--dir', dir]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('"cairn up" makes and starts one');
  }
});

test('an orderer without NATS ends with exit code 4 and one sentence', async () => {
  const dir = temporaryHome();
  await cairn(['init', '--dir', dir, '--orderers', '1', ...anyFreePorts]);
  const config = join(dir, 'orderers', 'orderer1.yaml');
  const { exitCode, stderr } = await cairn(['orderer', '--config', config]);
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/^cairn: No NATS server answers[^\n]*\n$/);
}, 60_000);

test('the tour orders real input, shows it, verifies it, and finds it again the second time', async () => {
  const dir = temporaryHome();
  const words = ['tour', '--exit', '--dir', dir];
  const first = await cairn([...words, '--orderers', '3', ...anyFreePorts]);
  expect(first.exitCode, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/Ordering \d+ (commits of this repository|lines of a bundled text)/);
  expect(first.stdout).toMatch(/Block \d+ of mychannel/);
  expect(first.stdout).toMatch(/the same bytes on 3 orderers/);
  expect(first.stdout).toMatch(/mychannel {2}leader orderer\d/);
  expect(first.stdout.match(/npx cairn /g)?.length).toBeGreaterThanOrEqual(3);
  const second = await cairn(words);
  expect(second.exitCode, second.stderr).toBe(0);
  expect(second.stdout).toMatch(/were there already and stay where they are/);
}, 120_000);
