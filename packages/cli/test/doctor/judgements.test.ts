import type { ChannelStatus } from '@cairn/orderer/settings';
import { describe, expect, test } from 'vitest';
import { judgeChannel, judgeClocks } from '../../src/doctor/cluster.ts';
import { judgeSpace } from '../../src/doctor/data-directory.ts';
import { inBinaryUnits } from '../../src/doctor/finding.ts';
import { examineNatsProgram, examineNode, isAtLeast } from '../../src/doctor/machine.ts';
import { judgeGreeting } from '../../src/doctor/nats-servers.ts';

describe('a version', () => {
  test('is compared by its numbers, part by part', () => {
    expect(isAtLeast('20.19.0', '20.19')).toBe(true);
    expect(isAtLeast('22.1.0', '20.19')).toBe(true);
    expect(isAtLeast('20.9.0', '20.19')).toBe(false);
    expect(isAtLeast('2.10.1', '2.9.0')).toBe(true);
    expect(isAtLeast('2.8.9', '2.9.0')).toBe(false);
    expect(isAtLeast('2.11.0-beta.1', '2.9.0')).toBe(true);
  });

  test('of Node.js that is too old is a problem', () => {
    expect(examineNode('20.20.2', '20.19')).toMatchObject({ state: 'ok', remedy: null });
    expect(examineNode('18.20.0', '20.19')).toMatchObject({
      state: 'problem',
      message: '18.20.0 is too old: 20.19 or newer is needed.',
    });
  });
});

test('a NATS_SERVER_BIN that is no program is a problem', () => {
  const found = examineNatsProgram({ NATS_SERVER_BIN: '/nowhere/nats-server' });
  expect(found).toMatchObject({ check: 'nats-program', state: 'problem' });
  expect(found.message).toContain('/nowhere/nats-server');
});

describe('a NATS server', () => {
  const greeting = {
    version: '2.10.4',
    max_payload: 1_048_576,
    headers: true,
    tls_required: false,
  };
  const judged = (changes: object) => judgeGreeting('nats://a:4222', { ...greeting, ...changes });

  test('that is new and takes blocks is well', () => {
    expect(judged({})).toMatchObject({
      state: 'ok',
      message: 'Version 2.10.4, messages up to 1.0 MiB.',
    });
  });

  test('whose messages are smaller than a block is a problem, an old one is worth a warning', () => {
    expect(judged({ max_payload: 655_360 })).toMatchObject({ state: 'problem' });
    expect(judged({ max_payload: 65_536 }).message).toContain('up to 64.0 KiB');
    expect(judged({ headers: false })).toMatchObject({ state: 'problem' });
    expect(judged({ version: '2.8.1' })).toMatchObject({ state: 'warning' });
  });
});

describe('room on the disk', () => {
  test.each([
    [100 * 1024 ** 3, 'ok'],
    [1024 ** 3, 'warning'],
    [100 * 1024 ** 2, 'problem'],
    [0, 'problem'],
  ])('of %i bytes is judged %s', (freeBytes, state) => {
    expect(judgeSpace('orderer1', '/data', freeBytes)).toMatchObject({ check: 'disk', state });
  });

  test('is said in units that people read', () => {
    expect([0, 1, 1023, 1024, 1_048_576, 5.5 * 1024 ** 4].map(inBinaryUnits)).toEqual([
      ...['0 bytes', '1 bytes', '1023 bytes', '1.0 KiB', '1.0 MiB', '5.5 TiB'],
    ]);
  });
});

describe('clocks', () => {
  const reading = (orderer: string, offsetMs: number, errorMs = 1) => ({
    orderer,
    offsetMs,
    errorMs,
  });

  test('that agree within a second are well, wherever this machine stands', () => {
    const found = judgeClocks([reading('orderer1', 90_000), reading('orderer2', 90_400)]);
    expect(found.state).toBe('ok');
  });

  test('further apart are a warning, over ten seconds a problem, with the names', () => {
    const warned = judgeClocks([reading('orderer1', -3_000), reading('orderer2', 0)]);
    expect(warned.state).toBe('warning');
    expect(warned.message).toBe('The clock of orderer2 is 3.0 s ahead of that of orderer1.');
    const bad = judgeClocks([reading('a', 0), reading('b', 11_000), reading('c', 2)]);
    expect(bad).toMatchObject({ state: 'problem', subject: 'orderers' });
    expect(bad.message).toContain('b is 11.0 s ahead of that of a');
  });

  test('are not accused for a slow answer', () => {
    expect(judgeClocks([reading('a', 0, 700), reading('b', 1_900, 700)]).state).toBe('ok');
  });
});

describe('a channel', () => {
  const status: ChannelStatus = {
    channel: 'mychannel',
    channelId: 'ab',
    leader: 'orderer1',
    term: 3,
    height: 7,
    voters: 3,
    up: 3,
    quorum: 2,
    members: [],
    problems: [],
  };

  test('with a leader and everybody up is well', () => {
    expect(judgeChannel(status)).toMatchObject([
      { state: 'ok', message: 'orderer1 leads; 3 of 3 voters up, 2 needed, height 7.' },
    ]);
  });

  test('that orders no more is a problem; one that could soon stop, a warning', () => {
    const problems = (['NO_LEADER', 'NO_QUORUM', 'NO_SPARE', 'MEMBER_DOWN'] as const).map(
      (code) => ({ code, message: `${code} it is.` }),
    );
    const found = judgeChannel({ ...status, problems });
    expect(found.map(({ state }) => state)).toEqual(['problem', 'problem', 'warning', 'warning']);
    expect(found.every(({ remedy }) => remedy !== null)).toBe(true);
  });
});
