import type { MemberId, Message, Term } from '@cairn/raft';
import { describe, expect, test } from 'vitest';
import { MemberGate } from '../src/member-gate.ts';

const member = 2 as MemberId;

function word(probe: number): Message {
  return { type: 'heartbeatResponse', from: member, to: 1 as MemberId, term: 1 as Term, probe };
}

function gateKnowing(incarnation: bigint | null) {
  const records: [number, bigint][] = [];
  const gate = new MemberGate(
    () => incarnation,
    (who, what) => records.push([who, what]),
  );
  return { gate, records };
}

describe('the gate', () => {
  test('passes the directory it knows and refuses any other', () => {
    const { gate, records } = gateKnowing(7n);
    expect(gate.judge(word(1), 7n)).toBe('pass');
    expect(gate.judge(word(1), 8n)).toBe('refused');
    expect(gate.knownOf(member)).toBe(7n);
    expect(records).toEqual([]);
  });

  test('holds the first words of a directory until it is recorded, in order', () => {
    const { gate, records } = gateKnowing(null);
    expect([gate.judge(word(1), 7n), gate.judge(word(2), 7n)]).toEqual(['held', 'held']);
    expect(records).toEqual([[2, 7n]]);
    expect(gate.recorded(member)).toEqual([word(1), word(2)]);
    expect(gate.judge(word(3), 7n)).toBe('pass');
    expect(gate.recorded(member)).toEqual([]);
  });

  test('refuses a second directory while the first is being recorded', () => {
    const { gate, records } = gateKnowing(null);
    gate.judge(word(1), 7n);
    expect(gate.judge(word(2), 8n)).toBe('refused');
    expect(records).toHaveLength(1);
  });

  test('holds a bounded number of words', () => {
    const { gate } = gateKnowing(null);
    for (let probe = 0; probe < 1_000; probe++) gate.judge(word(probe), 7n);
    expect(gate.recorded(member).length).toBe(64);
  });

  test('remembers those who are no members of the applied configuration', () => {
    const asked: number[] = [];
    const gate = new MemberGate(
      (who) => {
        asked.push(who);
        return 7n;
      },
      () => {},
    );
    expect(gate.judge(word(1), 8n)).toBe('refused');
    expect(gate.judge(word(1), 7n)).toBe('pass');
    expect(asked, 'the disk is asked once').toEqual([2]);
  });
});
