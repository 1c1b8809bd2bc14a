/**
 * An orderer that was removed from a channel and is started again: its other channels run, and in that one it is what it
 * was before the restart.
 */
import { describe, expect, test } from 'vitest';
import { readinessOf } from '../src/http/readiness.ts';
import { Metrics } from '../src/metrics.ts';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';
import { parsePrometheus, readingOf } from './support/prometheus-text.ts';
import {
  addAgain,
  demote,
  followerIn,
  NAMES,
  propose,
  remove,
  restart,
  started,
} from './support/removal.ts';

const CHANNELS = ['mychannel', 'audit'];
const submit = subjects.submit('mychannel');

function readiness(cluster: MemoryCluster, orderer: string, blocksBehind = 0) {
  const channel = (name: string) => {
    const { state, problem, isMember, leaderName } = cluster.channelOf(orderer, name);
    return { state, problem, isMember, leaderName, blocksBehind };
  };
  return readinessOf({ wanted: CHANNELS, connected: true, stopping: false, channel });
}

describe('an orderer that was removed from one of its channels', () => {
  test('runs the others after a restart, which cannot do without it', () => {
    const cluster = started(61);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    restart(cluster, removed);
    const other = NAMES.find((name) => name !== removed)!;
    cluster.kill(other);
    cluster.awaitLeader('audit');
    expect(cluster.ask(subjects.submit('audit'), 'three of four').status).toBe(200);
    expect(cluster.channelOf(removed, 'audit').height).toBe(2);
    expect(cluster.node(removed).problems).toEqual([]);
  });

  test('answers as before the restart: it shows its blocks and refuses submissions', () => {
    const cluster = started(62);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    cluster.ask(submit, 'after', { 'Nats-Msg-Id': 'after' });
    const ask = () => {
      const { json: info } = cluster.ask(subjects.infoFrom('mychannel', removed), '');
      const { json: refusal } = cluster.ask(subjects.submitTo('mychannel', removed), 'not here');
      const newest = cluster.ask(subjects.fetchFrom('mychannel', removed), 'newest').json;
      const members = info.members.map(({ name }: { name: string }) => name);
      return { info: { ...info, leader: null, members }, code: refusal.error.code, newest };
    };
    const before = ask();
    restart(cluster, removed);
    expect(ask()).toEqual(before);
    expect(before).toMatchObject({ code: 'NOT_LEADER', info: { state: 'follower', height: 4 } });
    expect(cluster.channelOf(removed).isMember).toBe(false);
  });

  test('says in its log what happened, since when, and what to do, and says it there only', () => {
    const cluster = started(63);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    const warnings: string[] = [];
    const nothing = () => {};
    cluster.observe = () => ({
      logOf: (channel) => ({
        debug: nothing,
        info: nothing,
        warn: (_, text) => warnings.push(`${channel}: ${text}`),
        error: nothing,
      }),
    });
    restart(cluster, removed);
    expect(warnings.filter((text) => text.includes('removed'))).toEqual([
      `mychannel: Block [2] removed this orderer from channel mychannel: here it orders nothing and shows no block after [3]; remove the channel from its configuration, or add it to the channel again and then restart it`,
    ]);
  });

  test('stands in no election there, however long it hears nobody', () => {
    const cluster = started(64);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    for (const { name } of cluster.alive) cluster.kill(name);
    cluster.start(removed);
    const { term } = cluster.channelOf(removed);
    cluster.world.runFor(20_000);
    expect(cluster.channelOf(removed)).toMatchObject({ term, isLeader: false });
    expect(cluster.channelOf(removed).counters.elections).toBe(0);
  });

  test('votes for those who do not know yet that its removal is committed', () => {
    const cluster = started(65);
    const leader = cluster.awaitLeader();
    const [removed, ...others] = NAMES.filter((name) => name !== leader);
    propose(cluster, removed!, 'mychannel');
    const channel = cluster.channelOf(leader);
    expect(cluster.world.runUntil(() => channel.config.outgoing.length > 0, 1_000)).toBe(true);
    // The end of the change needs both others now, and they have it before the leader hears so.
    cluster.isCut = (from, to) => from === removed && to === leader;
    const hasAll = () => others.every((name) => cluster.channelOf(name).status.last === 5);
    expect(cluster.world.runUntil(hasAll, 1_000)).toBe(true);
    cluster.isCut = (from, to) => from === leader && to !== removed;
    expect(cluster.world.runUntil(() => !cluster.channelOf(removed!).isMember, 1_000)).toBe(true);
    cluster.world.runFor(300);
    cluster.kill(leader);
    cluster.kill(removed!);
    cluster.isCut = () => false;
    for (const name of others) expect(cluster.channelOf(name).config.outgoing).not.toEqual([]);
    cluster.world.runFor(5_000);
    expect(cluster.leader(), 'two of four elect nobody').toBe(null);
    restart(cluster, removed!);
    expect(cluster.channelOf(removed!).isMember).toBe(false);
    expect(others).toContain(cluster.awaitLeader());
    expect(cluster.ask(submit, 'two of three').status).toBe(200);
  });

  test.each(['learner', 'voter'] as const)(
    'hears that it was added again as a %s, and is that member when it starts next',
    (role) => {
      const cluster = started(70);
      const removed = followerIn(cluster);
      remove(cluster, removed);
      restart(cluster, removed);
      addAgain(cluster, removed, role);
      const leading = cluster.channelOf(cluster.awaitLeader());
      expect(cluster.ask(submit, 'again').status).toBe(200);
      cluster.awaitHeight(leading.height);
      restart(cluster, removed);
      const { isMember, memberId, problem } = cluster.channelOf(removed);
      expect({ isMember, memberId, problem }).toEqual({
        isMember: true,
        memberId: 5,
        problem: null,
      });
      expect(cluster.ask(submit, 'and again').status).toBe(200);
      cluster.awaitHeight(leading.height);
    },
  );

  test('hears of every block at once when it was added again, before it starts next', () => {
    const cluster = started(71);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    addAgain(cluster, removed);
    const added = cluster.channelOf(removed);
    const lagsMs = ['one', 'two', 'three'].map((payload) => {
      const { block } = cluster.ask(submit, payload).json;
      const committedAtMs = cluster.world.nowMs;
      cluster.world.runUntil(() => added.reader.visibleHeight > block, 5_000);
      return cluster.world.nowMs - committedAtMs;
    });
    const { tickMs, heartbeatTicks } = added.config.raft;
    // It sees them as other followers do, and not only when a heartbeat has shown that it lacks them.
    expect(Math.max(...lagsMs)).toBeLessThan((tickMs * heartbeatTicks) / 2);
  });

  test('leads, once it was added again, those who still know it by the id it had before', () => {
    const cluster = started(77);
    const removed = followerIn(cluster);
    const first = cluster.awaitLeader();
    const late = NAMES.find((name) => name !== removed && name !== first)!;
    // A learner: who stands for no election never forgets its leader by itself.
    demote(cluster, late);
    cluster.isCut = (from, to) => [from, to].includes(late) && from !== 'client' && to !== 'client';
    remove(cluster, removed);
    addAgain(cluster, removed);
    restart(cluster, removed);
    const leading = cluster.channelOf(cluster.awaitLeader());
    leading.transferTo(leading.memberNamed(removed)!);
    const leads = () => cluster.channelOf(removed).isLeader;
    expect(cluster.world.runUntil(leads, 5_000), 'it leads').toBe(true);
    cluster.isCut = () => false;
    cluster.world.runFor(2_000);
    expect(cluster.ask(submit, 'after').status).toBe(200);
    cluster.awaitHeight(cluster.channelOf(removed).height);
    expect(cluster.channelOf(late)).toMatchObject({ problem: null, leaderName: removed });
  });

  test('is as ready as other members when it was added again, before it starts next', () => {
    const cluster = started(72);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    addAgain(cluster, removed);
    expect(readiness(cluster, removed).ready).toBe(true);
    expect(readiness(cluster, removed, 1_000)).toMatchObject({
      ready: false,
      channels: [{ code: 'CATCHING_UP' }, { code: 'CATCHING_UP' }],
    });
  });

  test('is ready, and does not count in what the metrics say of that channel', async () => {
    const cluster = started(66);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    restart(cluster, removed);
    const { orderer, bus } = cluster.node(removed);
    expect(readiness(cluster, removed).ready).toBe(true);
    const metrics = new Metrics();
    metrics.watch(orderer!, bus!, { diskFreeBytes: () => 0, credentialsExpireSeconds: 0 });
    const scrape = parsePrometheus(await metrics.text());
    const sizes = CHANNELS.map((name) => readingOf(scrape, 'cairn_raft_cluster_size', name));
    const relations = CHANNELS.map((name) => readingOf(scrape, 'cairn_channel_relation', name));
    expect({ sizes, relations }).toEqual({ sizes: [0, 4], relations: [0, 1] });
  });
});

describe('an orderer that has no channel left', () => {
  test('does not run', () => {
    const cluster = started(67, ['mychannel']);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    expect(() => restart(cluster, removed)).toThrow(
      expect.objectContaining({
        code: 'BAD_CONFIGURATION',
        message: `Channel mychannel has no member named ${removed}: remove the channel from this orderer's configuration or add the orderer to the channel.`,
      }),
    );
  });

  test('does not run, whatever their number', () => {
    const cluster = started(68);
    const removed = followerIn(cluster);
    remove(cluster, removed, 'audit');
    remove(cluster, removed, 'mychannel');
    expect(() => restart(cluster, removed)).toThrow(
      `None of the channels mychannel, audit has a member named ${removed}`,
    );
  });

  test('nor one that was never a member, not even for another channel', () => {
    const three = new MemoryCluster({ seed: 69, orderers: 3, channels: ['elsewhere'] });
    const cluster = started(69);
    (cluster.genesis as Map<string, unknown>).set('elsewhere', three.genesis.get('elsewhere'));
    expect(() => restart(cluster, 'orderer4')).toThrow(
      'Channel elsewhere has no member named orderer4',
    );
  });
});
