/**
 * The rules of the Raft paper, section by section: the 26 cases that etcd's Raft names after the paper.
 * The name in brackets is etcd's.
 */

import { describe, expect, test } from 'vitest';
import { conf, emptyDisk, entriesOf, Network, term } from './network.ts';
import { acknowledged, append, ballot, brief, granted, heartbeat, Solo, vote } from './solo.ts';

const asRole = (role: 'follower' | 'candidate' | 'leader'): Solo => {
  const solo = new Solo({ terms: [1] });
  if (role === 'candidate') solo.campaign();
  if (role === 'leader') solo.lead();
  expect(solo.core.role).toBe(role);
  return solo;
};

describe('terms (5.1)', () => {
  test.each(['follower', 'candidate', 'leader'] as const)(
    'a %s that sees a higher term adopts it and follows [UpdateTermFromMessage]',
    (role) => {
      const solo = asRole(role);
      solo.step(append(2, 7));
      expect([solo.core.role, solo.core.term, solo.core.leader]).toEqual(['follower', 7, 2]);
    },
  );

  test.each(['follower', 'candidate', 'leader'] as const)(
    'a %s does not process a request of a stale term [RejectStaleTermMessage]',
    (role) => {
      const solo = asRole(role);
      const before = solo.core.status;
      const stale = append(3, 0, { entries: entriesOf([0]) });
      expect(solo.step({ ...stale, term: term(solo.core.term - 1) })).toEqual([]);
      expect(solo.core.status).toEqual(before);
    },
  );
});

describe('elections (5.2)', () => {
  test('nodes start as followers [StartAsFollower]', () => {
    expect(new Solo().core.role).toBe('follower');
  });

  test('a leader whose heartbeat is due sends one to everybody [LeaderBcastBeat]', () => {
    const solo = asRole('leader');
    expect(brief(solo.tick())).toEqual(['2<heartbeat commit 0', '3<heartbeat commit 0']);
  });

  test('a follower without contact raises its term, votes for itself, asks all [FollowerStartElection]', () => {
    const solo = new Solo({ terms: [1] });
    const said = solo.tick(20);
    expect([solo.core.role, solo.core.term, solo.node.disk.hard.vote]).toEqual(['candidate', 2, 1]);
    expect(brief(said)).toEqual(['2<vote@2 1/1', '3<vote@2 1/1']);
  });

  test('a candidate that times out starts a new term [CandidateStartNewElection]', () => {
    const solo = asRole('candidate');
    const said = solo.tick(20);
    expect([solo.core.role, solo.core.term]).toEqual(['candidate', 3]);
    expect(brief(said)).toEqual(['2<vote@3 1/1', '3<vote@3 1/1']);
  });

  test.each([
    [1, '', 'leader'],
    [3, 'yy', 'leader'],
    [3, 'y', 'leader'],
    [5, 'yyyy', 'leader'],
    [5, 'yy', 'leader'],
    [3, 'nn', 'follower'],
    [5, 'nnnn', 'follower'],
    [5, 'nnn', 'follower'],
    [3, '', 'candidate'],
    [5, 'y', 'candidate'],
    [5, 'yn', 'candidate'],
  ])('%i voters answering "%s" make a %s [LeaderElectionInOneRoundRPC]', (count, votes, role) => {
    const solo = new Solo({ voters: Array.from({ length: count }, (_, at) => at + 1) });
    solo.campaign();
    [...votes].forEach((each, at) => {
      solo.step(ballot(at + 2, 1, each === 'y'));
    });
    expect(solo.core.role).toBe(role);
  });

  test.each([
    [0, 1, true],
    [0, 2, true],
    [1, 1, true],
    [2, 2, true],
    [1, 2, false],
    [2, 3, false],
  ])('having voted for %i, it votes for %i: %s [FollowerVote]', (before, candidate, grants) => {
    const solo = new Solo({ term: 1, vote: before === 0 ? 0 : before + 1 });
    const said = solo.step(vote(candidate + 1, 1, [0, 0]));
    expect(brief(said)).toEqual([`${candidate + 1}<${grants ? 'grant' : 'refuse'}@1`]);
  });

  test.each([2, 3])('a candidate accepts a leader of term %i [CandidateFallback]', (at) => {
    const solo = asRole('candidate');
    solo.step(append(2, at));
    expect([solo.core.role, solo.core.term, solo.core.leader]).toEqual(['follower', at, 2]);
  });

  const timeoutOf = (solo: Solo): number => {
    const before = solo.core.term;
    for (let ticks = 1; ; ticks++) {
      solo.tick();
      if (solo.core.term > before) return ticks;
    }
  };

  test.each(['follower', 'candidate'] as const)(
    'every time-out between E and 2E-1 occurs for a %s [ElectionTimeoutRandomized]',
    (role) => {
      const solo = new Solo({ options: { electionTicks: 5 } });
      const seen = new Set<number>();
      for (let round = 0; round < 200; round++) {
        if (role === 'follower') solo.step(heartbeat(2, solo.core.term + 1));
        seen.add(timeoutOf(solo));
      }
      expect([...seen].sort()).toEqual([5, 6, 7, 8, 9]);
    },
  );

  test.each(['follower', 'candidate'] as const)(
    'simultaneous time-outs of five %ss are rare [ElectionTimeoutNonconflict]',
    (role) => {
      let conflicts = 0;
      const members = [1, 2, 3, 4, 5].map((seed) => new Solo({ seed: seed * 77 }));
      for (let round = 0; round < 100; round++) {
        const at = members.map((solo) => {
          if (role === 'follower') solo.step(heartbeat(2, solo.core.term + 1));
          return timeoutOf(solo);
        });
        const first = Math.min(...at);
        if (at.filter((each) => each === first).length > 1) conflicts++;
      }
      expect(conflicts).toBeLessThan(50);
    },
  );
});

describe('replication (5.3)', () => {
  const established = (): Solo => {
    const solo = new Solo();
    solo.lead();
    for (const from of [2, 3]) solo.step(acknowledged(from, 1, 1));
    return solo;
  };

  test('a proposal is appended and sent with what precedes it [LeaderStartReplication]', () => {
    const solo = established();
    const said = solo.propose('x');
    expect(solo.core.lastIndex).toBe(2);
    expect(brief(said)).toEqual(['2<append 1/1 [1/2] commit 1', '3<append 1/1 [1/2] commit 1']);
  });

  test('a replicated entry is committed, applied, and its commit index told [LeaderCommitEntry]', () => {
    const solo = established();
    solo.propose('x');
    const said = solo.step(acknowledged(2, 1, 2));
    expect(solo.node.data).toEqual(['x']);
    expect(brief(said)).toEqual(['2<append 1/2 [] commit 2', '3<append 1/2 [] commit 2']);
  });

  test.each([
    [1, [], true],
    [3, [], false],
    [3, [2], true],
    [3, [2, 3], true],
    [5, [], false],
    [5, [2], false],
    [5, [2, 3], true],
    [5, [2, 3, 4, 5], true],
  ] as const)(
    'of %i voters, %j and the leader commit: %s [LeaderAcknowledgeCommit]',
    (count, from, commits) => {
      const solo = new Solo({ voters: Array.from({ length: count }, (_, at) => at + 1) });
      solo.lead();
      solo.propose('x');
      for (const member of from) solo.step(acknowledged(member, 1, 2));
      expect(solo.core.commit >= 2).toBe(commits);
    },
  );

  test.each([[[]], [[2]], [[1, 2]], [[1]]])(
    'committing an entry of its own term commits %j before it [LeaderCommitPrecedingEntries]',
    (terms) => {
      const solo = new Solo({ terms, term: 2 });
      solo.lead();
      solo.propose('x');
      solo.step(acknowledged(2, 3, terms.length + 2));
      expect(solo.node.applied.map((entry) => entry.index)).toEqual(
        Array.from({ length: terms.length + 2 }, (_, at) => at + 1),
      );
    },
  );

  test.each([1, 2, 3])(
    'a follower applies %i entries in order once told [FollowerCommitEntry]',
    (commit) => {
      const solo = new Solo();
      solo.step(append(2, 1, { entries: entriesOf([1, 1, 1]), commit }));
      expect(solo.node.applied.map((entry) => entry.index)).toEqual([1, 2, 3].slice(0, commit));
    },
  );

  test.each([
    [0, 0, '2<ack 1'],
    [1, 1, '2<ack 1'],
    [2, 2, '2<ack 2'],
    [1, 2, '2<reject 1 hint 1/1'],
    [2, 1, '2<reject 2 hint 1/1'],
    [3, 3, '2<reject 3 hint 2/2'],
  ])('after %i of term %i it answers %s [FollowerCheckMsgApp]', (at, prevTerm, answer) => {
    const solo = new Solo({ terms: [1, 2], commit: 1 });
    expect(brief(solo.step(append(2, 3, { prev: [at, prevTerm] })))).toEqual([answer]);
  });

  test.each([
    [[2, 2], [3], '1/1 2/2 3/3'],
    [[1, 1], [3, 4], '1/1 3/2 4/3'],
    [[0, 0], [1], '1/1 2/2'],
    [[0, 0], [3], '3/1'],
  ] as const)(
    'after %j, entries of terms %j leave %s [FollowerAppendEntries]',
    (prev, terms, log) => {
      const solo = new Solo({ terms: [1, 2] });
      solo.step(append(2, 4, { prev, entries: entriesOf(terms, prev[0] + 1) }));
      expect(solo.node.log).toBe(log);
    },
  );

  test.each([
    [[1, 1, 1, 4, 4, 5, 5, 6, 6]],
    [[1, 1, 1, 4]],
    [[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    [[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    [[1, 1, 1, 4, 4, 4, 4]],
    [[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])(
    'figure 7: a follower with terms %j comes to the leader’s log [LeaderSyncFollowerLog]',
    (terms) => {
      const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
      const net = new Network(3, {}, (member) => {
        const disk = emptyDisk(conf([1, 2, 3]));
        disk.entries = entriesOf([leaderTerms, terms, []][member - 1] ?? []);
        disk.hard = { ...disk.hard, term: term(member === 2 ? (terms.at(-1) ?? 0) : 8) };
        return disk;
      });
      net.campaign(1);
      net.propose(1, 'x');
      expect(net.core(1).role).toBe('leader');
      expect(net.node(2).log).toBe(net.node(1).log);
      expect(net.core(2).commit).toBe(12);
    },
  );
});

describe('safety (5.4)', () => {
  test('a vote request carries the last entry, to all others [VoteRequest]', () => {
    const solo = new Solo({ terms: [1, 2] });
    expect(brief(solo.campaign())).toEqual(['2<vote@3 2/2', '3<vote@3 2/2']);
  });

  test.each([
    [[1], [1, 1], true],
    [[1], [2, 1], true],
    [[1, 1], [1, 1], false],
    [[1], [1, 2], true],
    [[1, 1], [1, 2], true],
    [[2], [1, 1], false],
    [[2], [2, 1], false],
    [[1, 1, 2], [9, 1], false],
  ] as const)(
    'a voter with terms %j grants [index, term] %j: %s [Voter, B-41]',
    (terms, log, grants) => {
      const solo = new Solo({ terms });
      const said = solo.step(vote(2, 3, log));
      expect(brief(said)).toEqual([`2<${grants ? 'grant' : 'refuse'}@3`]);
    },
  );

  test('only entries of its own term are committed by counting [LeaderOnlyCommitsLogFromCurrentTerm, B-34]', () => {
    const solo = new Solo({ terms: [1, 2] });
    solo.campaign();
    solo.step(granted(2, 3));
    solo.step(acknowledged(2, 3, 1));
    expect(solo.core.commit).toBe(0);
    solo.step(acknowledged(2, 3, 2));
    expect(solo.core.commit).toBe(0);
    solo.step(acknowledged(2, 3, 3));
    expect(solo.core.commit).toBe(3);
  });
});
