import type { MemberId, Message, Term } from '@cairn/raft';
import { describe, expect, test } from 'vitest';
import { DiskGate } from '../src/disk-gate.ts';

function grant(to: number): Message {
  const type = 'voteResponse' as const;
  const [from, receiver, term] = [1 as MemberId, to as MemberId, 1 as Term];
  return { type, from, to: receiver, term, pre: false, granted: true };
}

describe('the gate to the disk', () => {
  test('lets a message go once everything issued before it is on disk, in order', () => {
    const sent: number[] = [];
    const gate = new DiskGate(({ to }) => sent.push(to));
    gate.sendAfterWrite([grant(1)]);
    expect(sent, 'nothing was issued').toEqual([1]);
    gate.issued(1);
    gate.sendAfterWrite([grant(2)]);
    gate.issued(2);
    gate.sendAfterWrite([grant(3), grant(4)]);
    gate.persisted(1);
    expect(sent, 'on disk, but the one who counts it was not told').toEqual([1]);
    gate.release();
    expect(sent).toEqual([1, 2]);
    gate.sendAfterWrite([grant(5)]);
    gate.persisted(2);
    gate.release();
    expect(sent).toEqual([1, 2, 3, 4, 5]);
  });

  test('refuses numbers that fall', () => {
    const gate = new DiskGate(() => {});
    gate.issued(2);
    gate.persisted(2);
    expect(() => gate.issued(2)).toThrow(/in order/);
    expect(() => gate.persisted(1)).toThrow(/in order/);
  });
});
