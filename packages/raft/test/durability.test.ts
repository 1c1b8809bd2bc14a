/**
 * Nothing is said before it is on disk: the bugs of section "persistence" that others had (B-), and
 * etcd's scenarios about late acknowledgements of the own disk.
 */

import { describe, expect, test } from 'vitest';
import { bytes, entriesOf, index, Network } from './network.ts';
import { acknowledged, append, brief, granted, heartbeat, Solo, vote } from './solo.ts';

const slow = (setting: ConstructorParameters<typeof Solo>[0] = {}): Solo => {
  const solo = new Solo(setting);
  solo.node.slowDisk = true;
  return solo;
};

/** One turn without waiting for the disk. */
const say = (solo: Solo): string[] => brief(solo.node.turn());

describe('votes', () => {
  test('a grant waits for the write of term and vote [B-01, B-05]', () => {
    const solo = slow();
    solo.core.step(vote(2, 3, [0, 0]));
    expect(say(solo)).toEqual([]);
    expect(brief(solo.node.flush())).toEqual(['2<grant@3']);
    expect(solo.node.disk.hard).toMatchObject({ term: 3, vote: 2 });
  });

  test('a vote that was not on disk is forgotten with the crash, unsaid [B-01]', () => {
    const solo = slow();
    solo.core.step(vote(2, 3, [0, 0]));
    say(solo);
    solo.node.crash();
    solo.core.step(vote(3, 3, [0, 0]));
    say(solo);
    expect(brief(solo.node.flush())).toEqual(['3<grant@3']);
  });

  test('a vote request waits for the own vote [B-02, B-03]', () => {
    const solo = slow();
    solo.core.campaign();
    expect(say(solo)).toEqual([]);
    expect(solo.node.disk.hard.term).toBe(0);
    expect(brief(solo.node.flush())).toEqual(['2<vote@1 0/0', '3<vote@1 0/0']);
    expect(solo.node.disk.hard).toMatchObject({ term: 1, vote: 1 });
  });

  test('a single voter leads only when its vote is on disk', () => {
    const solo = slow({ voters: [1] });
    solo.core.campaign();
    say(solo);
    expect(solo.core.role).toBe('candidate');
    solo.node.flush();
    expect(solo.core.role).toBe('leader');
  });

  test('an earlier write on disk does not stand for the own vote', () => {
    const solo = slow({ voters: [1] });
    solo.core.step(append(2, 1, { entries: entriesOf([1]) }));
    say(solo);
    solo.core.campaign();
    say(solo);
    solo.node.flush(1);
    expect([solo.core.role, solo.node.disk.hard.term]).toEqual(['candidate', 1]);
    solo.node.flush(1);
    expect([solo.core.role, solo.node.disk.hard.term]).toEqual(['leader', 2]);
  });

  test('an own vote that arrives on disk after stepping down does not count [CandidateSelfVoteAfterLostElection]', () => {
    const solo = slow({ voters: [1] });
    solo.core.campaign();
    say(solo);
    solo.core.step(heartbeat(2, 1));
    solo.node.flush();
    expect([solo.core.role, solo.core.leader]).toEqual(['follower', 2]);
  });

  test('an own pre-vote does not count as a vote [CandidateDeliversPreCandidateSelfVoteAfterBecomingCandidate]', () => {
    const solo = slow({ options: { preVote: true } });
    solo.core.campaign();
    solo.core.step({ ...granted(2, 1), pre: true } as never);
    say(solo);
    expect(solo.core.role).toBe('candidate');
    solo.node.flush();
    expect(solo.core.role).toBe('candidate');
    solo.core.step(granted(2, 1));
    expect(solo.core.role).toBe('leader');
  });
});

describe('entries', () => {
  test('an acknowledgement waits for the entries [B-04, B-06]', () => {
    const solo = slow();
    solo.core.step(append(2, 1, { entries: entriesOf([1, 1]) }));
    expect(say(solo)).toEqual([]);
    expect(solo.node.disk.entries).toEqual([]);
    expect(brief(solo.node.flush())).toEqual(['2<ack 2']);
    expect([solo.node.log, solo.node.disk.hard.term]).toEqual(['1/1 1/2', 1]);
  });

  test('term, vote, commit, cut and entries are one write [B-05, B-06, B-10, B-14]', () => {
    const solo = slow({ terms: [1, 1, 1] });
    solo.core.step(append(2, 4, { prev: [1, 1], commit: 2, entries: entriesOf([4, 4], 2) }));
    const { write } = solo.core.take();
    expect(write).toMatchObject({
      seq: 1,
      hard: { term: 4, vote: 0, commit: 2 },
      truncateFrom: 2,
      entries: [{ index: 2 }, { index: 3 }],
      snapshot: null,
    });
  });

  test('a leader counts itself only as far as its disk [ProgressLeader, B-07]', () => {
    const solo = slow();
    solo.core.campaign();
    say(solo);
    solo.node.flush();
    solo.core.step(granted(2, 1));
    say(solo);
    solo.core.propose(bytes('x'));
    say(solo);
    solo.core.step(acknowledged(2, 1, 2));
    expect(solo.core.commit).toBe(0);
    solo.node.flush(1);
    expect(solo.core.commit).toBe(1);
    solo.node.flush();
    expect(solo.core.commit).toBe(2);
  });

  test('an own acknowledgement after a change of term is ignored [LeaderMsgAppSelfAckAfterTermChange]', () => {
    const solo = slow({ voters: [1, 2] });
    solo.core.campaign();
    say(solo);
    solo.node.flush();
    solo.core.step(granted(2, 1));
    say(solo);
    solo.core.step(append(2, 2));
    solo.node.flush();
    expect([solo.core.role, solo.core.commit, solo.core.term]).toEqual(['follower', 0, 2]);
  });

  test('a late acknowledgement of overwritten entries is not taken for the new ones [B-12]', () => {
    const solo = slow();
    const write = (at: number, terms: number[]): void => {
      solo.core.step(append(at, at, { entries: entriesOf(terms), commit: at === 4 ? 1 : 0 }));
      say(solo);
    };
    write(2, [2]);
    write(3, [3]);
    write(4, [2]);
    expect(solo.core.commit).toBe(1);
    solo.node.flush(1);
    say(solo);
    expect(solo.node.applied).toEqual([]);
    solo.node.flush(1);
    say(solo);
    expect(solo.node.applied).toEqual([]);
    solo.node.flush(1);
    say(solo);
    expect(solo.node.applied.map((entry) => entry.term)).toEqual([2]);
  });

  test('acknowledgements are cumulative and never run ahead [B-13]', () => {
    const solo = slow({ voters: [1] });
    solo.core.campaign();
    expect(() => solo.core.persisted(7)).toThrow(/only 0 were issued/);
    const first = solo.core.take();
    expect(first.write?.seq).toBe(1);
    solo.core.persisted(1);
    solo.core.persisted(1);
    expect(solo.core.role).toBe('leader');
  });

  test('an acknowledgement not yet collected is withdrawn when its entries are cut [B-30]', () => {
    const solo = slow();
    solo.core.step(append(2, 1, { entries: entriesOf([1, 1, 1]) }));
    solo.core.step(append(3, 2, { prev: [1, 1], entries: entriesOf([2], 2) }));
    say(solo);
    expect(brief(solo.node.flush())).toEqual(['3<ack 2']);
    expect(solo.node.log).toBe('1/1 2/2');
  });

  test('entries are applied only when they are committed and on disk', () => {
    const solo = slow();
    solo.core.step(append(2, 1, { entries: entriesOf([1, 1]), commit: 2 }));
    say(solo);
    expect([solo.core.commit, solo.node.applied.length]).toEqual([2, 0]);
    solo.node.flush();
    say(solo);
    expect(solo.node.applied.length).toBe(2);
  });
});

describe('the commit index', () => {
  test('alone forces no write, but comes with the next one, or on request [B-14]', () => {
    const solo = new Solo();
    solo.step(append(2, 1, { entries: entriesOf([1, 1]) }));
    solo.core.step(heartbeat(2, 1, 2));
    expect(solo.core.take().write).toBeNull();
    expect([solo.core.commit, solo.core.commitPersisted]).toEqual([2, 0]);
    solo.core.persistCommit();
    const { write } = solo.core.take();
    expect(write).toMatchObject({ hard: { term: 1, commit: 2 }, entries: [] });
    expect(solo.core.commitPersisted).toBe(0);
    solo.core.persisted(write?.seq ?? 0);
    expect(solo.core.commitPersisted).toBe(2);
    solo.core.persistCommit();
    expect(solo.core.take().write).toBeNull();
  });

  test('never falls, not by a heartbeat, not by a restart [HandleHeartbeat, B-39]', () => {
    const solo = new Solo();
    solo.step(append(2, 1, { entries: entriesOf([1, 1]), commit: 2 }));
    solo.step(heartbeat(2, 1, 1));
    solo.step(append(2, 1, { prev: [0, 0], commit: 1, entries: entriesOf([1]) }));
    expect(solo.core.commit).toBe(2);
    solo.node.crash();
    expect(solo.core.commit).toBe(2);
  });

  test('a heartbeat beyond the log is not believed', () => {
    const solo = new Solo();
    solo.step(append(2, 1, { entries: entriesOf([1]) }));
    expect(brief(solo.step(heartbeat(2, 1, 9)))).toEqual(['2<heartbeat answer']);
    expect(solo.core.commit).toBe(0);
  });
});

test('a restart finds exactly the last writes [B-21, I-15]', () => {
  const net = new Network(3);
  net.campaign(1);
  net.propose(1, 'a');
  const { term, vote: voted, commit, last } = net.core(2).status;
  net.node(2).crash();
  expect(net.core(2).status).toMatchObject({ term, vote: voted, commit, last, role: 'follower' });
  expect(net.core(2).termAt(index(2))).toBe(1);
});

test('a state on disk that contradicts itself is refused', () => {
  const boot = (hard: { commit: number }, applied: number) => () => {
    const solo = new Solo({ terms: [1, 1], commit: hard.commit });
    solo.node.disk.applied = index(applied);
    solo.node.crash();
  };
  expect(boot({ commit: 3 }, 0)).toThrow(/beyond the log/);
  expect(boot({ commit: 1 }, 2)).toThrow(/applied index is beyond commit/);
  expect(() => new Solo({ terms: [2], term: 1 })).toThrow(/never persisted/);
});
