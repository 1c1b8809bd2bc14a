import { describe, expect, test } from 'vitest';
import { commands } from '../src/commands/index.ts';
import { cairn } from './support/session.ts';

describe('the command line', () => {
  test('lists every command that is not hidden, and the exit codes, in its help', async () => {
    const { exitCode, out } = await cairn(['--help']);
    expect(exitCode).toBe(0);
    for (const { name, hidden } of commands) {
      if (hidden) expect(out).not.toMatch(new RegExp(`cairn ${name} `));
      else expect(out).toContain(`cairn ${name}`);
    }
    expect(out).toContain('0 done, 1 refused, 2 usage');
  });

  test.each(commands.filter(({ hidden }) => !hidden).map(({ name }) => name))(
    'shows three examples in the help of %s',
    async (name) => {
      const { exitCode, out } = await cairn([name, '--help']);
      expect(exitCode).toBe(0);
      const examples = commands.find((command) => command.name === name)?.examples ?? [];
      expect(examples).toHaveLength(3);
      for (const [text] of examples) expect(out).toContain(`  ${text}\n`);
    },
  );

  test('shows what holds if an option is not given', async () => {
    const { out } = await cairn(['submit', '--help']);
    expect(out).toMatch(/State directory of the local cluster; default \.\/\.cairn/);
    expect(out).toMatch(/How long to try, in milliseconds; default 10000/);
    expect((await cairn(['follow', '--help'])).out).toMatch(/a number; default next/);
  });

  test('prints its version alone', async () => {
    const { exitCode, out } = await cairn(['--version']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('prints a completion script', async () => {
    const { exitCode, out } = await cairn(['completion']);
    expect(exitCode).toBe(0);
    expect(out).toContain('--get-yargs-completions');
  });

  test.each([
    [[], /Say what to do/],
    [['stopp'], /There is no command stopp; did you mean stop\?/],
    [['frobnicate'], /There is no command frobnicate; "cairn --help" lists/],
    [['up', '--frobnicate'], /Unknown argument: frobnicate\. See "cairn up --help"/],
    [['up', '--orderers', 'many'], /--orderers must be a whole number/],
    [['up', '--orderers', '0'], /--orderers must be at least 1/],
    [['up', '--nats-port', '70000'], /--nats-port must be at most/],
    [['stop'], /<orderer> is missing\. See "cairn stop --help"/],
    [['stop', 'Orderer 1'], /<orderer> must be lower-case letters/],
    [['fetch', '-c', 'mychannel'], /<block> is missing/],
    [['submit', '--channel'], /Not enough arguments following: channel\. See/],
    [['version', '--json=maybe'], /--json must be a boolean/],
    [['status', '--server', 'not a url'], /--server must be NATS addresses/],
    [['status', '--server', 'http://127.0.0.1:1'], /--server must be NATS addresses/],
    [['fetch', '-1', '-c', 'mychannel'], /./],
    [['fetch', '1.5', '-c', 'mychannel'], /<block> must be newest, oldest, config or a number/],
    [['fetch', '7'], /--channel is missing/],
    [['submit', '-c', 'mychannel'], /Give a payload/],
    [['submit', '-c', 'mychannel', 'x', '--lines', 'y'], /not both/],
    [['submit', '-c', 'mychannel', '--lines', 'y', '--id', 'z'], /cannot go with --lines/],
    [['submit', '-c', 'my.channel', 'x'], /--channel must be lower-case letters/],
    [['submit', '-c', 'raft', 'x'], /--channel is a reserved word/],
    [['verify'], /Say what to verify/],
    [['verify', '-c', 'a', '--data', 'b'], /Give one of/],
    [['orderer'], /--config is missing/],
    [['follow', '-c', 'mychannel', '--from', 'yesterday'], /--from must be next/],
  ])('answers %j with one sentence and exit code 2', async (words, sentence) => {
    const { exitCode, out, notes } = await cairn(words);
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(notes).toMatch(/^cairn: /);
    expect(notes).toMatch(sentence);
    expect(notes).not.toContain('\n');
  });

  test('takes options from variables, and what is typed over them', async () => {
    const fromVariable = await cairn(['up'], { CAIRN_ORDERERS: 'many' });
    expect(fromVariable.notes).toMatch(/--orderers must be a whole number/);
    const typed = await cairn(['up', '--orderers', '0'], { CAIRN_ORDERERS: 'many' });
    expect(typed.notes).toMatch(/--orderers must be at least 1/);
  });
});

test('a switch takes the words for on and off', async () => {
  expect((await cairn(['version', '--json=no'])).out).toMatch(/^cairn /);
  expect(JSON.parse((await cairn(['version', '--json=yes'])).out)).toHaveProperty('cairn');
});

test.each([
  [['explain', 'NOPE', '--json'], 3, 'NOT_FOUND'],
  [['verify', '--genesis', '/nowhere', '--json'], 3, 'FILE_UNREADABLE'],
  [['fetch', '1.5', '-c', 'mychannel', '--json'], 2, 'USAGE'],
  [['stop', '--json'], 2, 'USAGE'],
])('with --json the failure of %j is one JSON object, too', async (words, exitCode, code) => {
  const failed = await cairn(words);
  expect(failed.exitCode).toBe(exitCode);
  expect(JSON.parse(failed.out)).toEqual({ error: { code, message: expect.any(String) } });
  expect(failed.notes).toMatch(/^cairn: /);
});

test('behind "--" everything is a value, also what begins with a dash', async () => {
  const { exitCode, notes } = await cairn(['explain', '--', '--nope']);
  expect(exitCode).toBe(3);
  expect(notes).toContain('There is no error code --NOPE');
});

test('a lone "-" is a value', async () => {
  expect((await cairn(['explain', '-'])).notes).toContain('There is no error code -;');
});

describe('explain', () => {
  test('says what a code means and what to do, whatever its case', async () => {
    const { exitCode, out } = await cairn(['explain', 'no_leader']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^NO_LEADER \(status 503/);
  });

  test('lists every code, as one JSON object a line on request', async () => {
    const { out } = await cairn(['explain', '--json']);
    const codes = out.split('\n').map((line) => JSON.parse(line).code);
    expect(codes).toContain('OVERLOADED');
    expect(new Set(codes).size).toBe(codes.length);
  });

  test('does not know a code that is none: exit code 3', async () => {
    expect((await cairn(['explain', 'NOPE'])).exitCode).toBe(3);
  });
});

test('version names Node.js too', async () => {
  const { out } = await cairn(['version', '--json']);
  expect(JSON.parse(out)).toEqual({ cairn: expect.any(String), node: process.versions.node });
});
