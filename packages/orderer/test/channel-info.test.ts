import { describe, expect, test } from 'vitest';
import { channelInfo } from '../src/channel-info.ts';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

const ofAll = (cluster: MemoryCluster) =>
  cluster.alive.map(({ name }) => cluster.ask(subjects.infoFrom('mychannel', name), '').json);

describe('what an orderer says of a channel', () => {
  test('names what it is itself: one leader, the others followers', () => {
    const cluster = new MemoryCluster({ seed: 11, orderers: 3 });
    cluster.start();
    const leader = cluster.awaitLeader();
    cluster.world.runFor(1_000);
    const states = ofAll(cluster).map((info) => info.state);
    expect(states.toSorted()).toEqual(['follower', 'follower', 'leader']);
    expect(channelInfo(cluster.channelOf(leader))).toMatchObject({ state: 'leader', leader });
  });

  test('says pre-candidate while nobody can be asked for a vote', () => {
    const cluster = new MemoryCluster({ seed: 12, orderers: 3 });
    cluster.start('orderer1');
    cluster.world.runFor(3_000);
    expect(channelInfo(cluster.channelOf('orderer1'))).toMatchObject({
      state: 'pre-candidate',
      leader: null,
    });
  });

  test('does not call itself leader of a channel that failed here', () => {
    const cluster = new MemoryCluster({ seed: 13, orderers: 3 });
    cluster.start();
    const leader = cluster.awaitLeader();
    cluster.channelOf(leader).fail({ code: 'INTERNAL', message: 'for this test' });
    expect(channelInfo(cluster.channelOf(leader))).toMatchObject({
      state: 'follower',
      leader: null,
    });
  });
});
