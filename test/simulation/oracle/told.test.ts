import { describe, expect, test } from 'vitest';
import { A, B, C, CHANNEL, entry, replicated, Stage } from './stage.ts';

describe('what clients and readers are told', () => {
  const committed = { status: 200, code: null, duplicate: false } as const;

  test.each([
    ['a block that is not committed', { block: 2, index: 0, blockHash: 'hash of b' }],
    ['another hash', { block: 1, index: 0, blockHash: 'hash of b' }],
    ['another place', { block: 1, index: 1, blockHash: 'hash of a' }],
  ])('I-16: a receipt names %s', (_, place) => {
    const stage = Stage.led();
    const submission = stage.submit('a');
    replicated(stage);
    stage.commitEverywhere(3);
    stage.observer.answered(submission, { ...committed, place });
    expect(stage.broken).toBe('I-16');
  });

  const place = { block: 1, index: 0, blockHash: 'hash of a' };

  test('a leader that dies as it commits has told its client only', () => {
    const stage = Stage.led();
    const submission = stage.submit('a');
    replicated(stage);
    stage.crash(A);
    stage.observer.answered(submission, { ...committed, place });
    expect(stage.broken).toBeNull();
  });

  test('I-16: a leader dies whose receipt names a block that is on its own disk only', () => {
    const stage = Stage.led();
    const submission = stage.submit('a');
    stage.store(A, {}, [entry(3, 2, 'a')]);
    stage.crash(A);
    stage.observer.answered(submission, { ...committed, place });
    expect(stage.broken).toBe('I-16');
  });

  test('I-16: a follower dies, and its leader names a block that is not committed', () => {
    const stage = Stage.led();
    const submission = stage.submit('a');
    replicated(stage);
    stage.crash(B);
    stage.observer.answered(submission, { ...committed, place });
    expect(stage.broken).toBe('I-16');
  });

  test('I-16: an id is committed twice', () => {
    const stage = replicated(Stage.led());
    stage.commitEverywhere(3);
    for (const node of [A, B, C]) stage.store(node, {}, [entry(4, 2, 'b a')]);
    stage.commitEverywhere(4);
    expect(stage.broken).toBe('I-16');
  });

  test('I-17: a block is shown that is not committed', () => {
    const stage = replicated(Stage.led());
    stage.observer.served({ node: B, channel: CHANNEL, number: 1, hash: 'hash of a' });
    expect(stage.broken).toBe('I-17');
  });

  test('I-17: another block is shown than was committed', () => {
    const stage = replicated(Stage.led());
    stage.commitEverywhere(3);
    stage.observer.served({ node: B, channel: CHANNEL, number: 1, hash: 'hash of b' });
    expect(stage.broken).toBe('I-17');
  });

  test('I-17: a block is shown before its commit index is on the disk', () => {
    const stage = replicated(Stage.led());
    stage.view(A, { commit: 3 });
    stage.observer.served({ node: A, channel: CHANNEL, number: 1, hash: 'hash of a' });
    expect(stage.broken).toBe('I-17');
  });

  test('I-24: what was refused is committed', () => {
    const stage = Stage.led();
    const refusal = { status: 503, code: 'NOT_LEADER', duplicate: false, place: null };
    stage.observer.answered(stage.submit('a'), refusal);
    replicated(stage);
    stage.view(A, { commit: 3 });
    expect(stage.broken).toBe('I-24');
  });

  test('what has no known outcome may be committed', () => {
    const stage = Stage.led();
    const unknown = { status: 504, code: 'OUTCOME_UNKNOWN', duplicate: false, place: null };
    stage.observer.answered(stage.submit('a'), unknown);
    replicated(stage);
    stage.view(A, { commit: 3 });
    expect(stage.broken).toBeNull();
  });
});
