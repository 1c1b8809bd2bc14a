import { describe, expect, test } from 'vitest';
import { A, B, C, grant, Stage, vote } from './stage.ts';

describe('elections', () => {
  test('I-1: two members lead one term', () => {
    const stage = Stage.led();
    stage.view(B, { role: 'leader' });
    expect(stage.broken).toBe('I-1');
  });

  test('I-1: a member leads its term again after a restart', () => {
    const stage = Stage.led();
    stage.crash(A);
    stage.start(A, 2);
    stage.send(A, B, { type: 'heartbeat', term: 2, commit: 0, probe: 0 });
    expect(stage.broken).toBe('I-1');
  });

  test('I-2: a member grants its vote to two candidates, on either side of a crash', () => {
    const stage = Stage.led();
    stage.store(C, { term: 3, vote: 1 });
    stage.send(C, A, grant(3));
    stage.crash(C);
    stage.send(C, B, grant(3));
    expect(stage.broken).toBe('I-2');
  });

  test('I-2: a member that has asked for votes grants its own to another', () => {
    const stage = Stage.led();
    stage.store(C, { term: 3, vote: 3 });
    stage.send(C, A, vote(3, 2, 2));
    stage.send(C, B, grant(3));
    expect(stage.broken).toBe('I-2');
  });

  test('I-3: the term falls on disk', () => {
    const stage = Stage.led();
    stage.write(B, { term: 1 });
    expect(stage.broken).toBe('I-3');
  });

  test('I-3: a vote changes within its term', () => {
    const stage = Stage.led();
    stage.write(B, { vote: 3 });
    expect(stage.broken).toBe('I-3');
  });

  test('I-3: the term falls in memory', () => {
    const stage = Stage.led();
    stage.view(B, { term: 1 });
    expect(stage.broken).toBe('I-3');
  });
});
