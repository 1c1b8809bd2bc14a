/**
 * Replication, commit, flow control and snapshots: scenarios that etcd's Raft names (in brackets) and
 * bugs others had (B-).
 */

import type { ProgressStatus } from '@cairn/raft';
import { describe, expect, test } from 'vitest';
import { bytes, conf, emptyDisk, entriesOf, id, index, Network, term } from './network.ts';
import {
  acknowledged,
  append,
  ballot,
  brief,
  granted,
  heartbeat,
  heartbeatAnswer,
  rejected,
  Solo,
  type SoloSetting,
} from './solo.ts';

/** Leader of term 1 whose empty entry everyone has. */
function leader(setting: SoloSetting = {}): Solo {
  const solo = new Solo(setting);
  solo.lead();
  const others = solo.core.status.progress.filter(({ id: member }) => member !== 1);
  for (const { id: from } of others)
    solo.step(acknowledged(from, solo.core.term, solo.core.lastIndex));
  return solo;
}

const progressOf = (solo: Solo, member: number): ProgressStatus => {
  const found = solo.core.status.progress.find((each) => each.id === member);
  if (found === undefined) throw new Error(`${member} is not tracked`);
  return found;
};

describe('commit', () => {
  test('proposals reach everybody and commit, whoever leads [LogReplication]', () => {
    const net = new Network(3);
    net.campaign(1);
    net.propose(1, 'a');
    net.campaign(2);
    net.propose(2, 'b');
    for (const each of [1, 2, 3]) expect(net.node(each).data).toEqual(['a', 'b']);
  });

  test('a single voter commits alone [SingleNodeCommit]', () => {
    const net = new Network(1);
    net.campaign(1);
    net.propose(1, 'a');
    net.propose(1, 'b');
    expect(net.core(1).commit).toBe(3);
  });

  test('without a quorum nothing commits [Proposal]', () => {
    const net = new Network(3);
    net.campaign(1);
    net.isolate(1);
    net.propose(1, 'x');
    expect(net.core(1).commit).toBe(1);
  });

  test('a new leader commits older entries only with one of its own [CannotCommitWithoutNewTermEntry]', () => {
    const net = new Network(5);
    net.campaign(1);
    net.split([1, 2], [3, 4, 5]);
    net.propose(1, 'x');
    net.propose(1, 'y');
    expect(net.core(1).commit).toBe(1);
    net.split([2, 3, 4, 5], [1]);
    net.drop = (message) => message.from === 1 || message.to === 1 || message.type === 'append';
    net.campaign(2);
    expect([net.core(2).role, net.core(2).commit]).toEqual(['leader', 1]);
    // With the empty entry of its term, the older ones commit too [CommitWithoutNewTermEntry].
    net.isolate(1);
    net.tick(2);
    expect(net.core(2).commit).toBe(4);
  });

  test('figure 8: an entry of an older term on a majority is not committed by counting [B-34]', () => {
    const solo = new Solo({ voters: [1, 2, 3, 4, 5], terms: [1, 2], term: 3 });
    solo.campaign();
    for (const from of [2, 3]) solo.step(granted(from, 4));
    for (const from of [2, 3]) solo.step(acknowledged(from, 4, 2));
    expect(solo.core.commit).toBe(0);
  });

  test.each([
    [[2], [1], 1],
    [[2, 1], [2], 1],
    [[1, 1, 2], [2, 2, 2], 2],
    [[2, 1, 2, 1], [2, 2], 1],
    [[2, 2, 2, 1, 1], [2, 2], 2],
  ])(
    'matches %j over a log of terms %j commit at most what a majority holds [Commit, B-40]',
    (matches) => {
      const voters = matches.map((_, at) => at + 1);
      const solo = new Solo({ voters });
      solo.lead();
      solo.propose('x');
      const others = matches.slice(1);
      others.forEach((match, at) => {
        solo.step(acknowledged(at + 2, 1, match));
      });
      const sorted = [2, ...others].sort((a, b) => a - b);
      const quorum = Math.floor(matches.length / 2) + 1;
      expect(solo.core.commit).toBe(sorted[sorted.length - quorum]);
    },
  );

  test('the moved commit index is told at once', () => {
    const solo = leader();
    solo.propose('x');
    expect(brief(solo.step(acknowledged(2, 1, 2)))).toEqual([
      '2<append 1/2 [] commit 2',
      '3<append 1/2 [] commit 2',
    ]);
  });

  test('a proposal names its term and index, and a follower refuses it [ProposalByProxy, B-45]', () => {
    const net = new Network(3);
    net.campaign(1);
    expect(net.propose(1, 'x')).toEqual({ ok: true, term: 1, index: 2 });
    expect(net.core(2).propose(bytes('y'))).toEqual({ ok: false, reason: 'notLeader', leader: 1 });
  });

  test('old messages change nothing [OldMessages]', () => {
    const net = new Network(3);
    net.campaign(1);
    net.campaign(2);
    net.campaign(1);
    net.core(1).step(append(2, 2, { prev: [2, 2], entries: entriesOf([2], 3) }));
    net.settle();
    net.propose(1, 'x');
    for (const each of [1, 2, 3]) expect(net.node(each).log).toBe('1/1 2/2 3/3 3/4');
  });
});

describe('the receiver', () => {
  test.each([
    [[3, 2], [], 3, '2<reject 3 hint 2/2', 0],
    [[3, 3], [], 3, '2<reject 3 hint 2/2', 0],
    [[1, 1], [], 1, '2<ack 1', 1],
    [[0, 0], [2], 1, '2<ack 1', 1],
    [[2, 2], [2, 2], 3, '2<ack 4', 3],
    [[2, 2], [2], 4, '2<ack 3', 3],
    [[1, 1], [2], 4, '2<ack 2', 2],
    [[1, 1], [], 3, '2<ack 1', 1],
    [[2, 2], [], 4, '2<ack 2', 2],
  ] as const)(
    'after %j with entries %j and commit %i: %s, commit %i [HandleMsgApp, B-35]',
    (prev, terms, commit, answer, committed) => {
      const solo = new Solo({ terms: [1, 2] });
      const message = append(2, 3, { prev, commit, entries: entriesOf(terms, prev[0] + 1) });
      expect(brief(solo.step(message))).toEqual([answer]);
      expect(solo.core.commit).toBe(committed);
    },
  );

  test('a prefix it has is never cut [B-10]', () => {
    const solo = new Solo();
    solo.step(append(2, 1, { entries: entriesOf([1, 1, 1]) }));
    solo.step(append(2, 1, { entries: entriesOf([1]), commit: 1 }));
    expect(solo.node.log).toBe('1/1 1/2 1/3');
  });

  test('what is committed is not cut, whatever is said [B-38]', () => {
    const solo = new Solo();
    solo.step(append(2, 1, { entries: entriesOf([1, 1]), commit: 2 }));
    const said = solo.step(append(3, 9, { entries: entriesOf([9]) }));
    expect([brief(said), solo.node.log]).toEqual([['3<ack 2'], '1/1 1/2']);
  });

  test.each([
    ['a gap', append(2, 1, { entries: entriesOf([1], 3) })],
    ['falling terms', append(2, 3, { entries: entriesOf([2, 1]) })],
    ['a term beyond the leader’s', append(2, 1, { entries: entriesOf([2]) })],
    ['an unsafe index', append(2, 1, { commit: 0, prev: [2 ** 53 - 1, 1] })],
  ])('%s is ignored [I-23]', (_, message) => {
    const solo = new Solo();
    const before = solo.core.status.last;
    solo.step(message);
    expect(solo.core.status.last).toBe(before);
  });

  test('a second leader in one term is not believed', () => {
    const solo = new Solo();
    solo.step(append(2, 1, { entries: entriesOf([1]) }));
    expect(solo.step(append(3, 1, { entries: entriesOf([1, 1]) }))).toEqual([]);
    expect(solo.node.log).toBe('1/1');
  });
});

describe('progress', () => {
  test('a probe sends one append, replication a stream [ProgressPaused, LeaderIncreaseNext]', () => {
    const solo = new Solo();
    solo.campaign();
    expect(brief(solo.step(granted(2, 1))).length).toBe(2);
    for (const data of ['a', 'b', 'c']) expect(solo.propose(data)).toEqual([]);
    expect(brief(solo.step(acknowledged(2, 1, 1)))).toEqual([
      '2<append 1/1 [1/2 1/3 1/4] commit 1',
    ]);
    expect(progressOf(solo, 2)).toMatchObject({ state: 'replicate', match: 1, next: 5 });
    expect(brief(solo.propose('d'))).toEqual(['2<append 1/4 [1/5] commit 1']);
  });

  test('a heartbeat answer resumes a paused probe [ProgressResumeByHeartbeatResp]', () => {
    const solo = new Solo();
    solo.lead();
    expect(progressOf(solo, 2).paused).toBe(true);
    expect(brief(solo.step(heartbeatAnswer(2, 1)))).toEqual(['2<append 0/0 [1/1] commit 0']);
    // Once per answer [HandleHeartbeatResp].
    expect(solo.propose('x')).toEqual([]);
  });

  test('the stream respects bytes per append [ProgressFlowControl]', () => {
    const solo = leader({ options: { appendBytesMax: 10 } });
    solo.step({ ...heartbeatAnswer(2, 1) });
    solo.core.unreachable(id(2));
    for (const data of ['0123456789', 'abcdefghij', 'xy', 'z']) solo.core.propose(bytes(data));
    const said = brief(solo.drain()).filter((line) => line.startsWith('2<'));
    expect(said).toEqual(['2<append 1/1 [1/2] commit 1']);
    const next = brief(solo.step(acknowledged(2, 1, 2))).filter((line) => /^2<.*\[.+\]/.test(line));
    expect(next).toEqual(['2<append 1/2 [1/3] commit 2', '2<append 1/3 [1/4 1/5] commit 2']);
  });

  test('a full window stops the stream until something arrives [MsgAppFlowControlFull, MoveForward]', () => {
    const solo = leader({ options: { inflightAppendsMax: 2 } });
    const to2 = (said: string[]): string[] => said.filter((line) => line.startsWith('2<'));
    expect(to2(brief(solo.propose('a')))).toHaveLength(1);
    expect(to2(brief(solo.propose('b')))).toHaveLength(1);
    expect(to2(brief(solo.propose('c')))).toEqual([]);
    expect(progressOf(solo, 2)).toMatchObject({ inflight: 2, inflightFull: true, paused: true });
    const freed = to2(brief(solo.step(acknowledged(2, 1, 2))));
    expect(freed).toEqual(['2<append 1/3 [1/4] commit 2']);
  });

  test('a window full of bytes stops the stream as well', () => {
    const solo = leader({ options: { inflightBytesMax: 4 } });
    solo.propose('abcd');
    expect(brief(solo.propose('e'))).toEqual([]);
  });

  test('a full window whose appends were all lost recovers by heartbeats [RecvHeartbeat, B-43]', () => {
    const net = new Network(3, { inflightAppendsMax: 2 });
    net.campaign(1);
    net.drop = (message) => message.to === 3;
    for (const data of ['a', 'b', 'c', 'd']) net.propose(1, data);
    net.heal();
    net.tick(1);
    net.tick(1);
    expect(net.node(3).data).toEqual(['a', 'b', 'c', 'd']);
  });

  test('an unreachable member is probed from its match on [RecvMsgUnreachable]', () => {
    const solo = leader();
    solo.propose('a');
    expect(progressOf(solo, 2)).toMatchObject({ state: 'replicate', match: 1, next: 3 });
    solo.core.unreachable(id(2));
    expect(progressOf(solo, 2)).toMatchObject({ state: 'probe', match: 1, next: 2 });
  });

  test('a late rejection does not pull next below match [LogReplicationWithReorderedMessage, B-36]', () => {
    const solo = leader();
    solo.propose('a');
    solo.step(acknowledged(2, 1, 2));
    solo.step(rejected(2, 1, 1, [0, 0]));
    expect(progressOf(solo, 2)).toMatchObject({ state: 'replicate', match: 2, next: 3 });
    solo.step(acknowledged(2, 1, 1));
    expect(progressOf(solo, 2)).toMatchObject({ match: 2, next: 3 });
  });

  test.each([
    ['a stale rejection', rejected(2, 1, 9, [0, 0]), 'probe', 0, 2],
    ['a rejection of the probe', rejected(2, 1, 1, [0, 0]), 'probe', 0, 1],
    ['an acknowledgement', acknowledged(2, 1, 2), 'replicate', 2, 3],
    ['an acknowledgement of nothing', acknowledged(2, 1, 0), 'replicate', 0, 3],
    ['an acknowledgement beyond the log', acknowledged(2, 1, 99), 'probe', 0, 2],
  ] as const)(
    '%s moves progress as the table says [LeaderAppResp]',
    (_, message, state, match, next) => {
      const solo = new Solo({ terms: [1], term: 0 + 1, vote: 0 });
      solo.campaign();
      solo.step(granted(3, 2));
      solo.step({ ...message, term: term(2) });
      expect(progressOf(solo, 2)).toMatchObject({ state, match, next });
    },
  );

  test('who only told its term to the leader of an older one is not taken for an empty log', () => {
    const solo = leader();
    solo.propose('a');
    solo.step(acknowledged(2, 1, 2));
    solo.core.compact(index(2));
    // The leader of term 1 comes to lead term 2 while member 3 answers what it said in term 1.
    solo.step(ballot(2, 2, false));
    solo.lead();
    const { term: current } = solo.core;
    const answer = solo.step(acknowledged(3, current, 0));
    expect(answer).toEqual([]);
    expect(progressOf(solo, 3)).toMatchObject({ state: 'probe', match: 0, next: 3 });
    solo.step(acknowledged(3, current, 2));
    expect(progressOf(solo, 3)).toMatchObject({ state: 'replicate', match: 2 });
  });

  test('an acknowledgement ends the wait of a probe [MsgAppRespWaitReset]', () => {
    const solo = new Solo();
    solo.lead();
    solo.step(acknowledged(2, 1, 1));
    expect(brief(solo.propose('x'))).toEqual(['2<append 1/1 [1/2] commit 1']);
    expect(brief(solo.step(acknowledged(3, 1, 1)))).toEqual(['3<append 1/1 [1/2] commit 1']);
  });

  test('heartbeats tell min(match, commit) [BcastBeat]', () => {
    const solo = leader();
    solo.propose('x');
    solo.step(acknowledged(2, 1, 2));
    expect(brief(solo.tick())).toEqual(['2<heartbeat commit 2', '3<heartbeat commit 1']);
  });

  test('only leaders beat [RecvMsgBeat]', () => {
    const solo = new Solo({ options: { electionTicks: 50 } });
    expect(solo.tick(10)).toEqual([]);
  });

  test('a diverged log of 1,000 entries in two terms is repaired in few round trips [FastLogRejection, B-44]', () => {
    const mine = [...Array(500).fill(1), ...Array(500).fill(3)] as number[];
    const theirs = [...Array(500).fill(1), ...Array(500).fill(2)] as number[];
    const net = new Network(2, {}, (member) => {
      const disk = emptyDisk(conf([1, 2]));
      disk.entries = entriesOf(member === 1 ? mine : theirs);
      disk.hard = { ...disk.hard, term: term(4) };
      return disk;
    });
    net.campaign(1);
    expect(net.node(2).log).toBe(net.node(1).log);
    const rejections = net.sent.filter((each) => each.type === 'appendResponse' && each.reject);
    expect(rejections.length).toBeLessThanOrEqual(3);
  });

  test('learners receive entries and are not counted [LearnerLogReplication]', () => {
    const net = new Network(2, {}, () => emptyDisk(conf([1], { learners: [2] })));
    net.campaign(1);
    net.isolate(2);
    net.propose(1, 'x');
    expect(net.core(1).commit).toBe(2);
    net.heal();
    net.tick(1);
    expect(net.node(2).data).toEqual(['x']);
  });
});

describe('limits', () => {
  test('proposals over the uncommitted limit are refused, one big one is let through [UncommittedEntryLimit, B-42]', () => {
    const solo = leader({ options: { uncommittedBytesMax: 10 } });
    const propose = (size: number) => solo.core.propose(new Uint8Array(size));
    expect(propose(100).ok).toBe(true);
    expect(propose(1)).toMatchObject({ ok: false, reason: 'uncommittedLimit' });
    expect(propose(0).ok).toBe(true);
    expect(solo.core.uncommittedBytes).toBe(100);
    solo.drain();
    solo.step(acknowledged(2, 1, 3));
    expect(solo.core.uncommittedBytes).toBe(0);
    expect(propose(6).ok).toBe(true);
    expect(propose(5).ok).toBe(false);
    expect(propose(4).ok).toBe(true);
  });

  test('losing leadership clears the account', () => {
    const solo = leader({ options: { uncommittedBytesMax: 10 } });
    solo.propose('0123456789');
    solo.step(heartbeat(2, 5));
    expect(solo.core.uncommittedBytes).toBe(0);
  });

  test('committed entries are handed out within a limit of what is not yet applied [CommitPagination]', () => {
    const solo = new Solo({ options: { applyBytesMax: 2 } });
    solo.node.slowApply = true;
    solo.core.step(append(2, 1, { entries: entriesOf([1, 1, 1]), commit: 3 }));
    const first = solo.core.take();
    solo.core.persisted(first.write?.seq ?? 0);
    solo.node.disk.entries = [...(first.write?.entries ?? [])];
    expect(solo.core.take().commit.map((entry) => entry.index)).toEqual([1]);
    expect(solo.core.hasEffects()).toBe(false);
    solo.core.applied(index(1));
    expect(solo.core.take().commit.map((entry) => entry.index)).toEqual([2]);
    expect(() => solo.core.applied(index(3))).toThrow(/only 2 was handed out/);
  });

  test('a restart hands out what was committed and not applied, page by page', () => {
    const solo = new Solo({ terms: [1, 1, 1, 1], commit: 3, options: { applyBytesMax: 3 } });
    solo.drain();
    expect(solo.node.applied.map((entry) => entry.index)).toEqual([1, 2, 3]);
  });
});

describe('snapshots', () => {
  const snapshotTo = (last: number, at = 5, voters: readonly number[] = [1, 2, 3]) =>
    ({
      type: 'snapshot',
      from: id(2),
      to: id(1),
      term: term(at),
      snapshot: { index: index(last), term: term(at), conf: conf(voters), data: bytes('') },
    }) as const;

  /** Member 3 misses what is then compacted on the leader. */
  const behind = (options = {}): Network => {
    const net = new Network(3, options);
    net.campaign(1);
    net.isolate(3);
    for (const data of ['a', 'b', 'c']) net.propose(1, data);
    net.node(1).compact(3);
    net.heal();
    return net;
  };

  test('a slow node catches up by snapshot, then from the log [SlowNodeRestore, ProvideSnap]', () => {
    const net = behind();
    net.tick(1);
    expect(net.sent.some((message) => message.type === 'snapshot')).toBe(true);
    net.propose(1, 'd');
    expect(net.core(3).commit).toBe(5);
    expect(net.core(1).status.progress[2]).toMatchObject({ state: 'replicate', match: 5 });
  });

  test('an inactive member is not sent one [IgnoreProvidingSnap]', () => {
    const solo = new Solo({ terms: [1, 1, 1], commit: 3 });
    solo.drain();
    solo.node.compact(3);
    solo.campaign();
    solo.step(granted(2, 2));
    const said = solo.step(rejected(2, 2, 3, [1, 1]));
    expect(brief(said)).toEqual(['2<snapshot 3']);
    expect(progressOf(solo, 3).state).toBe('probe');
  });

  test('while one is on its way nothing else is sent [PendingSnapshotPauseReplication]', () => {
    const net = behind();
    net.drop = (message) => message.type === 'snapshot';
    net.tick(1);
    expect(net.core(1).status.progress[2]).toMatchObject({ state: 'snapshot', pendingSnapshot: 4 });
    net.sent.length = 0;
    net.propose(1, 'x');
    expect(net.sent.filter((message) => message.to === 3)).toEqual([]);
  });

  test.each([true, false])(
    'a report of %s sends the member back to probing [SnapshotSucceed, SnapshotFailure]',
    (ok) => {
      const net = behind();
      net.drop = (message) => message.type === 'snapshot';
      net.tick(1);
      net.core(1).snapshotDone(id(3), ok);
      expect(net.core(1).status.progress[2]).toMatchObject({
        state: 'probe',
        paused: true,
        next: ok ? 5 : 2,
      });
    },
  );

  test('one that was lost without a report is sent again in time', () => {
    const net = behind();
    net.drop = (message) => message.type === 'snapshot';
    net.tick(1);
    net.heal();
    net.tick(1, 25);
    expect(net.core(3).commit).toBe(net.core(1).commit);
  });

  test('installing replaces the log in one write [Restore, B-11, B-61]', () => {
    const solo = new Solo({ terms: [1, 1, 1], commit: 1 });
    solo.drain();
    solo.core.step(snapshotTo(7, 5, [1, 2]));
    const { write, afterWrite } = solo.core.take();
    expect(write).toMatchObject({
      snapshot: { index: 7 },
      hard: { term: 5, commit: 7 },
      entries: [],
    });
    expect(brief(afterWrite)).toEqual(['2<ack 7']);
    expect(solo.core.status).toMatchObject({ first: 8, last: 7, commit: 7, applied: 7, leader: 2 });
    expect(solo.core.status.conf.voters).toEqual([1, 2]);
  });

  test('nobody stands while a snapshot is being written [B-31]', () => {
    const solo = new Solo();
    solo.core.step(snapshotTo(7));
    const { write } = solo.core.take();
    solo.core.campaign();
    expect(solo.core.role).toBe('follower');
    solo.core.persisted(write?.seq ?? 0);
    solo.core.campaign();
    expect(solo.core.role).toBe('candidate');
  });

  test('an older one is ignored, one that matches only moves commit [RestoreIgnoreSnapshot, B-58]', () => {
    const solo = new Solo({ terms: [1, 1, 1], commit: 1 });
    expect(brief(solo.step({ ...snapshotTo(1, 1) }))).toEqual(['2<ack 1']);
    expect(brief(solo.step({ ...snapshotTo(2, 1) }))).toEqual(['2<ack 2']);
    expect([solo.node.log, solo.core.commit]).toEqual(['1/1 1/2 1/3', 2]);
  });

  test('one that does not concern the node is ignored', () => {
    const solo = new Solo();
    expect(brief(solo.step(snapshotTo(7, 5, [2, 3])))).toEqual(['2<ack 0']);
  });

  test.each([
    ['as learner', conf([2, 3], { learners: [1] })],
    ['as outgoing voter', conf([2, 3], { outgoing: [1, 2] })],
    ['as promoted voter', conf([1, 2, 3])],
  ])(
    'it is installed %s [RestoreWithLearner, RestoreWithVotersOutgoing, RestoreLearnerPromotion, B-50]',
    (_, to) => {
      const solo = new Solo({ voters: [2, 3], learners: [1] });
      const message = snapshotTo(7);
      solo.step({ ...message, snapshot: { ...message.snapshot, conf: to } });
      expect(solo.core.status).toMatchObject({ last: 7, conf: to });
    },
  );

  test('a voter may come back as learner [RestoreVoterToLearner, LearnerReceiveSnapshot]', () => {
    const solo = new Solo();
    const message = snapshotTo(7);
    const to = conf([2, 3], { learners: [1] });
    solo.step({ ...message, snapshot: { ...message.snapshot, conf: to } });
    solo.tick(50);
    expect(solo.core.role).toBe('follower');
  });

  test('entries follow the snapshot in a later write', () => {
    const solo = new Solo();
    solo.step(snapshotTo(7));
    solo.step(append(2, 5, { prev: [7, 5], entries: entriesOf([5, 5], 8), commit: 9 }));
    expect(solo.node.log).toBe('5/8 5/9');
    expect(solo.node.applied.map((entry) => entry.index)).toEqual([8, 9]);
    solo.node.crash();
    expect(solo.core.status).toMatchObject({ first: 8, last: 9, commit: 9, applied: 9 });
  });

  test('compaction beyond what is applied is refused [B-60]', () => {
    const solo = new Solo({ terms: [1, 1, 1], commit: 1 });
    solo.drain();
    expect(() => solo.core.compact(index(2))).toThrow(/beyond applied/);
    solo.core.compact(index(1));
    expect([solo.core.firstIndex, solo.core.termAt(index(1)), solo.core.termAt(index(0))]).toEqual([
      2,
      1,
      null,
    ]);
  });
});
