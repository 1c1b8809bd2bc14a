import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSeed } from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { type ConnectionInput, targetOf } from '../src/connection.ts';
import { temporaryFolder } from './support/folder.ts';
import { recordingTerminal } from './support/session.ts';

const SEED = encodeSeed(new Uint8Array(32).fill(3));
const CREDS = `-----BEGIN NATS USER JWT-----\nabc\n-----END-----\n${SEED}\n`;

function home(): string {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'client.nk'), `${SEED}\n`, { mode: 0o600 });
  const cluster = {
    nats: 'nats://127.0.0.1:4333',
    creds: join(dir, 'client.nk'),
    orderers: [],
    channels: ['mychannel'],
  };
  writeFileSync(join(dir, 'cluster.json'), JSON.stringify(cluster));
  return dir;
}

function target(input: Partial<ConnectionInput>, environment: Record<string, string> = {}) {
  const { terminal } = recordingTerminal(environment);
  const signal = new AbortController().signal;
  const defaults = { dir: temporaryFolder(), prefix: 'cairn', timeoutMs: 1000 };
  return targetOf({ ...defaults, ...input }, { terminal, signal });
}

describe('the server a command talks to', () => {
  test('is the local cluster, as its own client, if nothing is said', () => {
    expect(target({ dir: home() })).toMatchObject({
      servers: ['nats://127.0.0.1:4333'],
      credentials: { kind: 'nkeySeed', nkeySeed: SEED },
      inboxPrefix: '_INBOX.client',
      cluster: { channels: ['mychannel'] },
    });
  });

  test('is what is given, and then the local credentials are kept back', () => {
    expect(target({ dir: home(), server: 'nats://a:1, nats://b:2' })).toMatchObject({
      servers: ['nats://a:1', 'nats://b:2'],
      credentials: { kind: 'none' },
      inboxPrefix: undefined,
      cluster: null,
    });
  });

  test('is the usual port where there is no cluster', () => {
    expect(target({}).servers).toEqual(['nats://127.0.0.1:4222']);
  });
});

describe('credentials', () => {
  test('are read from the files that are named', () => {
    const dir = home();
    writeFileSync(join(dir, 'user.creds'), CREDS);
    expect(target({ creds: join(dir, 'user.creds') }).credentials).toEqual({
      kind: 'credsFile',
      credsFile: CREDS,
    });
    expect(target({ nkey: join(dir, 'client.nk') }).credentials.kind).toBe('nkeySeed');
  });

  test('that are none are refused with exit code 2, a missing file with 3', () => {
    const dir = home();
    writeFileSync(join(dir, 'wrong.nk'), 'x');
    expect(() => target({ nkey: join(dir, 'wrong.nk') })).toThrow(/holds no user seed/);
    expect(() => target({ creds: join(dir, 'wrong.nk') })).toThrow(/is not a \.creds file/);
    expect(() => target({ creds: join(dir, 'missing') })).toThrow(/no such file/);
    writeFileSync(join(dir, 'mistyped.nk'), `SU${'A'.repeat(56)}`);
    expect(() => target({ nkey: join(dir, 'mistyped.nk') })).toThrow(/holds no user seed/);
  });
});

describe('a context of the nats tool', () => {
  function withContext(content: object): Record<string, string> {
    const configuration = temporaryFolder();
    mkdirSync(join(configuration, 'nats', 'context'), { recursive: true });
    const path = join(configuration, 'nats', 'context', 'prod.json');
    writeFileSync(path, JSON.stringify(content));
    return { XDG_CONFIG_HOME: configuration };
  }

  test('gives server, login and inbox', () => {
    const environment = withContext({
      url: 'nats://prod:4222',
      user: 'me',
      password: 'secret',
      token: '',
      inbox_prefix: '_INBOX.me',
      description: 'not for us',
    });
    expect(target({ context: 'prod' }, environment)).toMatchObject({
      servers: ['nats://prod:4222'],
      credentials: { kind: 'password', user: 'me', password: 'secret' },
      inboxPrefix: '_INBOX.me',
    });
  });

  test('gives way to flags', () => {
    const environment = withContext({ url: 'nats://prod:4222', token: 'abc' });
    const found = target({ context: 'prod', server: 'nats://x:1' }, environment);
    expect(found.servers).toEqual(['nats://x:1']);
    expect(found.credentials).toEqual({ kind: 'token', token: 'abc' });
  });

  test('that does not exist is named with its path', () => {
    expect(() => target({ context: 'nope' }, withContext({}))).toThrow(/nope\.json/);
  });
});
