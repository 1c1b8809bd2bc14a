import { describe, expect, test } from 'vitest';
import { MESSAGES_A_SECOND_MAX } from './bounds.ts';
import { A, acknowledgement, append, B, CHANNEL, memberOf, Stage } from './stage.ts';

describe('machines, wires and limits', () => {
  test('I-18: somebody sends a snapshot', () => {
    const stage = Stage.led();
    stage.send(A, B, { type: 'snapshot', term: 2, snapshot: { index: 2, term: 2 } });
    expect(stage.broken).toBe('I-18');
  });

  test('I-18: a log no longer begins behind block 0', () => {
    const stage = Stage.led();
    stage.write(B, {}, [], { first: 3 as never });
    expect(stage.broken).toBe('I-18');
  });

  test('I-19: a node floods the others', () => {
    const stage = Stage.led();
    const beat = { type: 'heartbeatResponse', term: 2, probe: 0 };
    for (let count = 0; count <= MESSAGES_A_SECOND_MAX; count++) stage.send(B, A, beat);
    expect(stage.broken).toBe('I-19');
  });

  test('I-19: too much is on its way to one member', () => {
    const stage = Stage.led();
    const progress = [{ id: memberOf(B), match: 0, inflight: 65 }];
    stage.statuses.set(A, { term: 2, progress } as never);
    for (let leader = 0; leader < 9; leader++) stage.view(A, { leader });
    expect(stage.broken).toBe('I-19');
  });

  test('I-19: too much waits in a queue', () => {
    const stage = Stage.led();
    stage.load = { queued: 3, queuedMax: 2, queuedBytes: 0, queuedBytesMax: 9 };
    for (let leader = 0; leader < 9; leader++) stage.view(A, { leader });
    expect(stage.broken).toBe('I-19');
  });

  test('I-19: an append is larger than it may be', () => {
    const stage = Stage.led();
    const entries = [1, 2].map(() => ({ kind: 'data', term: 2, data: new Uint8Array(300_000) }));
    stage.send(A, B, append(2, 2, 2, entries));
    expect(stage.broken).toBe('I-19');
  });

  test('I-21: a process speaks after its disk has failed', () => {
    const stage = Stage.led();
    stage.observer.diskFailed(B, 'error');
    stage.send(B, A, { type: 'heartbeatResponse', term: 2, probe: 0 });
    expect(stage.broken).toBe('I-21');
  });

  test('I-21: a channel that has failed acknowledges', () => {
    const stage = Stage.led();
    const failed = { kind: 'channelFailed', channel: CHANNEL, code: 'X', message: 'x' } as const;
    stage.observer.life(B, failed);
    stage.send(B, A, acknowledgement(2, 2));
    expect(stage.broken).toBe('I-21');
  });

  test('I-21: a channel that has failed is as good as new after a restart', () => {
    const stage = Stage.led();
    const failed = { kind: 'channelFailed', channel: CHANNEL, code: 'X', message: 'x' } as const;
    stage.observer.life(B, failed);
    stage.crash(B);
    stage.start(B, 2);
    stage.send(B, A, acknowledgement(2, 2));
    expect(stage.broken).toBeNull();
  });

  test.each(['damaged', 'misrouted'] as const)('I-23: %s bytes change the state', (kind) => {
    const stage = Stage.led();
    stage.observer.garbageDelivered(B, 'a subject', kind);
    stage.event -= 1;
    stage.view(B, { term: 3 });
    expect(stage.broken).toBe('I-23');
  });

  test('I-23: the sound rest of an append may change it', () => {
    const stage = Stage.led();
    stage.observer.garbageDelivered(B, 'a subject', 'damagedBlock');
    stage.event -= 1;
    stage.view(B, { commit: 2 });
    expect(stage.broken).toBeNull();
  });

  test('I-23: a later event may change it', () => {
    const stage = Stage.led();
    stage.observer.garbageDelivered(B, 'a subject', 'damaged');
    stage.view(B, { term: 3 });
    expect(stage.broken).toBeNull();
  });
});
