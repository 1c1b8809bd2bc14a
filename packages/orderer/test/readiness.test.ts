import { describe, expect, test } from 'vitest';
import { BEHIND_MAX, CatchUp } from '../src/catch-up.ts';
import { type ChannelFacts, type ReadinessFacts, readinessOf } from '../src/http/readiness.ts';

const well: ChannelFacts = {
  state: 'active',
  problem: null,
  isMember: true,
  leaderName: 'orderer1' as never,
  blocksBehind: 0,
};

const facts = (changes: Partial<ReadinessFacts>, channel?: Partial<ChannelFacts>) => ({
  wanted: ['mychannel'],
  connected: true,
  stopping: false,
  channel: () => ({ ...well, ...channel }),
  ...changes,
});

const readinessWith = (changes: Partial<ReadinessFacts>, channel?: Partial<ChannelFacts>) =>
  readinessOf(facts(changes, channel));

describe('readiness', () => {
  test('needs nothing more than an open channel with a leader, caught up', () => {
    expect(readinessWith({})).toEqual({
      ready: true,
      channels: [{ channel: 'mychannel', problem: null }],
    });
  });

  test.each([
    ['STOPPING', { stopping: true }, {}],
    ['DISCONNECTED', { connected: false }, {}],
    ['NOT_OPEN', { channel: () => undefined }, {}],
    ['CHANNEL_FAILED', {}, { state: 'failed' as const }],
    ['NO_LEADER', {}, { leaderName: null }],
    ['CATCHING_UP', {}, { blocksBehind: BEHIND_MAX + 1 }],
  ])('is denied with the reason %s', (code, changes, channel) => {
    const { ready, channels } = readinessWith(changes, channel);
    expect(ready).toBe(false);
    expect(channels).toMatchObject([{ channel: 'mychannel', code }]);
    expect(channels[0]?.problem).toMatch(/^[A-Z].+/);
  });

  test('says why a channel has failed', () => {
    const problem = { code: 'PREVIOUS_HASH', message: 'Block refused: other chain.' };
    const { channels } = readinessWith({}, { state: 'failed', problem });
    expect(channels[0]?.problem).toContain('Block refused: other chain.');
  });

  test('names every channel, and one that is not well is enough', () => {
    const { ready, channels } = readinessWith({
      wanted: ['audit', 'mychannel'],
      channel: (name) => (name === 'audit' ? { ...well, leaderName: null } : well),
    });
    expect(ready).toBe(false);
    expect(channels.map(({ channel, problem }) => [channel, problem === null])).toEqual([
      ['audit', false],
      ['mychannel', true],
    ]);
  });

  test('lacks nothing in a channel that this orderer was removed from', () => {
    const removed = { isMember: false, leaderName: null };
    expect(readinessWith({}, removed)).toEqual({
      ready: true,
      channels: [{ channel: 'mychannel', problem: null }],
    });
    expect(readinessWith({}, { ...removed, state: 'failed' }).ready).toBe(false);
    expect(readinessWith({ connected: false }, removed).ready).toBe(false);
  });

  test('is not lost for a few blocks that are on their way', () => {
    expect(readinessWith({}, { blocksBehind: BEHIND_MAX }).ready).toBe(true);
  });
});

describe('what an orderer knows of its distance', () => {
  const append = (commit: number) => ({ type: 'append', commit }) as never;

  test('is the highest commit index heard less what is applied here', () => {
    const catchUp = new CatchUp();
    const channel = { status: { applied: 10 as never } };
    expect(catchUp.behind(channel)).toBe(0);
    catchUp.heard(channel, append(500));
    catchUp.heard(channel, append(400));
    expect(catchUp.behind(channel)).toBe(490);
    channel.status.applied = 600 as never;
    expect(catchUp.behind(channel)).toBe(0);
  });

  test('is not told by heartbeats, which name no more than the member has', () => {
    const catchUp = new CatchUp();
    const channel = { status: { applied: 1 as never } };
    catchUp.heard(channel, { type: 'heartbeat', commit: 9 } as never);
    expect(catchUp.behind(channel)).toBe(0);
  });
});
