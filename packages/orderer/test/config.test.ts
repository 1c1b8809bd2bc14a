import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, loadOrdererConfig, readSeedFile } from '../src/config.ts';
import { ordererSettings, variableName } from '../src/config-schema.ts';

const SEED = `SU${'A'.repeat(56)}`;
const MINIMAL = `
name: orderer1
directory: data
nats: { servers: [nats://127.0.0.1:4222] }
keys: { signingSeedFile: signing.nk }
`;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-config-'));
  writeFileSync(join(folder, 'signing.nk'), `${SEED}\n`, { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const path = join(folder, 'orderer1.yaml');
  writeFileSync(path, text);
  return path;
}

function refusal(text: string, environment: Record<string, string> = {}): ConfigError {
  try {
    loadOrdererConfig(write(text), environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('the configuration was accepted');
}

describe('an orderer configuration that is right', () => {
  test('is completed with defaults and absolute paths', () => {
    const config = loadOrdererConfig(write(MINIMAL), {});
    expect(config).toMatchObject({
      prefix: 'cairn',
      directory: join(folder, 'data'),
      channels: [],
      http: { host: '127.0.0.1', port: 8080 },
      operations: { host: '127.0.0.1', port: 9100 },
      log: { level: 'info' },
    });
    expect(config.limits.blocksInFlightMax).toBe(3);
    expect(config.keys).toEqual({ signingSeedFile: join(folder, 'signing.nk') });
  });

  test('takes variables over the file, lists with commas and numbers as numbers', () => {
    const config = loadOrdererConfig(write(`${MINIMAL}http: { port: 1 }\n`), {
      CAIRN_HTTP_PORT: '8081',
      CAIRN_NATS_SERVERS: 'nats://a:1, nats://b:2',
      CAIRN_LIMITS_QUEUE_BYTES_MAX: '1024',
      CAIRN_LOG_LEVEL: 'debug',
    });
    expect(config.http.port).toBe(8081);
    expect(config.nats.servers).toEqual(['nats://a:1', 'nats://b:2']);
    expect(config.limits.queueBytesMax).toBe(1024);
    expect(config.log.level).toBe('debug');
  });

  test('can be given a variable for every key but the channels', () => {
    expect(ordererSettings.map(({ variable }) => variable)).toContain('CAIRN_OPERATIONS_HOST');
    expect(variableName(['keys', 'signingSeedFile'])).toBe('CAIRN_KEYS_SIGNING_SEED_FILE');
    expect(ordererSettings.some(({ path }) => path[0] === 'channels')).toBe(false);
  });

  test('leaves empty variables and variables of other commands alone', () => {
    const config = loadOrdererConfig(write(MINIMAL), { CAIRN_HTTP_PORT: '', CAIRN_DIR: '/x' });
    expect(config.http.port).toBe(8080);
  });
});

describe('an orderer configuration that is wrong', () => {
  test('is named with its path when it does not exist', () => {
    const path = join(folder, 'missing.yaml');
    expect(() => loadOrdererConfig(path, {})).toThrow(
      `The configuration file ${path} does not exist.`,
    );
  });

  test.each([
    ['name: [', /is not YAML: line 1, column/],
    ['- a\n- b', /must be a YAML map/],
    ['', /must be a YAML map/],
    [`${MINIMAL}htpp: {}`, /unknown key "htpp"\.$/],
    [`${MINIMAL}http: { prot: 1 }`, /unknown key "http\.prot"\.$/],
    [`${MINIMAL}http: { port: 70000 }`, /"http\.port" too big/],
    [`${MINIMAL}limits: { queueBytesMax: many }`, /"limits\.queueBytesMax" invalid input/],
    [MINIMAL.replace('name: orderer1', ''), /"name" is missing/],
    [MINIMAL.replace('orderer1', 'submit'), /"name" is a reserved word/],
    [MINIMAL.replace('orderer1', 'Orderer 1'), /"name" must be lower-case letters/],
    [
      `${MINIMAL}channels: [{ name: a, genesis: a.genesis }, { name: a, genesis: b }]`,
      /"channels" names a channel twice/,
    ],
    [
      `${MINIMAL}channels: [{ name: a, genesis: a.genesis }]`,
      /channels: a: genesis.*cannot be read/,
    ],
  ])('is refused in one sentence with exit code 2 (%#)', (text, sentence) => {
    const error = refusal(text);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('\n');
    expect(error.exitCode).toBe(2);
  });

  test('is refused when a variable is out of range, naming the key', () => {
    expect(refusal(MINIMAL, { CAIRN_HTTP_PORT: 'eighty' }).message).toMatch(/"http\.port"/);
  });
});

describe('a seed file', () => {
  test('is refused when other users can read it, and the sentence says what to run', () => {
    chmodSync(join(folder, 'signing.nk'), 0o640);
    const error = refusal(MINIMAL);
    expect(error.code).toBe('SEED_EXPOSED');
    expect(error.message).toContain(`chmod 600 ${join(folder, 'signing.nk')}`);
  });

  const isRoot = process.getuid?.() === 0;

  test.skipIf(!isRoot)('that another user hands to this process may be readable by a group', () => {
    const path = join(folder, 'signing.nk');
    chownSync(path, 12_345, 12_345);
    chmodSync(path, 0o440);
    expect(readSeedFile(path)).toBe(SEED);
    for (const mode of [0o444, 0o460]) {
      chmodSync(path, mode);
      expect(refusal(MINIMAL).code).toBe('SEED_EXPOSED');
    }
  });

  test('is refused when it is missing or no seed, without repeating its content', () => {
    expect(refusal(MINIMAL.replace('signing.nk', 'other.nk')).code).toBe('SEED_NOT_FOUND');
    writeFileSync(join(folder, 'signing.nk'), 'secret');
    const error = refusal(MINIMAL);
    expect(error.code).toBe('SEED_INVALID');
    expect(error.message).not.toContain('secret');
  });

  test('is read without its line end', () => {
    expect(readSeedFile(join(folder, 'signing.nk'))).toBe(SEED);
  });
});
