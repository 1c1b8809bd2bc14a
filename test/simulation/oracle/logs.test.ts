import { describe, expect, test } from 'vitest';
import { A, acknowledgement, B, C, entry, replicated, Stage } from './stage.ts';

describe('logs', () => {
  test('I-5: one index and term, two payloads', () => {
    const stage = Stage.led();
    stage.write(A, {}, [entry(3, 2, 'a')]);
    stage.write(B, {}, [entry(3, 2, 'another')]);
    expect(stage.broken).toBe('I-5');
  });

  test('I-5: one index and term, two logs below', () => {
    const stage = Stage.led();
    stage.write(A, { term: 4 }, [entry(3, 2, 'a'), entry(4, 4)]);
    stage.write(B, { term: 4 }, [entry(3, 3, 'b'), entry(4, 4)]);
    expect(stage.broken).toBe('I-5');
  });

  test('I-5: terms fall along a log', () => {
    const stage = Stage.led();
    stage.write(B, {}, [entry(3, 1, 'b')]);
    expect(stage.broken).toBe('I-5');
  });

  test('I-6: a leader takes an entry out of its log', () => {
    const stage = replicated(Stage.led());
    stage.write(A, {}, [], { last: 2 as never });
    expect(stage.broken).toBe('I-6');
  });

  test('I-7: a follower cuts below its commit index', () => {
    const stage = Stage.led();
    stage.write(B, { term: 3 }, [entry(2, 3)]);
    expect(stage.broken).toBe('I-7');
  });

  test('I-7: a follower cuts what it has acknowledged in the term it is in', () => {
    const stage = replicated(Stage.led());
    stage.send(B, A, acknowledgement(2, 3));
    stage.write(B, {}, [], { last: 2 as never });
    expect(stage.broken).toBe('I-7');
  });

  test('I-7: a follower cuts what others have committed, unknown to it', () => {
    const stage = replicated(Stage.led());
    stage.view(A, { commit: 3 });
    stage.write(B, { term: 3 }, [entry(3, 3)]);
    expect(stage.broken).toBe('I-7');
  });

  test('an entry that is written again as it was is not cut', () => {
    const stage = replicated(Stage.led());
    stage.send(B, A, acknowledgement(2, 3));
    stage.write(B, {}, [entry(3, 2, 'a'), entry(4, 2, 'b')]);
    expect(stage.broken).toBeNull();
  });

  test('I-8: a leader lacks what was committed', () => {
    const stage = Stage.led();
    for (const node of [A, B]) stage.store(node, {}, [entry(3, 2, 'a')]);
    stage.view(A, { last: 3, commit: 3 });
    stage.elect(C, 3, [B]);
    expect(stage.broken).toBe('I-8');
  });
});
