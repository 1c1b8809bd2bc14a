/**
 * What happens in the very instant in which leadership comes or goes: several inputs before the turn carries them out.
 */
import { encodeBodyTransaction, parseTxId, utf8 } from '@cairn/ledger';
import type { Index, MemberId, Message, Term } from '@cairn/raft';
import { describe, expect, test } from 'vitest';
import type { Channel } from '../src/channel.ts';
import { bestSuccessor } from '../src/leadership.ts';
import { MemoryCluster } from './support/memory-cluster.ts';

const me = 1 as MemberId;
const other = 2 as MemberId;

function grant(term: number, pre: boolean): Message {
  return { type: 'voteResponse', from: other, to: me, term: term as Term, pre, granted: true };
}

/** One of three, alone, one vote away from leading term 2. */
function candidate(): { cluster: MemoryCluster; channel: Channel } {
  const cluster = new MemoryCluster({ seed: 1, orderers: 3 });
  cluster.start('orderer1');
  cluster.world.runFor(20);
  const channel = cluster.channelOf('orderer1');
  channel.receive(grant(2, true));
  cluster.world.runFor(20);
  expect(channel.status).toMatchObject({ role: 'candidate', term: 2 });
  return { cluster, channel };
}

describe('the instant of winning', () => {
  test('a submission that arrives with the deciding vote is queued behind the no-op', () => {
    const { cluster, channel } = candidate();
    const bytes = encodeBodyTransaction({ id: parseTxId('first'), payload: utf8('x') });
    channel.receive(grant(2, false));
    channel.submit({ bytes, bounds: Uint32Array.of(0, bytes.length) }, 60_000, () => {});
    cluster.world.runFor(20);
    expect(channel.problem).toBeNull();
    expect(channel.isLeader).toBe(true);
    expect(channel.blocksInFlight).toBe(1);
  });

  test('a no-op of a leadership lost in the same instant keeps its term', () => {
    const { cluster, channel } = candidate();
    channel.receive(grant(2, false));
    channel.receive({
      type: 'heartbeat',
      from: other,
      to: me,
      term: 3 as Term,
      commit: 1 as Index,
      probe: 0,
    });
    cluster.world.runFor(20);
    expect(channel.problem).toBeNull();
    expect(channel.status).toMatchObject({ role: 'follower', term: 3, last: 2 });
  });
});

describe('the best successor', () => {
  const known = (active: boolean) => (id: number, match: number) => ({
    id: id as MemberId,
    match: match as Index,
    active,
  });
  const [heard, silent] = [known(true), known(false)];

  function successorAmong(voters: number[], ...others: ReturnType<typeof heard>[]) {
    const progress = [heard(me, 9), ...others];
    return bestSuccessor({ id: me, conf: { voters: voters as MemberId[] }, progress });
  }

  test('has the longest known log, and the lowest id if several have', () => {
    expect(successorAmong([1, 2, 3], heard(2, 7), heard(3, 8))).toBe(3);
    expect(successorAmong([1, 2, 3], heard(3, 8), heard(2, 8))).toBe(2);
  });

  test('was heard of lately', () => {
    expect(successorAmong([1, 2, 3], heard(2, 7), silent(3, 8))).toBe(2);
  });

  test('has a vote', () => {
    expect(successorAmong([1, 2], heard(2, 7), heard(3, 8))).toBe(2);
  });

  test('is nobody where no other voter was heard', () => {
    expect(successorAmong([1, 2], silent(2, 7), heard(3, 8))).toBeNull();
    expect(successorAmong([1])).toBeNull();
  });
});
