import { describe, expect, test } from 'vitest';
import {
  A,
  acknowledgement,
  B,
  C,
  CHANNEL,
  entry,
  grant,
  memberOf,
  replicated,
  Stage,
  vote,
} from './stage.ts';

describe('durability', () => {
  test('I-4: a vote leaves before it is on disk', () => {
    const stage = Stage.led();
    stage.write(C, { term: 3, vote: 2 });
    stage.send(C, B, grant(3));
    expect(stage.broken).toBe('I-4');
  });

  test('I-4: a vote request leaves before the own vote is on disk', () => {
    const stage = Stage.led();
    stage.write(C, { term: 3, vote: 3 });
    stage.send(C, B, vote(3, 2, 2));
    expect(stage.broken).toBe('I-4');
  });

  test('I-4: a candidate quotes an entry that it does not hold', () => {
    const stage = Stage.led();
    stage.store(C, { term: 3, vote: 3 });
    stage.view(C, { term: 3, role: 'candidate' });
    stage.send(C, B, vote(3, 3, 2));
    expect(stage.broken).toBe('I-4');
  });

  test('I-4: an acknowledgement leaves before its entry is on disk', () => {
    const stage = Stage.led();
    stage.write(B, {}, [entry(3, 2, 'a')]);
    stage.send(B, A, acknowledgement(2, 3));
    expect(stage.broken).toBe('I-4');
  });

  test('I-4: an acknowledgement speaks of another entry than the leader has there', () => {
    const stage = Stage.led();
    stage.store(A, {}, [entry(3, 2, 'a')]);
    stage.store(B, { term: 3 }, [entry(3, 1, 'b')]);
    stage.store(C, { term: 2 }, [entry(3, 1, 'b')]);
    stage.failures.length = 0;
    stage.send(C, A, acknowledgement(2, 3));
    expect(stage.broken).toBe('I-4');
  });

  test('what waited behind a higher term binds nobody', () => {
    const stage = Stage.led();
    stage.store(C, { term: 4, vote: 0 });
    stage.send(C, A, acknowledgement(2, 3));
    stage.send(C, B, vote(3, 9, 2));
    expect(stage.broken).toBeNull();
  });

  test('I-13: a leader believes that a member holds what it does not', () => {
    const stage = Stage.led();
    for (const node of [A, B]) stage.store(node, {}, [entry(3, 2, 'a')]);
    const member = (node: string, match: number) => ({ id: memberOf(node), match });
    const progress = [member(A, 3), member(B, 3), member(C, 3)];
    stage.statuses.set(A, { term: 2, progress } as never);
    stage.view(A, { last: 3, commit: 3 });
    expect(stage.broken).toBe('I-13');
  });

  test('I-13: a heartbeat calls committed what its receiver does not hold', () => {
    const stage = Stage.led();
    for (const node of [A, B]) stage.store(node, {}, [entry(3, 2, 'a')]);
    stage.send(A, C, { type: 'heartbeat', term: 2, commit: 2, probe: 0 });
    expect(stage.broken).toBeNull();
    stage.send(A, C, { type: 'heartbeat', term: 2, commit: 3, probe: 0 });
    expect(stage.broken).toBe('I-13');
  });

  test('I-15: a new life begins with less than the disk holds', () => {
    const stage = replicated(Stage.led());
    stage.crash(B);
    stage.observer.life(B, { kind: 'started', life: 2 });
    const view = { memberId: memberOf(B), role: 'follower', leader: memberOf(A) } as const;
    const found = { ...view, term: 2, commit: 2, applied: 2, last: 2 };
    stage.observer.channelChanged(B, CHANNEL, found as never, null);
    expect(stage.broken).toBe('I-15');
  });

  test('I-15: a log is written with a gap', () => {
    const stage = Stage.led();
    stage.write(B, {}, [entry(4, 2, 'b')]);
    expect(stage.broken).toBe('I-15');
  });

  test('I-15: a later write is durable before an earlier one', () => {
    const stage = Stage.led();
    stage.write(B, {}, [entry(3, 2, 'a')]);
    stage.observer.diskDurable(B, { seq: 999, operations: 1, channels: [{} as never] });
    expect(stage.broken).toBe('I-15');
  });

  test('a disk that was rolled back is read anew, and owes its votes and entries no more', () => {
    const stage = replicated(Stage.led());
    stage.send(C, A, acknowledgement(2, 3));
    stage.store(C, { term: 3, vote: 2 });
    stage.send(C, B, grant(3));
    stage.crash(C);
    stage.rollBack(C, { term: 2, commit: 2 }, [entry(1, 1, 'config 0'), entry(2, 2)]);
    stage.start(C, 2);
    stage.store(C, { term: 3, vote: 1 });
    stage.send(C, A, grant(3));
    expect(stage.broken).toBeNull();
    stage.send(C, A, acknowledgement(3, 3));
    expect(stage.broken).toBe('I-4');
  });

  test('a copy whose bits have flipped contradicts nobody', () => {
    const stage = replicated(Stage.led());
    stage.crash(C);
    const copy = [entry(1, 1, 'config 0'), entry(2, 2), entry(3, 2, 'flipped')];
    stage.rollBack(C, { term: 2, commit: 2 }, copy);
    expect(stage.broken).toBeNull();
  });

  test.each([
    { where: 'in the middle', terms: [1, 130, 2] },
    { where: 'at the end', terms: [1, 2, 66] },
  ])('a copy that has a flipped term $where holds what it held', ({ terms }) => {
    const stage = replicated(Stage.led());
    stage.crash(C);
    const copy = terms.map((term, at) => entry(at + 1, term, at === 0 ? 'config 0' : undefined));
    stage.rollBack(C, { term: 2, commit: 2 }, copy);
    stage.start(C, 2);
    expect(stage.broken).toBeNull();
  });
});
