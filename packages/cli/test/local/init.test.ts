import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadOrdererConfig } from '@cairn/orderer/settings';
import { describe, expect, test } from 'vitest';
import { readGenesisConfig } from '../../src/local/genesis.ts';
import { type Home, homeAt } from '../../src/local/home.ts';
import { type InitOptions, initialise } from '../../src/local/init.ts';
import { publicKeyOf } from '../../src/local/keys.ts';
import { findNatsServer } from '../../src/local/nats-server.ts';
import { temporaryFolder } from '../support/folder.ts';
import { cairn } from '../support/session.ts';

const NOW_MS = 1_795_000_000_000;

function portsFrom(base: number, count: number): InitOptions['ports'] {
  const orderers = Array.from({ length: count }, (_, i) => ({
    http: base + 10 + i,
    operations: base + 20 + i,
  }));
  return { nats: base, orderers };
}

function setUp(ordererCount = 3) {
  const folder = temporaryFolder();
  const channelsDirectory = join(folder, 'channels');
  mkdirSync(channelsDirectory);
  writeFileSync(join(channelsDirectory, 'mychannel.yaml'), 'channel: mychannel\n');
  const home = homeAt(join(folder, '.cairn'));
  const ports = portsFrom(30_000, ordererCount);
  const options = { ordererCount, channelsDirectory, prefix: 'cairn', ports };
  return { home, options, channelsDirectory };
}

/** Every file of a home with its content, to see what a second run changes. */
function snapshot(home: Home): Record<string, string> {
  const files = readdirSync(home.directory, { recursive: true, withFileTypes: true });
  const contents = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .map((path) => [path, readFileSync(path, 'hex')]);
  return Object.fromEntries(contents);
}

describe('init', () => {
  test('makes two keys for each orderer and the client, readable by their owner only', () => {
    const { home, options } = setUp();
    expect(initialise(home, options, NOW_MS).keysMade).toBe(8);
    const names = ['client', 'orderer1', 'orderer2', 'orderer3'];
    const keys = names.flatMap((name) => [home.loginSeed(name), home.signingSeed(name)]);
    for (const path of keys) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(home.keysDirectory).mode & 0o077).toBe(0);
    expect(new Set(keys.map(publicKeyOf)).size).toBe(8);
  });

  test('makes block 0 with the signing keys and orderer files that load', () => {
    const { home, options } = setUp();
    initialise(home, options, NOW_MS);
    const config = readGenesisConfig(home.genesis('mychannel'));
    expect(config.createdMs).toBe(NOW_MS);
    expect(config.members.map(({ id, name, key }) => ({ id, name, key }))).toEqual(
      ['orderer1', 'orderer2', 'orderer3'].map((name, i) => ({
        id: i + 1,
        name,
        key: publicKeyOf(home.signingSeed(name)),
      })),
    );
    expect(loadOrdererConfig(home.ordererFile('orderer2'), {})).toMatchObject({
      name: 'orderer2',
      directory: home.data('orderer2'),
      nats: { servers: ['nats://127.0.0.1:30000'] },
      http: { host: '127.0.0.1', port: 30_011 },
      operations: { port: 30_021 },
      channels: [{ name: 'mychannel', genesis: home.genesis('mychannel') }],
    });
  });

  test('changes nothing when it is run again', () => {
    const { home, options } = setUp();
    initialise(home, options, NOW_MS);
    const before = snapshot(home);
    const report = initialise(home, options, NOW_MS + 1);
    expect(report).toMatchObject({ keysMade: 0, channelsMade: [], channelsEdited: [] });
    expect(snapshot(home)).toEqual(before);
  });

  test('keeps block 0 of an edited definition and reports the edit', () => {
    const { home, options, channelsDirectory } = setUp();
    initialise(home, options, NOW_MS);
    const before = readFileSync(home.genesis('mychannel'));
    const path = join(channelsDirectory, 'mychannel.yaml');
    appendFileSync(path, 'description: only for people\n');
    expect(initialise(home, options, NOW_MS).channelsEdited).toEqual([]);
    appendFileSync(path, 'batch: { timeoutMs: 5 }\n');
    expect(initialise(home, options, NOW_MS).channelsEdited).toEqual(['mychannel']);
    expect(readFileSync(home.genesis('mychannel')).equals(before)).toBe(true);
  });

  test('adds a channel whose definition is new, to the orderer files too', () => {
    const { home, options, channelsDirectory } = setUp();
    initialise(home, options, NOW_MS);
    const two = 'channel: two\nmembers: [orderer1, { name: orderer3, role: learner }]\n';
    writeFileSync(join(channelsDirectory, 'two.yaml'), two);
    expect(initialise(home, options, NOW_MS).channelsMade).toEqual(['two']);
    const channelsOf = (name: string) =>
      loadOrdererConfig(home.ordererFile(name), {}).channels.map((channel) => channel.name);
    expect(channelsOf('orderer1')).toEqual(['mychannel', 'two']);
    expect(channelsOf('orderer2')).toEqual(['mychannel']);
    expect(readGenesisConfig(home.genesis('two')).members.map(({ role }) => role)).toEqual([
      'voter',
      'learner',
    ]);
  });

  test("keeps what an orderer file's owner wrote, comments included, when the ports change", () => {
    const { home, options } = setUp();
    initialise(home, options, NOW_MS);
    const path = home.ordererFile('orderer1');
    appendFileSync(path, '# mine\nlog:\n  level: debug # much to read\n');
    initialise(home, { ...options, ports: portsFrom(40_000, 3) }, NOW_MS);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('# mine');
    expect(text).toContain('level: debug # much to read');
    expect(loadOrdererConfig(path, {}).http.port).toBe(40_010);
  });

  test('refuses another number of orderers', () => {
    const { home, options } = setUp();
    initialise(home, options, NOW_MS);
    const five = { ...options, ordererCount: 5, ports: portsFrom(30_000, 5) };
    expect(() => initialise(home, five, NOW_MS)).toThrow(/was made for 3 orderers, not 5/);
  });

  test('refuses to replace a lost signing key that a channel knows', () => {
    const { home, options } = setUp();
    initialise(home, options, NOW_MS);
    rmSync(home.signingSeed('orderer2'));
    expect(() => initialise(home, options, NOW_MS)).toThrow(/knows orderer2 by that key/);
    expect(existsSync(home.signingSeed('orderer2'))).toBe(false);
  });

  test.each([
    ['members: [nobody]', /"nobody" is no orderer of this cluster/],
    ['batch: { preferredBytes: 655360 }', /largest block/],
    ['raft: { electionTicks: 1, heartbeatTicks: 2 }', /cannot be used/],
  ])('refuses a definition that cannot be used: %s', (line, sentence) => {
    const { home, options, channelsDirectory } = setUp();
    appendFileSync(join(channelsDirectory, 'mychannel.yaml'), `${line}\n`);
    expect(() => initialise(home, options, NOW_MS)).toThrow(sentence);
    expect(existsSync(home.genesis('mychannel'))).toBe(false);
  });

  test('refuses a genesis file that is none, by name', () => {
    const { home, options } = setUp();
    initialise(home, options, NOW_MS);
    writeFileSync(home.genesis('mychannel'), 'nonsense');
    expect(() => initialise(home, options, NOW_MS)).toThrow(
      /mychannel\.genesis is not the block 0/,
    );
  });

  test('writes a NATS configuration that the server accepts', () => {
    const { home, options } = setUp();
    initialise(home, options, NOW_MS);
    const server = findNatsServer(process.env);
    if (server === null) throw new Error('nats-server is needed: npm test installs it');
    execFileSync(server, ['-t', '-c', home.natsConfiguration], { stdio: 'ignore' });
  });
});

describe('the command init', () => {
  test('says what it did and what comes next, or JSON', async () => {
    const { home, channelsDirectory } = setUp();
    const words = ['init', '--dir', home.directory, '--channels-dir', channelsDirectory];
    const first = await cairn([...words, '--orderers', '3']);
    expect(first).toMatchObject({ exitCode: 0, notes: '' });
    expect(first.out).toMatch(/3 orderers, 8 keys made; block 0: made mychannel\.\nNext: cairn up/);
    const second = await cairn([...words, '--json']);
    expect(JSON.parse(second.out)).toMatchObject({
      keysMade: 0,
      cluster: {
        nats: 'nats://127.0.0.1:4222',
        creds: home.loginSeed('client'),
        channels: ['mychannel'],
      },
    });
  });

  test('fails in one sentence on a file where the directory should be', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const { exitCode, notes } = await cairn(['init', '--dir', join(folder, 'file')]);
    expect(exitCode).toBe(1);
    expect(notes).toMatch(/^cairn: Cannot use [^\n]*: a part of the path is no directory\.$/);
  });
});
