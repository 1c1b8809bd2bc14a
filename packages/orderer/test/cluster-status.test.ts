import type { InfoReply } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { channelStatus, clusterStatus, type InfoAnswer } from '../src/cluster-status.ts';

const NAMES = ['orderer1', 'orderer2', 'orderer3', 'orderer4', 'orderer5'];

function answer(orderer: string, changes: Partial<InfoReply> = {}): InfoAnswer {
  const members = NAMES.map((name, i) => ({
    id: i + 1,
    name,
    role: 'voter' as const,
    active: true,
    height: 7,
  }));
  const info = {
    status: 200 as const,
    channel: 'mychannel',
    channelId: 'ab',
    height: 10,
    newestHash: 'cd',
    leader: 'orderer2',
    state: orderer === 'orderer2' ? ('leader' as const) : ('follower' as const),
    term: 3,
    configNumber: 0,
    members,
    ...changes,
  };
  return { orderer, info };
}

const statusOf = (answers: readonly InfoAnswer[]) =>
  channelStatus({ channel: 'mychannel', answers });

const codesOf = (answers: readonly InfoAnswer[]) =>
  statusOf(answers).problems.map(({ code }) => code);

describe('the status of a channel', () => {
  test('names leader, term, height, quorum and every member when all is well', () => {
    const status = statusOf(NAMES.map((name) => answer(name)));
    expect(status).toMatchObject({
      channel: 'mychannel',
      channelId: 'ab',
      leader: 'orderer2',
      term: 3,
      height: 10,
      voters: 5,
      up: 5,
      quorum: 3,
      problems: [],
    });
    expect(status.members.map(({ state }) => state)).toEqual([
      'follower',
      'leader',
      'follower',
      'follower',
      'follower',
    ]);
    expect(status.members[0]).toEqual({
      name: 'orderer1',
      id: 1,
      role: 'voter',
      state: 'follower',
      term: 3,
      height: 10,
      lag: 0,
    });
  });

  test('has no leader while only others remember a silent one', () => {
    const status = statusOf(['orderer1', 'orderer3', 'orderer4'].map((name) => answer(name)));
    expect(status.leader).toBeNull();
    expect(status.problems.map(({ code }) => code)).toEqual([
      'NO_LEADER',
      'NO_SPARE',
      'MEMBER_DOWN',
      'MEMBER_DOWN',
    ]);
  });

  test('believes the claim of the highest term', () => {
    const old = answer('orderer1', { leader: 'orderer1', term: 2 });
    const status = statusOf([old, answer('orderer2'), answer('orderer3')]);
    expect(status.leader).toBe('orderer2');
    expect(status.members[0]?.state).toBe('follower');
  });

  test('says what the leader last knew of a member that is down, and how far others lag', () => {
    const slow = answer('orderer3', { height: 200 });
    const leader = answer('orderer2', { height: 300 });
    const status = statusOf([leader, slow]);
    expect(status.members[0]).toMatchObject({ state: 'down', term: null, height: 7, lag: 293 });
    expect(status.members[2]).toMatchObject({ state: 'follower', lag: 100 });
    expect(status.problems.map(({ code }) => code)).toContain('MEMBER_LAGS');
  });

  test('says when too few are up to order anything', () => {
    expect(codesOf([answer('orderer2')])).toContain('NO_QUORUM');
  });

  test('says what every problem means, in a sentence', () => {
    const three = ['orderer1', 'orderer2', 'orderer3'].map((name) => answer(name));
    const sentences = statusOf(three).problems.map(({ message }) => message);
    expect(sentences[0]).toBe('3 of 5 voters are up: one more failure stops ordering.');
    expect(sentences[1]).toBe('orderer4 does not answer: it is down, or cut off from NATS.');
    const two = [answer('orderer1', { leader: null }), answer('orderer3', { leader: null })];
    const meanings = statusOf(two).problems.map(({ message }) => message);
    expect(meanings[0]).toMatch(/no leader now: nothing is ordered until one is elected/);
    expect(meanings[1]).toMatch(/2 of 5 voters are up and 3 are needed: nothing is ordered/);
  });

  test('says when orderers mean different channels by one name', () => {
    expect(codesOf([answer('orderer1'), answer('orderer2', { channelId: 'ef' })])).toContain(
      'CHANNEL_ID_DIFFERS',
    );
  });

  test('of a channel nobody answers for has one problem and no leader', () => {
    expect(statusOf([])).toMatchObject({ leader: null, voters: 0, channelId: null });
    expect(codesOf([])).toEqual(['NO_ANSWER']);
  });
});

test('the status of a cluster lists every orderer that is known or a member, in order of numbers', () => {
  const channels = [{ channel: 'mychannel', answers: [answer('orderer2')] }];
  const status = clusterStatus('nats://127.0.0.1:4222', ['orderer10'], channels);
  expect(status.orderers.map(({ name, up }) => `${name} ${up}`)).toEqual([
    'orderer1 false',
    'orderer2 true',
    'orderer3 false',
    'orderer4 false',
    'orderer5 false',
    'orderer10 false',
  ]);
});
