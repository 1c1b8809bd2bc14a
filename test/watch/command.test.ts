/** `npm run watch` when something is missing: a sentence, and the exit code that goes with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findPrometheus } from '@cairn/grafana';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';

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

  test('refuses an option it does not know', async () => {
    const { exitCode, said } = await watch(['--replya']);
    expect(exitCode).toBe(2);
    expect(said).toContain("Unknown option '--replya'");
  });

  test('says where no cluster is', async () => {
    const { exitCode, said } = await watch(['--dir', join(place.path, 'nowhere')]);
    expect(exitCode).toBe(4);
    expect(said).toMatch(/There is no cluster in .*nowhere; "npm start" makes and starts one\./);
  });

  const cluster = (): string => {
    const directory = join(place.path, 'empty');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'cluster.json'), JSON.stringify({ orderers: [] }));
    return directory;
  };

  test('says in one line how to get Prometheus', async () => {
    const { exitCode, said } = await watch(['--dir', cluster()], {
      PROMETHEUS_BIN: join(place.path, 'no-such-program'),
      PATH: '',
    });
    expect(exitCode).toBe(4);
    expect(said).toMatch(/^There is no Prometheus on this machine\. Install it .*\n$/);
  });

  test.skipIf(findPrometheus(process.env) === null)('names a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { exitCode, said } = await watch(['--dir', cluster(), '--port', `${port}`]);
    server.close();
    expect(exitCode).toBe(4);
    expect(said).toContain(`Prometheus did not start on port ${port}.`);
    expect(said).toContain('address already in use');
  });
});
