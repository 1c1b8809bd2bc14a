/** `npm run watch` as its user meets it: beside a cluster, twice, with the replay, and when something is missing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findPrometheus } from '@cairn/grafana';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalCluster, startLocalCluster } from '../cli/support.ts';
import { checkout } from '../docs/checkout.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';
import { startGuarded } from '../support/guarded-process.ts';
import { findFreePorts } from '../support/ports.ts';
import { until } from '../support/until.ts';

const program = join(checkout, 'grafana', 'dist', 'watch', 'main.js');

let place: GuardedDirectory;
beforeAll(() => {
  place = makeGuardedDirectory('cairn-watch-');
});
afterAll(() => place.remove());

async function watch(words: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...variables },
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const [exitCode] = await once(child, 'close');
  return { exitCode, said };
}

describe('npm run watch', () => {
  test('says what it can do', async () => {
    const { exitCode, said } = await watch(['--help']);
    expect(exitCode).toBe(0);
    expect(said).toContain('--replay');
  });

  test.each([
    [['--replya'], "Unknown option '--replya'"],
    [['--port', 'ninety'], '--port takes a number from 0 to 65535, not "ninety".'],
    [['--port', '65536'], '--port takes a number from 0 to 65535, not "65536".'],
    [['replay'], "Unexpected argument 'replay'"],
  ])('refuses %s', async (words, sentence) => {
    const { exitCode, said } = await watch(words);
    expect(exitCode).toBe(2);
    expect(said).toContain(sentence);
    expect(said).toMatch(/"npm run watch -- --help" has all options\.\n$/);
  });

  test('says where no cluster is', async () => {
    const { exitCode, said } = await watch(['--dir', join(place.path, 'nowhere')]);
    expect(exitCode).toBe(4);
    expect(said).toMatch(
      /^There is no cluster in .*nowhere; "npm start" makes and starts one\.\n$/,
    );
  });

  const directoryWith = (clusterJson: string): string => {
    const directory = join(place.path, 'written');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'cluster.json'), clusterJson);
    return directory;
  };

  test.each(['', '{', '[]', '{"orderers":[{"name":"orderer1"}],"channels":["mychannel"]}'])(
    'does not take %j for a cluster',
    async (clusterJson) => {
      const { exitCode, said } = await watch(['--dir', directoryWith(clusterJson)]);
      expect(exitCode).toBe(1);
      expect(said).toMatch(/^.*cluster\.json is not a cluster file; remove it, and .*\n$/);
    },
  );

  test('says that a cluster does not run', async () => {
    // Nothing listens on port 9 of loopback.
    const orderer = { name: 'orderer1', operations: 'http://127.0.0.1:9', log: '/dev/null' };
    const text = JSON.stringify({ orderers: [orderer], channels: ['mychannel'] });
    const { exitCode, said } = await watch(['--dir', directoryWith(text)]);
    expect(exitCode).toBe(4);
    expect(said).toMatch(/^The cluster in .* does not run; "npm start" starts it\.\n$/);
  });
});

describe.skipIf(findPrometheus(process.env) === null).sequential('beside a cluster', () => {
  let cluster: LocalCluster;
  let port: string;

  beforeAll(async () => {
    cluster = await startLocalCluster(5);
    port = `${(await findFreePorts()).nats}`;
  }, 90_000);
  afterAll(() => cluster?.close(), 60_000);

  const here = (...words: string[]) => watch(['--dir', cluster.dir, '--port', port, ...words]);

  test('says in one line how to get Prometheus', async () => {
    const { exitCode, said } = await watch(['--dir', cluster.dir], {
      PROMETHEUS_BIN: join(place.path, 'no-such-program'),
    });
    expect(exitCode).toBe(4);
    expect(said).toMatch(/^PROMETHEUS_BIN names .*no-such-program, which is no program\. .*\n$/);
  });

  test('names a port that is taken', async () => {
    const server = createServer().listen(Number(port), '127.0.0.1');
    await once(server, 'listening');
    const { exitCode, said } = await here();
    server.close();
    expect(exitCode).toBe(4);
    expect(said).toBe(
      `Port ${port} is taken by another program; --port names another, for example "npm run watch -- --port 9190".\n`,
    );
  });

  test('replays only on a channel that there is, with all orderers up', async () => {
    const nowhere = await here('--replay', '--channel', 'nothing');
    expect(nowhere.exitCode).toBe(3);
    expect(nowhere.said).toContain(
      'There is no channel "nothing" in this cluster; it has audit, mychannel.\n',
    );
    await cluster.run(['stop', 'orderer2']);
    const { exitCode, said } = await here('--replay');
    await cluster.run(['start', 'orderer2']);
    expect(exitCode).toBe(4);
    expect(said).toMatch(/orderer2 does not run, .*"npx cairn start orderer2" starts it\.\n$/);
  });

  async function startWatch(name: string) {
    const outputFile = join(place.path, name);
    const parameters = [program, '--dir', cluster.dir, '--port', port];
    const watching = await startGuarded({
      command: process.execPath,
      ...{ parameters, outputFile },
    });
    const output = (): string => readFileSync(outputFile, 'utf8');
    await until('it watches', () => output().includes('Ctrl-C ends it.'), 60_000);
    return { ...watching, output };
  }

  test('brings up Prometheus, says so when it is asked again, and replays the blog on it', async () => {
    const watching = await startWatch('watch.log');
    const url = `http://127.0.0.1:${port}`;
    expect(watching.output()).toContain(`: ${url}  (scrapes and rules every 2 s)`);
    const again = await here();
    expect(again.exitCode).toBe(0);
    expect(again.said).toMatch(/^Prometheus of .* runs already: http.*\. Ctrl-C .*\n$/);
    const { exitCode, said } = await here('--replay');
    expect(said).toMatch(/\n✓ \d\d log lines and answers, all as they should be, in \d+ s\.\n$/);
    expect(exitCode).toBe(0);
    for (const part of ['stop', 'start', 'kill', 'submit -c mychannel']) {
      expect(said).toContain(`\n▸ npx cairn ${part} `);
    }
    expect(said).not.toContain('(scrapes and rules');
    watching.signal('SIGINT');
    expect(await watching.ended).toBe(0);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  }, 240_000);

  test('says that Prometheus has ended by itself', async () => {
    const watching = await startWatch('left.log');
    const data = join(cluster.dir, 'prometheus', 'data');
    process.kill(findProcess(`--storage.tsdb.path=${data}`) ?? Number.NaN);
    expect(await watching.ended).toBe(1);
    expect(watching.output()).toMatch(/\nPrometheus has ended by itself; its log is .*\.log\.\n$/);
  });

  test('that is interrupted in the middle leaves every orderer up', async () => {
    const outputFile = join(place.path, 'interrupted.log');
    const parameters = [program, '--dir', cluster.dir, '--port', port, '--replay'];
    const command = { command: process.execPath, parameters, outputFile };
    const replaying = await startGuarded(command);
    const output = (): string => readFileSync(outputFile, 'utf8');
    await until('the leader is stopped', () => output().includes('▸ npx cairn stop'), 60_000);
    const stopping = await until('the command runs', () => findProcess('stop', cluster.dir));
    // As a terminal does at Ctrl-C: to the replay and to the command that it runs.
    replaying.signal('SIGINT');
    process.kill(stopping, 'SIGINT');
    expect(await replaying.ended).toBe(130);
    expect(output()).toMatch(/\nStarting orderer\d again\.\nInterrupted\.\n$/);
    const { stdout } = await cluster.run(['status', '--json']);
    const { orderers } = JSON.parse(stdout) as { orderers: { up: boolean }[] };
    expect(orderers.map(({ up }) => up)).toEqual(Array(5).fill(true));
  }, 120_000);
});

/** The id of a process that has these words in its command line; of the shell beside it not. */
function findProcess(...wanted: readonly string[]): number | null {
  const words = (id: string): string[] => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
    } catch {
      return [];
    }
  };
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((id) => wanted.every((word) => words(id).includes(word)) && words(id)[0] !== '/bin/sh');
  return found === undefined ? null : Number(found);
}
