/**
 * Frames on the members' subjects that must change nothing: strangers, other channels, other directories, noise.
 */

import type { Index, MemberId, Message, Term } from '@cairn/raft';
import {
  decodeHeartbeatFrame,
  encodeGroupFrame,
  encodeHeartbeatFrames,
  encodeRaftFrame,
  splitFrame,
  subjectsOf,
  whole,
} from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { Links } from '../src/links.ts';
import { MemberGate } from '../src/member-gate.ts';
import { encodeNotice, incarnationOfBytes } from '../src/member-notice.ts';
import { Traffic } from '../src/traffic.ts';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';

const wholeFrame = (...given: Parameters<typeof encodeRaftFrame>): Uint8Array =>
  whole(encodeRaftFrame(...given));

const wholeGroup = (...given: Parameters<typeof encodeGroupFrame>): Uint8Array =>
  whole(encodeGroupFrame(...given));

const [me, other] = [1 as MemberId, 2 as MemberId];
const vote: Message = {
  type: 'vote',
  from: other,
  to: me,
  term: 99 as Term,
  lastIndex: 99 as Index,
  lastTerm: 99 as Term,
  pre: false,
  force: true,
};

/** Three that run, the third cut off; `say` speaks on a member's subject, as a broker without permissions would allow. */
function running() {
  const cluster = new MemoryCluster({ seed: 31, orderers: 3, channels: ['mychannel', 'another'] });
  cluster.start();
  cluster.awaitLeader();
  cluster.awaitLeader('another');
  const node = cluster.node('orderer1');
  const say = (from: string, frame: Uint8Array, channel = 'mychannel') => {
    cluster.clientBus.publish(subjects.raft({ channel, to: 'orderer1', from }), frame);
    cluster.world.runFor(20);
  };
  const frameOf = (message: Message, incarnation: bigint, channel = 'mychannel') =>
    wholeFrame({ channelId: cluster.genesis.get(channel)!.hash, incarnation }, message);
  const incarnationOf = (name: string) =>
    incarnationOfBytes(cluster.node(name).orderer!.store.incarnation);
  const dropped = (reason: string) => node.orderer!.traffic.dropped.get(reason) ?? 0;
  return { cluster, node, say, frameOf, incarnationOf, dropped };
}

/** The first orderer's links under a prefix of their own, on a server that gives them what is for anybody. */
function astray() {
  const { cluster, frameOf } = running();
  const elsewhere = subjectsOf('elsewhere');
  const bus = cluster.broker.connect({ name: 'astray' });
  const subscribe = bus.subscribe.bind(bus);
  bus.subscribe = (subject, handle) => subscribe(subject.replace('.orderer1.', '.*.'), handle);
  const traffic = new Traffic();
  const heard: string[] = [];
  const links = new Links({
    bus,
    subjects: elsewhere,
    ordererName: 'orderer1',
    incarnation: 1n,
    traffic,
    deliver: (_channel, { type, from }) => heard.push(`${type} of ${from}`),
    noticed: () => heard.push('notice'),
    flushSoon: () => {},
    traced: () => heard.push('trace'),
  });
  const channel = cluster.channelOf('orderer1');
  links.add({
    channel,
    gate: new MemberGate(
      () => 2n,
      () => {},
    ),
  });
  const say = (subject: string, frame: Uint8Array) => {
    cluster.clientBus.publish(subject, frame);
    cluster.world.runFor(20);
  };
  return { say, elsewhere, traffic, heard, channel, frame: frameOf(vote, 2n) };
}

describe('heartbeats that come again and again', () => {
  /** What the leader says to a follower, with a number that comes back in the answer. */
  function beating() {
    const { cluster, incarnationOf } = running();
    const leader = cluster.awaitLeader();
    const follower = leader === 'orderer1' ? 'orderer2' : 'orderer1';
    const channel = cluster.channelOf(follower);
    const { term, commit } = channel.standing;
    const { hash: channelId } = cluster.genesis.get('mychannel')!;
    const beat = { type: 'heartbeat', channelId, term, commit, probe: 77 } as const;
    const answers: number[] = [];
    cluster.clientBus.subscribe(subjects.heartbeatFor(leader), ({ payload }) => {
      const decoding = decodeHeartbeatFrame(payload);
      if (!decoding.ok) return;
      answers.push(...decoding.beats.map(({ probe }) => probe).filter((probe) => probe === 77));
    });
    const say = (incarnation = incarnationOf(leader), from = leader) => {
      const [frame] = encodeHeartbeatFrames(incarnation, [beat], 1024);
      cluster.clientBus.publish(subjects.heartbeat({ to: follower, from }), frame!);
      cluster.world.runFor(20);
      return answers.length;
    };
    const { dropped } = cluster.node(follower).orderer!.traffic;
    return { say, channel, dropped: (reason: string) => dropped.get(reason) ?? 0 };
  }

  test('are answered each time', () => {
    const { say } = beating();
    expect([say(), say(), say()]).toEqual([1, 2, 3]);
  });

  test('are not taken from another directory, nor from another member', () => {
    const { say, dropped } = beating();
    expect([say(), say(99n), say(99n), say(), say(undefined, 'stranger')]).toEqual([1, 1, 1, 2, 2]);
    expect([dropped('otherIncarnation'), dropped('notMember')]).toEqual([2, 1]);
  });

  test('are not answered by a channel that has failed', () => {
    const { say, channel } = beating();
    say();
    channel.fail({ code: 'INTERNAL', message: 'Made to fail.' });
    expect([say(), say()]).toEqual([1, 1]);
  });
});

describe('a frame for several members', () => {
  test('is taken by those it names, and passed over by the others', () => {
    const { cluster, incarnationOf } = running();
    const { term } = cluster.channelOf('orderer1');
    const origin = {
      channelId: cluster.genesis.get('mychannel')!.hash,
      incarnation: incarnationOf('orderer2'),
    };
    const said = { ...vote, term: (term + 7) as Term, lastTerm: 1 as Term };
    const group = wholeGroup(origin, said, [3 as MemberId]);
    cluster.clientBus.publish(subjects.raftToMembers('mychannel', 'orderer2'), group);
    cluster.world.runFor(20);
    expect(cluster.channelOf('orderer1').term).toBe(term);
    expect(cluster.channelOf('orderer3').term).toBe(term + 7);
  });

  test('in pieces between those of another frame is taken by those it names alone', () => {
    const { cluster, incarnationOf } = running();
    const { term } = cluster.channelOf('orderer1');
    const origin = {
      channelId: cluster.genesis.get('mychannel')!.hash,
      incarnation: incarnationOf('orderer2'),
    };
    const saidTo = (members: readonly number[], steps: number, frameId: number) => {
      const said = { ...vote, term: (term + steps) as Term, lastTerm: 1 as Term };
      return splitFrame(wholeGroup(origin, said, members as MemberId[]), frameId, 40);
    };
    const [toThird, toBoth, toNobody] = [
      saidTo([3], 9, 1),
      saidTo([1, 3], 7, 2),
      saidTo([9], 5, 3),
    ];
    for (const [at, piece] of toThird.entries()) {
      for (const part of [toNobody[at]!, toBoth[at]!, piece]) {
        cluster.clientBus.publish(subjects.raftToMembers('mychannel', 'orderer2'), part);
      }
    }
    cluster.world.runFor(20);
    expect(cluster.channelOf('orderer1').term).toBe(term + 7);
    expect(cluster.channelOf('orderer3').term).toBe(term + 9);
  });

  test('carries the blocks: one message for all followers', () => {
    const { cluster } = running();
    const subjectsSeen: string[] = [];
    cluster.clientBus.subscribe('cairn.mychannel.raft.*.*', ({ subject, payload }) => {
      if (payload.length > 5_000) subjectsSeen.push(subject);
    });
    const leader = cluster.leader()!.name;
    cluster.ask(subjects.submit('mychannel'), 'x'.repeat(5_000));
    cluster.awaitHeight(2);
    expect(subjectsSeen).toEqual([subjects.raftToMembers('mychannel', leader)]);
  });
});

describe('frames that change nothing', () => {
  test('of a name that is no member', () => {
    const { cluster, say, frameOf, incarnationOf, dropped } = running();
    const { term } = cluster.channelOf('orderer1');
    say('orderer9', frameOf(vote, incarnationOf('orderer2')));
    expect(dropped('notMember')).toBe(1);
    expect(cluster.channelOf('orderer1').term).toBe(term);
  });

  test('of another channel, or of none that is here', () => {
    const { cluster, say, frameOf, incarnationOf, dropped } = running();
    const { term } = cluster.channelOf('orderer1');
    say('orderer2', frameOf(vote, incarnationOf('orderer2'), 'another'));
    expect(dropped('otherChannel')).toBe(1);
    say('orderer2', frameOf(vote, incarnationOf('orderer2')), 'elsewhere');
    expect(dropped('unknownChannel')).toBe(1);
    expect(cluster.channelOf('orderer1').term).toBe(term);
    expect(cluster.channelOf('orderer1', 'another').problem).toBeNull();
  });

  test('of another data directory, which is told so', () => {
    const { cluster, node, say, frameOf, dropped } = running();
    const { term } = cluster.channelOf('orderer1');
    say('orderer2', frameOf(vote, 12345n));
    expect(dropped('otherIncarnation')).toBe(1);
    expect(node.orderer!.traffic.counts).toContainEqual(
      expect.objectContaining({ kind: 'notice', direction: 'out', frames: 1 }),
    );
    expect(cluster.channelOf('orderer1').term).toBe(term);
    expect(cluster.node('orderer2').problems, 'it was not this one that spoke').toEqual([]);
  });

  test('that are noise, in every length', () => {
    const { cluster, say, frameOf, incarnationOf } = running();
    const { term } = cluster.channelOf('orderer1');
    const bytes = frameOf(vote, incarnationOf('orderer2'));
    for (let length = 0; length < bytes.length; length++)
      say('orderer2', bytes.subarray(0, length));
    say('orderer2', Uint8Array.from([...bytes, 0]));
    say('orderer2', Uint8Array.of(0xf0, 1, 2, 3));
    say('orderer2', Uint8Array.of(0x4e));
    expect(cluster.channelOf('orderer1').term).toBe(term);
    for (const { problem } of cluster.node('orderer1').orderer!.channels)
      expect(problem).toBeNull();
  });

  test('heartbeats of strangers, of unknown channels, and a heartbeat with a commit beyond the log', () => {
    const { cluster, incarnationOf, dropped } = running();
    const channelId = cluster.genesis.get('mychannel')!.hash;
    const follower = cluster.nodes.find(({ name }) => name !== cluster.leader()!.name)!.name;
    const { status } = cluster.channelOf(follower);
    const leader = cluster.leader()!.name;
    const beat = (from: string, to: string, id: Uint8Array, term: number, commit: number) => {
      const type = 'heartbeat' as const;
      const beats = [{ type, channelId: id, term, commit, probe: 0 }];
      const [frame] = encodeHeartbeatFrames(incarnationOf(leader), beats, 10_000);
      cluster.clientBus.publish(subjects.heartbeat({ to, from }), frame!);
      cluster.world.runFor(20);
    };
    beat('orderer9', 'orderer1', channelId, 99, 1);
    beat('orderer2', 'orderer1', new Uint8Array(32), 99, 1);
    expect([dropped('notMember'), dropped('unknownChannel')]).toEqual([1, 1]);
    beat(leader, follower, channelId, status.term, 2 ** 40);
    expect(cluster.channelOf(follower).status).toMatchObject({
      term: status.term,
      commit: status.commit,
    });
    expect(cluster.channelOf(follower).problem).toBeNull();
  });

  test('a notice about another directory than this one', () => {
    const { cluster, node, say, incarnationOf } = running();
    const channelId = cluster.genesis.get('mychannel')!.hash;
    const own = incarnationOf('orderer1');
    const tell = (heard: bigint, recorded: bigint, id: Uint8Array = channelId, member = 1) =>
      say(
        'orderer2',
        encodeNotice({ kind: 'otherDirectory', member, channelId: id, heard, recorded }),
      );
    tell(1n, 2n);
    tell(own, own);
    tell(own, 2n, new Uint8Array(32));
    tell(own, 2n, channelId, 2);
    expect(node.problems).toEqual([]);
    tell(own, 2n);
    expect(node.problems).toHaveLength(1);
    expect(node.problems[0]).toMatch(/another data directory/);
  });
});

describe('what the server gives to the wrong orderer', () => {
  const channel = 'mychannel';

  test('is dropped, and counted, unless its subject names this one', () => {
    const { say, elsewhere, traffic, heard, frame } = astray();
    say(elsewhere.raft({ channel, to: 'orderer3', from: 'orderer2' }), frame);
    expect(heard).toEqual([]);
    expect([...traffic.dropped]).toEqual([['otherReceiver', 1]]);
    say(elsewhere.raft({ channel, to: 'orderer1', from: 'orderer2' }), frame);
    expect(heard).toEqual(['vote of 2']);
  });

  test('is a heartbeat of another pair: it moves nothing either', () => {
    const { say, elsewhere, traffic, heard, channel: own } = astray();
    const { channelId } = own;
    const beat = { type: 'heartbeat' as const, channelId, term: 99, commit: 1, probe: 0 };
    const [frame] = encodeHeartbeatFrames(2n, [beat], 10_000);
    say(elsewhere.heartbeat({ to: 'orderer3', from: 'orderer2' }), frame!);
    say(elsewhere.heartbeat({ to: 'orderer1', from: 'orderer1' }), frame!);
    expect(heard).toEqual([]);
    expect(Object.fromEntries(traffic.dropped)).toEqual({ otherReceiver: 1, ownName: 1 });
    say(elsewhere.heartbeat({ to: 'orderer1', from: 'orderer2' }), frame!);
    expect(heard).toEqual(['heartbeat of 2']);
  });

  test('is its own word: nobody writes to itself', () => {
    const { say, elsewhere, traffic, heard, frame } = astray();
    say(elsewhere.raft({ channel, to: 'orderer1', from: 'orderer1' }), frame);
    expect(heard).toEqual([]);
    expect([...traffic.dropped]).toEqual([['ownName', 1]]);
  });

  test('is for several, and does not say for whom', () => {
    const { say, elsewhere, traffic, heard, channel: own, frame } = astray();
    say(elsewhere.raftToMembers(channel, 'orderer2'), frame);
    expect(heard).toEqual([]);
    expect(traffic.dropped.get('otherReceiver')).toBeGreaterThan(0);
    const origin = { channelId: own.channelId, incarnation: 2n };
    say(elsewhere.raftToMembers(channel, 'orderer2'), wholeGroup(origin, vote, [me]));
    expect(new Set(heard)).toEqual(new Set(['vote of 2']));
  });

  test('is what it said to several: dropped without a count', () => {
    const { say, elsewhere, traffic, heard, channel: own } = astray();
    const origin = { channelId: own.channelId, incarnation: 2n };
    say(elsewhere.raftToMembers(channel, 'orderer1'), wholeGroup(origin, vote, [me]));
    expect(heard).toEqual([]);
    expect(traffic.dropped.size).toBe(0);
  });
});

describe('a voter with an older copy of its directory', () => {
  test('is told by the leader it had acknowledged more to, says why and ends', () => {
    const { cluster } = running();
    const victim = cluster.nodes.find(({ name }) => name !== cluster.leader()!.name)!;
    cluster.ask(subjects.submit('mychannel'), 'one');
    cluster.world.runFor(500);
    const yesterday = new Map(victim.content);
    for (const text of ['two', 'three']) cluster.ask(subjects.submit('mychannel'), text);
    cluster.world.runFor(500);
    cluster.kill(victim.name);
    victim.content = yesterday;
    cluster.start(victim.name);
    cluster.world.runFor(2_000);
    expect(victim.orderer).toBeNull();
    expect(victim.problems[0]).toMatch(/older than what it once acknowledged/);
    expect(cluster.ask(subjects.submit('mychannel'), 'four').status).toBe(200);
  });

  test('is not suspected when it only was away', () => {
    const { cluster } = running();
    const victim = cluster.nodes.find(({ name }) => name !== cluster.leader()!.name)!;
    cluster.ask(subjects.submit('mychannel'), 'one');
    cluster.world.runFor(500);
    cluster.kill(victim.name);
    cluster.ask(subjects.submit('mychannel'), 'two');
    cluster.start(victim.name);
    cluster.awaitHeight(3);
    expect(victim.problems).toEqual([]);
  });
});

describe('a voter with an empty directory', () => {
  test('is not heard by those who knew it, says why and ends, and the others go on', () => {
    const { cluster } = running();
    cluster.ask(subjects.submit('mychannel'), 'one');
    const victim = cluster.nodes.find(({ name }) => name !== cluster.leader()!.name)!.name;
    cluster.kill(victim);
    cluster.wipe(victim);
    cluster.start(victim);
    cluster.world.runFor(3_000);
    expect(cluster.node(victim).problems[0]).toMatch(/another data directory/);
    expect(cluster.ask(subjects.submit('mychannel'), 'two').status).toBe(200);
  });
});

describe('a channel of one', () => {
  test('elects itself, orders, restarts with everything, and stops at once', () => {
    const cluster = new MemoryCluster({ seed: 32, orderers: 1 });
    cluster.start();
    cluster.awaitLeader();
    const headers = { 'Nats-Msg-Id': 'only' };
    const first = cluster.ask(subjects.submit('mychannel'), 'x', headers).json;
    cluster.kill('orderer1');
    cluster.start('orderer1');
    cluster.awaitLeader();
    const again = cluster.ask(subjects.submit('mychannel'), 'x', headers).json;
    expect(again).toEqual({ ...first, duplicate: true });
    const startedAtMs = cluster.world.nowMs;
    cluster.stop('orderer1');
    cluster.world.runUntil(() => cluster.node('orderer1').orderer === null, 5_000);
    expect(cluster.world.nowMs - startedAtMs).toBeLessThan(200);
  });
});
