/**
 * Elections, votes, leases: scenarios that etcd's Raft names (in brackets) and bugs others had (B-).
 */

import type { RaftOptions } from '@cairn/raft';
import { describe, expect, test } from 'vitest';
import { conf, emptyDisk, entriesOf, id, Network, term } from './network.ts';
import { append, ballot, brief, granted, heartbeat, Solo, timeoutNow, vote } from './solo.ts';

const both: Partial<RaftOptions> = { preVote: true, checkQuorum: true };
const modes = [false, true] as const;

/** Every node with a log of these terms; hard term is the last one's. */
const withLogs = (logs: readonly (readonly number[])[], options: Partial<RaftOptions> = {}) =>
  new Network(logs.length, options, (member) => {
    const disk = emptyDisk(conf(logs.map((_, at) => at + 1)));
    disk.entries = entriesOf(logs[member - 1] ?? []);
    disk.hard = { ...disk.hard, term: term(logs[member - 1]?.at(-1) ?? 0) };
    return disk;
  });

describe.each(modes)('elections with preVote %s', (preVote) => {
  test('a majority that answers makes a leader, a minority does not [LeaderElection]', () => {
    for (const [away, role] of [
      [[], 'leader'],
      [[3], 'leader'],
      [[2, 3], preVote ? 'preCandidate' : 'candidate'],
    ] as const) {
      const net = new Network(3, { preVote });
      net.isolate(...away);
      net.campaign(1);
      expect(net.core(1).role).toBe(role);
      expect(net.core(1).term).toBe(preVote && role !== 'leader' ? 0 : 1);
    }
  });

  test('each member can become leader in turn [LeaderCycle]', () => {
    const net = new Network(3, { preVote });
    for (const member of [1, 2, 3]) {
      net.campaign(member);
      expect([...net.nodes.values()].map((node) => node.core.role)).toEqual(
        [1, 2, 3].map((each) => (each === member ? 'leader' : 'follower')),
      );
    }
  });

  test('a leader may overwrite newer uncommitted entries [LeaderElectionOverwriteNewerLogs]', () => {
    const net = withLogs([[1], [1], [2], [], []], { preVote });
    for (const member of [4, 5]) net.node(member).disk.hard = { ...net.node(member).disk.hard };
    net.campaign(1);
    net.campaign(1);
    net.campaign(1);
    expect(net.core(1).role).toBe('leader');
    const logs = new Set([...net.nodes.values()].map((node) => node.log));
    expect(logs.size).toBe(1);
  });

  test('a single voter elects itself at once [SingleNodeCandidate, B-28]', () => {
    const net = new Network(1, { preVote });
    net.campaign(1);
    expect(net.roles).toBe('1:leader@1');
  });

  test('campaigning as leader is ignored [CampaignWhileLeader]', () => {
    const net = new Network(1, { preVote });
    net.campaign(1);
    net.campaign(1);
    expect(net.roles).toBe('1:leader@1');
  });
});

describe('votes', () => {
  test.each(['follower', 'candidate', 'leader'] as const)(
    'a %s votes for a higher term [VoteFromAnyState]',
    (role) => {
      const solo = new Solo();
      if (role === 'candidate') solo.campaign();
      if (role === 'leader') solo.lead();
      const at = solo.core.term + 1;
      expect(brief(solo.step(vote(2, at, [9, solo.core.term])))).toEqual([`2<grant@${at}`]);
      expect([solo.core.role, solo.core.term, solo.core.status.vote]).toEqual(['follower', at, 2]);
    },
  );

  test.each(['follower', 'candidate', 'leader'] as const)(
    'a pre-vote changes nothing on a %s [PreVoteFromAnyState]',
    (role) => {
      const solo = new Solo();
      if (role === 'candidate') solo.campaign();
      if (role === 'leader') solo.lead();
      const before = solo.core.status;
      const said = solo.step(vote(2, before.term + 1, [9, before.term], { pre: true }));
      expect(brief(said)).toEqual([`2<grant@${before.term + 1}`]);
      expect(solo.core.status).toEqual(before);
    },
  );

  test.each([
    ['follower', 0, [0, 0], false],
    ['follower', 0, [2, 1], false],
    ['follower', 0, [2, 2], true],
    ['follower', 0, [3, 3], true],
    ['follower', 2, [3, 2], true],
    ['follower', 3, [3, 2], false],
  ] as const)(
    'a %s that voted for %i grants [index, term] %j: %s [RecvMsgVote]',
    (_, voted, log, grants) => {
      const solo = new Solo({ terms: [2, 2], term: 3, vote: voted });
      expect(brief(solo.step(vote(2, 3, log)))).toEqual([`2<${grants ? 'grant' : 'refuse'}@3`]);
    },
  );

  test.each([
    [[1, 2], false],
    [[2, 2], true],
    [[1, 3], true],
  ] as const)(
    'a pre-vote for [index, term] %j is granted: %s, whoever has the vote [RecvMsgPreVote]',
    (log, grants) => {
      const solo = new Solo({ terms: [2, 2], term: 3, vote: 3 });
      const answer = grants ? '2<grant@4' : '2<refuse@3';
      expect(brief(solo.step(vote(2, 4, log, { pre: true })))).toEqual([answer]);
    },
  );

  test('a candidate keeps its vote when it yields in its own term [B-20]', () => {
    const solo = new Solo();
    solo.campaign();
    solo.step(append(2, 1));
    expect([solo.core.role, solo.core.status.vote]).toEqual(['follower', 1]);
    expect(brief(solo.step(vote(3, 1, [5, 1])))).toEqual(['3<refuse@1']);
  });

  test('a refused vote does not put off the own election [B-25]', () => {
    const solo = new Solo({ terms: [1, 1], options: { electionTicks: 10 } });
    for (let ticks = 0; ticks < 30 && solo.core.role === 'follower'; ticks++) {
      solo.step(vote(2, solo.core.term + 1, [1, 1], { pre: true }));
      solo.step(vote(2, solo.core.term, [1, 1]));
      solo.tick();
    }
    expect(solo.core.role).toBe('candidate');
  });

  test('responses of other rounds do not count [B-24, B-29]', () => {
    const solo = new Solo({ options: { preVote: true } });
    solo.campaign();
    solo.step(ballot(2, 7, true, true));
    expect(solo.core.role).toBe('preCandidate');
    solo.step(ballot(2, 1, true, true));
    expect(solo.core.role).toBe('candidate');
    solo.step(ballot(3, 1, true, true));
    expect(solo.core.role).toBe('candidate');
    solo.step(granted(2, 1));
    solo.step(ballot(3, 2, true, true));
    expect([solo.core.role, solo.core.term]).toEqual(['leader', 1]);
  });

  test('strangers and learners are not counted [B-33]', () => {
    const solo = new Solo({ learners: [4] });
    solo.campaign();
    solo.step(granted(4, 1));
    solo.step(granted(9, 1));
    expect(solo.core.role).toBe('candidate');
  });

  test('a repeated answer counts once', () => {
    const solo = new Solo({ voters: [1, 2, 3, 4, 5] });
    solo.campaign();
    solo.step(granted(2, 1));
    solo.step(granted(2, 1));
    expect(solo.core.role).toBe('candidate');
  });

  test('dueling candidates: the stale one yields [DuelingCandidates]', () => {
    const net = new Network(3);
    net.drop = (message) => [message.from, message.to].every((each) => each !== 2);
    net.campaign(1);
    net.campaign(3);
    expect([net.core(1).role, net.core(3).role]).toEqual(['leader', 'candidate']);
    net.heal();
    net.campaign(3);
    expect([net.core(1).role, net.core(3).role, net.core(3).term]).toEqual([
      'follower',
      'follower',
      2,
    ]);
  });

  test('dueling pre-candidates do not raise the term [DuelingPreCandidates]', () => {
    const net = new Network(3, { preVote: true });
    net.drop = (message) => [message.from, message.to].every((each) => each !== 2);
    net.campaign(1);
    net.campaign(3);
    expect([net.core(1).role, net.core(3).role]).toEqual(['leader', 'follower']);
    net.heal();
    net.campaign(3);
    expect(net.roles).toBe('1:leader@1 2:follower@1 3:follower@1');
  });

  test('a candidate concedes to the leader and catches up [CandidateConcede]', () => {
    const net = new Network(3);
    net.isolate(1);
    net.campaign(1);
    net.campaign(3);
    net.heal();
    net.tick(3);
    net.propose(3, 'force follower');
    expect([net.core(1).role, net.core(1).term]).toEqual(['follower', 1]);
    expect(net.node(1).data).toEqual(['force follower']);
  });

  test.each(['heartbeat', 'append'] as const)(
    'a candidate isolated at a higher term comes back by a leader’s %s [CandidateResetTerm, B-23]',
    (kind) => {
      const net = new Network(3, { checkQuorum: true });
      net.campaign(1);
      net.isolate(3);
      net.tick(3, 25);
      expect([net.core(3).role, net.core(3).term > 1]).toEqual(['candidate', true]);
      net.heal();
      if (kind === 'heartbeat') net.tick(1);
      else net.propose(1, 'x');
      // Freed by an answer that carries the higher term [FreeStuckCandidateWithCheckQuorum].
      expect(net.core(1).role).toBe('follower');
      for (let round = 0; round < 40; round++) for (const each of [1, 2, 3]) net.tick(each);
      const roles = [1, 2, 3].map((each) => net.core(each).role).sort();
      expect(roles).toEqual(['follower', 'follower', 'leader']);
    },
  );

  test.each(['follower', 'preCandidate', 'candidate', 'leader'] as const)(
    'a %s steps down for any higher term [AllServerStepdown]',
    (role) => {
      for (const message of [vote(2, 9, [9, 8]), append(2, 9)]) {
        const solo = new Solo({ options: { preVote: role === 'preCandidate' } });
        if (role === 'preCandidate' || role === 'candidate') solo.campaign();
        if (role === 'leader') solo.lead();
        solo.step(message);
        expect([solo.core.role, solo.core.term]).toEqual(['follower', 9]);
      }
    },
  );

  test('a lower-term message never reaches a rule [StepIgnoreOldTermMsg]', () => {
    const solo = new Solo({ term: 5 });
    for (const message of [append(2, 4), heartbeat(2, 4), granted(2, 4), vote(2, 4, [9, 3])]) {
      expect(solo.step(message)).toEqual([]);
    }
    expect(solo.core.term).toBe(5);
  });

  test('learners never stand, not even when told to [LearnerElectionTimeout, LearnerCampaign]', () => {
    const solo = new Solo({ voters: [2, 3], learners: [1] });
    solo.tick(50);
    solo.campaign();
    solo.step(heartbeat(2, 1));
    solo.step(timeoutNow(2, 1, 0));
    expect([solo.core.role, solo.core.term]).toEqual(['follower', 1]);
  });

  test('learners answer vote requests [LearnerCanVote, B-32]', () => {
    const solo = new Solo({ voters: [2, 3], learners: [1] });
    expect(brief(solo.step(vote(2, 1, [0, 0])))).toEqual(['2<grant@1']);
  });

  test.each([
    [[1, 2, 3], true],
    [[2, 3], false],
    [[1], true],
    [[], false],
  ])('with voters %j member 1 may stand: %s [Promotable]', (voters, may) => {
    const solo = new Solo({ voters });
    solo.tick(30);
    expect(solo.core.role !== 'follower').toBe(may);
  });
});

describe('CheckQuorum', () => {
  test('a leader that hears a quorum stays [LeaderStepdownWhenQuorumActive]', () => {
    const net = new Network(3, { checkQuorum: true });
    net.campaign(1);
    net.tick(1, 40);
    expect(net.core(1).role).toBe('leader');
  });

  test('a leader that hears none steps down [LeaderStepdownWhenQuorumLost]', () => {
    const net = new Network(3, { checkQuorum: true });
    net.campaign(1);
    net.isolate(1);
    net.tick(1, 20);
    expect([net.core(1).role, net.core(1).term]).toEqual(['follower', 1]);
  });

  test('a vote is ignored while the lease lasts and granted after [LeaderSupersedingWithCheckQuorum]', () => {
    const solo = new Solo({ options: { checkQuorum: true, electionTicks: 10 }, seed: 3 });
    solo.step(heartbeat(2, 1));
    expect(solo.step(vote(3, 2, [0, 0]))).toEqual([]);
    expect(solo.core.term).toBe(1);
    solo.core.tick();
    for (let ticks = 0; ticks < 9; ticks++) solo.core.tick();
    if (solo.core.role === 'follower')
      expect(brief(solo.step(vote(3, 2, [0, 0])))).toEqual(['3<grant@2']);
  });

  test('elections work, the lease over [LeaderElectionWithCheckQuorum]', () => {
    const net = new Network(3, { checkQuorum: true });
    net.campaign(1);
    for (let ticks = 0; ticks < 10; ticks++) for (const each of [2, 3]) net.core(each).tick();
    net.campaign(3);
    expect(net.core(3).role === 'leader' || net.core(2).role === 'leader').toBe(true);
  });

  test('a removed member still follows terms [NonPromotableVoterWithCheckQuorum]', () => {
    const solo = new Solo({ voters: [2, 3], options: { checkQuorum: true } });
    solo.step(heartbeat(2, 3));
    expect([solo.core.term, solo.core.leader]).toEqual([3, 2]);
  });

  test('a follower with a slow link disrupts, with PreVote it does not [DisruptiveFollower, B-26]', () => {
    for (const preVote of modes) {
      const net = new Network(3, { checkQuorum: true, preVote });
      net.campaign(1);
      net.drop = (message) => message.to === 3;
      net.tick(3, 20);
      net.heal();
      net.tick(1);
      expect(net.core(1).role).toBe(preVote ? 'leader' : 'follower');
    }
  });
});

describe('PreVote', () => {
  test('a node of smaller term with the longer log can win [NodeWithSmallerTermCanCompleteElection, B-22]', () => {
    const net = new Network(3, { preVote: true });
    net.campaign(1);
    net.isolate(3);
    net.propose(1, 'x');
    net.campaign(1);
    net.core(2).tick();
    net.campaign(2);
    net.heal();
    net.isolate(1);
    for (let round = 0; round < 60; round++) for (const each of [2, 3]) net.tick(each);
    expect(net.core(2).role).toBe('leader');
  });

  test('a pre-vote of an older term is refused with the newer one, which frees the asker [B-22]', () => {
    const solo = new Solo({ term: 5 });
    expect(brief(solo.step(vote(2, 3, [9, 2], { pre: true })))).toEqual(['2<refuse@5']);
    const asker = new Solo({ term: 2, options: { preVote: true } });
    asker.campaign();
    asker.step(ballot(2, 5, false, true));
    expect([asker.core.role, asker.core.term]).toEqual(['follower', 5]);
  });

  test('a split pre-vote recovers [PreVoteWithSplitVote]', () => {
    const net = new Network(3, { preVote: true });
    net.campaign(1);
    net.isolate(1);
    for (const each of [2, 3]) net.core(each).campaign();
    net.settle();
    for (let round = 0; round < 60; round++) for (const each of [2, 3]) net.tick(each);
    expect([2, 3].filter((each) => net.core(each).role === 'leader').length).toBe(1);
  });

  test('PreVote and CheckQuorum together let a new leader come [PreVoteWithCheckQuorum]', () => {
    const net = new Network(3, both);
    net.campaign(1);
    net.isolate(1);
    for (let round = 0; round < 60; round++) for (const each of [2, 3]) net.tick(each);
    expect([2, 3].filter((each) => net.core(each).role === 'leader').length).toBe(1);
  });

  test('the rejoin: a voter that starts asks first, is refused by the lease, and follows', () => {
    const net = new Network(3, both);
    net.campaign(1);
    net.tick(1, 3);
    net.node(3).crash();
    net.campaign(3);
    expect([net.core(3).role, net.core(3).term]).toEqual(['preCandidate', 1]);
    net.tick(1);
    expect(net.roles).toBe('1:leader@1 2:follower@1 3:follower@1');
    const ignored = net.node(1).events.filter((event) => event.type === 'voteIgnored');
    expect(ignored).toMatchObject([{ from: 3, pre: true, term: 1 }]);
  });

  test('without a live leader, voters that start elect one at once', () => {
    const net = new Network(3, both);
    net.campaign(1);
    for (const member of [1, 2, 3]) net.node(member).crash();
    net.campaign(2);
    expect(net.roles).toBe('1:follower@2 2:leader@2 3:follower@2');
  });

  test('mixed settings finish an election [PreVoteMigrationCanCompleteElection]', () => {
    const net = new Network(3, { preVote: true });
    net.nodes.delete(3);
    net.add(3, { preVote: false }, emptyDisk(conf([1, 2, 3])));
    net.campaign(1);
    net.isolate(3);
    net.campaign(3);
    net.campaign(3);
    net.propose(1, 'x');
    net.heal();
    net.isolate(1);
    for (let round = 0; round < 80; round++) for (const each of [2, 3]) net.tick(each);
    expect(net.core(2).role).toBe('leader');
  });

  test('a stuck higher-term node is freed [PreVoteMigrationWithFreeStuckPreCandidate]', () => {
    const net = new Network(3, { preVote: true }, (member) => {
      const disk = emptyDisk(conf([1, 2, 3]));
      if (member === 3) disk.hard = { ...disk.hard, term: term(5) };
      return disk;
    });
    net.isolate(3);
    net.campaign(1);
    net.heal();
    net.tick(1);
    expect([net.core(1).role, net.core(1).term]).toEqual(['follower', 5]);
    for (let round = 0; round < 40; round++) for (const each of [1, 2, 3]) net.tick(each);
    expect(new Set([1, 2, 3].map((each) => net.core(each).leader)).size).toBe(1);
  });

  test('grants are not persisted: a pre-vote leaves no write', () => {
    const solo = new Solo({ options: both });
    solo.core.step(vote(2, 1, [0, 0], { pre: true }));
    const { write, afterWrite, send } = solo.core.take();
    expect([write, afterWrite, send.length]).toEqual([null, [], 1]);
  });
});

test('messages to others and from nobody are ignored [B-67]', () => {
  const solo = new Solo();
  const before = solo.core.status;
  solo.step({ ...vote(2, 5, [0, 0]), to: id(2) });
  solo.step({ ...vote(2, 5, [0, 0]), from: id(0) });
  solo.step({ ...vote(2, 5, [0, 0]), from: id(1) });
  expect(solo.core.status).toEqual(before);
});
