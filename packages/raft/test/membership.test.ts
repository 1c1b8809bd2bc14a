/**
 * Changing members and handing leadership over: scenarios that etcd's Raft names (in brackets) and bugs
 * others had (B-).
 */

import { describe, expect, test } from 'vitest';
import { bytes, change, conf, emptyDisk, entriesOf, id, index, Network, term } from './network.ts';
import { acknowledged, append, brief, granted, heartbeat, Solo, timeoutNow } from './solo.ts';

/** `count` members of which the first `voting` are voters; the rest know the configuration. */
const network = (voting: number, count: number, options = {}): Network => {
  const voters = Array.from({ length: voting }, (_, at) => at + 1);
  return new Network(count, options, () => emptyDisk(conf(voters)));
};

const votersOf = (net: Network, member: number): readonly number[] =>
  net.core(member).status.conf.voters;

describe('changing members', () => {
  test('a voter is added, catches up and counts [AddNode]', () => {
    const net = network(3, 4);
    net.campaign(1);
    net.propose(1, 'a');
    expect(net.change(1, change('v4')).ok).toBe(true);
    for (const member of [1, 2, 3, 4]) expect(votersOf(net, member)).toEqual([1, 2, 3, 4]);
    net.isolate(2, 3);
    net.propose(1, 'b');
    expect(net.core(1).commit).toBe(3);
  });

  test('a learner is added, promoted, and can win [AddLearner, LearnerPromotion]', () => {
    const net = network(1, 2);
    net.campaign(1);
    net.change(1, change('l2'));
    expect(net.core(1).status.conf).toMatchObject({ voters: [1], learners: [2] });
    net.change(1, change('v2'));
    net.campaign(2);
    expect(net.roles).toBe('1:follower@2 2:leader@2');
  });

  test('a member is removed, as voter or learner [RemoveNode, RemoveLearner]', () => {
    const net = network(2, 3);
    net.campaign(1);
    net.change(1, change('l3'));
    net.change(1, change('r3'));
    net.change(1, change('r2'));
    expect(net.core(1).status.conf).toEqual(conf([1]));
    expect(net.core(1).proposeConfig(change('r1'))).toMatchObject({ ok: false, reason: 'invalid' });
  });

  test('the last voter cannot be removed, nor an unfit change be proposed [B-56]', () => {
    const net = network(1, 1);
    net.campaign(1);
    for (const unfit of ['r1', 'l1', '']) {
      expect(net.core(1).proposeConfig(change(unfit))).toMatchObject({ reason: 'invalid' });
    }
  });

  test('a smaller quorum may commit what waited [CommitAfterRemoveNode]', () => {
    const net = network(2, 2);
    net.campaign(1);
    net.core(1).proposeConfig(change('r2'));
    net.drop = (message) => message.type === 'appendResponse' && message.index > 2;
    net.core(1).propose(bytes('x'));
    net.settle();
    expect(net.core(1).commit).toBe(3);
  });

  test('one change at a time [StepConfig, StepIgnoreConfig, G1]', () => {
    const solo = new Solo();
    solo.lead();
    solo.step(acknowledged(2, 1, 1));
    expect(solo.core.proposeConfig(change('v4')).ok).toBe(true);
    expect(solo.core.proposeConfig(change('v5'))).toMatchObject({ reason: 'configPending' });
    solo.drain();
    solo.step(acknowledged(2, 1, 2));
    expect(solo.core.proposeConfig(change('v5')).ok).toBe(true);
  });

  test('a new leader proposes none before its own entry is applied [NewLeaderPendingConfig, B-46, G2]', () => {
    const solo = new Solo();
    solo.lead();
    expect(solo.core.proposeConfig(change('v4'))).toMatchObject({ reason: 'configPending' });
    solo.step(acknowledged(2, 1, 1));
    expect(solo.core.proposeConfig(change('v4')).ok).toBe(true);
  });

  test('no election with a committed configuration not yet applied [ConfChangeCheckBeforeCampaign, B-31, G3]', () => {
    const net = network(3, 3);
    net.campaign(1);
    net.node(2).slowApply = true;
    net.change(1, change('r3'));
    net.campaign(2);
    expect(net.core(2).role).toBe('follower');
    net.node(2).apply();
    net.campaign(2);
    expect(net.core(2).role).toBe('leader');
  });

  test('a restart does not forget that a configuration is committed [B-14, G4]', () => {
    const net = network(3, 3);
    net.campaign(1);
    net.node(2).slowApply = true;
    net.change(1, change('r3'));
    net.propose(1, 'next');
    net.node(2).crash();
    net.core(2).campaign();
    expect(net.core(2).role).toBe('follower');
  });

  test('a quorum of one is not derived while a log is replayed [B-48]', () => {
    const solo = new Solo({ voters: [] });
    const added = { ...entriesOf([1])[0], kind: 'config', data: change('v1') } as never;
    solo.core.step(append(2, 1, { entries: [added], commit: 1 }));
    expect(() => solo.drain()).toThrow(/not known/);
  });

  test('an uncommitted change that is overwritten leaves no trace [B-49]', () => {
    const net = network(3, 4);
    net.campaign(1);
    net.isolate(1);
    net.change(1, change('v4'));
    net.campaign(2);
    net.heal();
    net.tick(2);
    expect(net.node(1).log).toBe(net.node(2).log);
    expect(votersOf(net, 1)).toEqual([1, 2, 3]);
    expect(net.change(2, change('v4')).ok).toBe(true);
    expect(votersOf(net, 1)).toEqual([1, 2, 3, 4]);
  });

  test('adding a dead member does not depose the leader at once [AddNodeCheckQuorum, B-55]', () => {
    const net = network(1, 1, { checkQuorum: true });
    net.campaign(1);
    net.tick(1, 8);
    net.change(1, change('v2'));
    net.tick(1, 2);
    expect(net.core(1).role).toBe('leader');
    net.tick(1, 20);
    expect(net.core(1).role).toBe('follower');
  });

  test('a removed leader steps down when the change is applied [B-52]', () => {
    const net = network(3, 3);
    net.campaign(1);
    net.change(1, change('r1'));
    expect(net.core(1).role).toBe('follower');
    expect(net.node(1).events).toContainEqual({ type: 'steppedDown', reason: 'removed', term: 1 });
    net.node(1).crash();
    net.tick(1, 50);
    expect(net.core(1).role).toBe('follower');
    net.campaign(2);
    expect(net.core(2).role).toBe('leader');
  });

  test('answers of a removed member no longer count [B-33]', () => {
    const net = network(3, 3);
    net.campaign(1);
    net.change(1, change('r3'));
    net.isolate(2);
    net.propose(1, 'x');
    net.core(1).step({ ...acknowledged(3, 1, 9), index: index(3) } as never);
    expect(net.core(1).commit).toBe(2);
  });

  test('members are tracked in order of their ids [RaftNodes]', () => {
    const net = network(1, 1);
    net.campaign(1);
    for (const each of ['l9', 'l4', 'l7']) net.change(1, change(each));
    expect(net.core(1).status.progress.map((each) => each.id)).toEqual([1, 4, 7, 9]);
  });
});

describe('joint configurations', () => {
  test('two changes at once enter one and leave it automatically [JointAutoLeave]', () => {
    const net = network(3, 5);
    net.campaign(1);
    net.change(1, change('v4 v5'));
    for (const member of [1, 4, 5])
      expect(net.core(member).status.conf).toEqual(conf([1, 2, 3, 4, 5]));
    const kinds = net.node(1).applied.filter((entry) => entry.kind === 'config');
    expect(kinds.length).toBe(2);
  });

  test('both majorities are needed meanwhile [B-28, B-50]', () => {
    const net = network(3, 5);
    net.campaign(1);
    net.change(1, change('v4 v5 r2 r3', 'explicit'));
    expect(net.core(1).status.conf).toMatchObject({ voters: [1, 4, 5], outgoing: [1, 2, 3] });
    net.isolate(2, 3);
    const { commit } = net.core(1);
    net.propose(1, 'x');
    expect(net.core(1).commit).toBe(commit);
    net.heal();
    net.tick(1, 2);
    expect(net.core(1).commit).toBe(commit + 1);
    net.isolate(4, 5);
    net.propose(1, 'y');
    expect(net.core(1).commit).toBe(commit + 1);
  });

  test('an explicit one is left by an empty change only', () => {
    const net = network(3, 4);
    net.campaign(1);
    net.change(1, change('v4', 'explicit'));
    expect(net.core(1).proposeConfig(change('r2'))).toMatchObject({ reason: 'invalid' });
    expect(net.change(1, change('')).ok).toBe(true);
    expect(net.core(1).status.conf).toEqual(conf([1, 2, 3, 4]));
    expect(net.core(1).proposeConfig(change(''))).toMatchObject({ reason: 'invalid' });
  });

  test('a new leader leaves what the old one could not [B-51]', () => {
    const net = network(3, 4);
    net.campaign(1);
    for (const member of [1, 2, 3]) net.node(member).slowApply = true;
    net.change(1, change('v4 r3', 'implicit'));
    for (const member of [2, 3]) net.node(member).apply();
    net.isolate(1);
    for (const member of [2, 3]) net.node(member).slowApply = false;
    net.campaign(2);
    net.settle();
    expect(net.core(2).status.conf.outgoing.length > 0 || net.core(2).role === 'leader').toBe(true);
    net.heal();
    net.node(1).slowApply = false;
    for (let round = 0; round < 5; round++) net.tick(2);
    expect(net.core(2).status.conf).toEqual(conf([1, 2, 4]));
  });

  test('a voter demoted in one stays voter until it is left', () => {
    const net = network(3, 3);
    net.campaign(1);
    net.change(1, change('l3 u1', 'explicit'));
    expect(net.core(1).status.conf).toMatchObject({
      voters: [1, 2],
      learnersNext: [3],
      learners: [],
    });
    net.change(1, change(''));
    expect(net.core(1).status.conf).toEqual(conf([1, 2], { learners: [3] }));
  });
});

describe('handing over', () => {
  const elected = (options = {}, count = 3): Network => {
    const net = network(3, count, options);
    net.campaign(1);
    return net;
  };
  const handOver = (net: Network, to: number): void => {
    net.core(1).transferTo(id(to));
    net.settle();
  };

  test('an up-to-date member takes over at once, lease or not [LeaderTransferToUpToDateNode, WithCheckQuorum]', () => {
    const net = elected({ preVote: true, checkQuorum: true });
    net.tick(1);
    handOver(net, 2);
    expect(net.roles).toBe('1:follower@2 2:leader@2 3:follower@2');
    const transfers = net.node(1).events.filter((event) => event.type === 'transfer');
    expect(transfers.map((event) => event.state)).toEqual(['started', 'done']);
    // ... and back [LeaderTransferBack].
    net.core(2).transferTo(id(1));
    net.settle();
    expect(net.core(1).role).toBe('leader');
  });

  test('a slow member is brought up to date first [LeaderTransferToSlowFollower]', () => {
    const net = elected();
    net.isolate(3);
    net.propose(1, 'x');
    net.heal();
    handOver(net, 3);
    net.tick(1);
    expect(net.core(3).role).toBe('leader');
  });

  test('also by a snapshot [LeaderTransferAfterSnapshot]', () => {
    const net = elected();
    net.isolate(3);
    net.propose(1, 'x');
    net.node(1).compact(2);
    net.heal();
    net.tick(1);
    handOver(net, 3);
    expect(net.core(3).role).toBe('leader');
  });

  test.each([
    ['itself', 1],
    ['nobody known', 9],
    ['nobody', 0],
  ])('to %s is ignored [LeaderTransferToSelf, ToNonExistingNode]', (_, to) => {
    const net = elected();
    handOver(net, to);
    expect([net.core(1).role, net.core(1).status.transferee]).toEqual(['leader', 0]);
  });

  test('to a learner is ignored, as is a follower that is asked [B-57]', () => {
    const net = network(2, 3);
    net.campaign(1);
    net.change(1, change('l3'));
    handOver(net, 3);
    expect(net.core(1).status.transferee).toBe(0);
    net.core(2).transferTo(id(2));
    net.settle();
    expect(net.core(1).role).toBe('leader');
  });

  test('proposals are refused meanwhile, until it is given up in time [LeaderTransferIgnoreProposal, Timeout]', () => {
    const net = elected();
    net.isolate(3);
    net.propose(1, 'x');
    handOver(net, 3);
    expect(net.core(1).propose(bytes('y'))).toMatchObject({ ok: false, reason: 'transferring' });
    expect(net.core(1).proposeConfig(change('v4'))).toMatchObject({ reason: 'transferring' });
    expect(net.core(1).isTransferring).toBe(true);
    net.tick(1, 10);
    expect(net.core(1).isTransferring).toBe(false);
    expect(net.core(1).propose(bytes('y')).ok).toBe(true);
  });

  test('a higher term ends it [LeaderTransferReceiveHigherTermVote]', () => {
    const net = elected();
    net.isolate(3);
    net.propose(1, 'x');
    handOver(net, 3);
    net.campaign(2);
    expect([net.core(1).role, net.core(1).status.transferee]).toEqual(['follower', 0]);
  });

  test.each(['r3', 'l3'])(
    'the change %s of the successor ends it [LeaderTransferRemoveNode, DemoteNode]',
    (what) => {
      const net = elected();
      net.drop = (message) => message.type === 'timeoutNow';
      net.node(1).slowApply = true;
      net.change(1, change(what));
      handOver(net, 3);
      expect(net.core(1).status.transferee).toBe(3);
      net.node(1).apply();
      expect(net.core(1).status.transferee).toBe(0);
    },
  );

  test('a second successor replaces the first, the same one changes nothing [SecondTransfer]', () => {
    const net = elected();
    net.isolate(3);
    net.propose(1, 'x');
    handOver(net, 3);
    net.tick(1, 5);
    handOver(net, 3);
    net.tick(1, 5);
    expect(net.core(1).status.transferee).toBe(0);
    handOver(net, 3);
    handOver(net, 2);
    expect(net.core(2).role).toBe('leader');
  });

  test('the order to stand is void for another term, log or giver [B-57, B-63]', () => {
    const solo = new Solo({ terms: [1, 1] });
    solo.step(heartbeat(2, 1));
    for (const order of [timeoutNow(2, 1, 1), timeoutNow(3, 1, 2)]) solo.step(order);
    expect(solo.core.role).toBe('follower');
    expect(brief(solo.step(timeoutNow(2, 1, 2)))).toEqual(['2<vote@2 1/2', '3<vote@2 1/2']);
  });

  test('a removed member does not stand when told to [TransferNonMember]', () => {
    const solo = new Solo({ voters: [2, 3, 4] });
    solo.step(heartbeat(2, 1));
    solo.step(timeoutNow(2, 1, 0));
    solo.step(granted(2, 1));
    solo.step(granted(3, 1));
    expect(solo.core.role).toBe('follower');
  });

  test('a joint configuration is left once a transfer is given up [B-51]', () => {
    const net = network(3, 4);
    net.campaign(1);
    net.node(1).slowApply = true;
    net.change(1, change('v4 u1', 'implicit'));
    net.drop = (message) => message.type === 'timeoutNow';
    handOver(net, 2);
    net.node(1).slowApply = false;
    net.settle();
    expect(net.core(1).status.conf.autoLeave).toBe(true);
    net.tick(1, 12);
    expect(net.core(1).status.conf).toEqual(conf([1, 2, 3, 4]));
  });
});

test('terms on disk outlive a removed configuration', () => {
  const net = network(3, 3);
  net.campaign(1);
  net.change(1, change('r3'));
  net.node(3).crash();
  expect(net.core(3).term).toBe(term(1));
});
