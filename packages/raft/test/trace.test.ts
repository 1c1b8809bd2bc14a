import type { RaftEvent } from '@cairn/raft';
import { renderConf, renderEvent, renderLeaderChange } from '@cairn/raft';
import { describe, expect, test } from 'vitest';
import { conf, id, Network } from './network.ts';

const linesOf = (net: Network, member: number): string[] =>
  net.node(member).events.flatMap((event) => renderEvent(id(member), event)?.text ?? []);

describe('an election reads as in etcd', () => {
  test('from the first word to the leader', () => {
    const net = new Network(5, { preVote: true, checkQuorum: true });
    net.campaign(3);
    const lines = linesOf(net, 3);
    expect(lines).toContain('3 is starting a new election at term 0');
    expect(lines).toContain('3 became pre-candidate at term 0');
    expect(lines).toContain(
      '3 [quorum:3] has received 3 MsgPreVoteResp votes and 0 vote rejections',
    );
    expect(lines).toContain('3 became candidate at term 1');
    expect(lines).toContain('3 [logterm: 0, index: 0] sent MsgVote request to 1 at term 1');
    expect(lines).toContain('3 received MsgVoteResp from 1 at term 1');
    expect(lines).toContain('3 became leader at term 1');
    expect(lines).toContain('Raft leader changed: 0 -> 3');
    expect(linesOf(net, 1)).toContain(
      '1 [logterm: 0, index: 0, vote: 0] cast MsgVote for 3 [logterm: 0, index: 0] at term 1',
    );
  });

  test('a refused rejoin names the lease', () => {
    const net = new Network(3, { preVote: true, checkQuorum: true });
    net.campaign(1);
    net.node(3).crash();
    net.campaign(3);
    expect(linesOf(net, 1)).toContain(
      '1 [logterm: 1, index: 1, vote: 1] ignored MsgPreVote from 3 [logterm: 1, index: 1] at term 1: lease is not expired (remaining ticks: 10)',
    );
  });

  test('losing the quorum is a warning', () => {
    const event: RaftEvent = { type: 'steppedDown', reason: 'quorumInactive', term: 1 as never };
    expect(renderEvent(id(1), event)).toEqual({
      level: 'warn',
      text: '1 stepped down to follower since quorum is not active',
    });
  });

  test.each([
    [0, 3, 'raft.node: 1 elected leader 3 at term 2'],
    [3, 2, 'raft.node: 1 changed leader from 3 to 2 at term 2'],
    [3, 0, 'raft.node: 1 lost leader 3 at term 2'],
  ])('a leader that changes from %i to %i is told as by its node', (from, to, text) => {
    const term = 2 as never;
    const event = { type: 'leader', from: id(from), to: id(to), term } as const;
    expect(renderLeaderChange(id(1), event)).toBe(text);
    expect(renderLeaderChange(id(1), { type: 'role', role: 'leader', term })).toBeNull();
  });

  test('configurations are written like etcd writes them', () => {
    const joint = conf([2, 10], {
      outgoing: [1, 2],
      learners: [5],
      learnersNext: [1],
      autoLeave: true,
    });
    expect(renderConf(joint)).toBe('voters=(2 a)&&(1 2) learners=(5) learners_next=(1) autoleave');
  });
});
