import { describe, expect, test } from 'vitest';
import {
  A,
  acknowledgement,
  append,
  B,
  C,
  CHANNEL,
  configWith,
  entry,
  replicated,
  Stage,
} from './stage.ts';

test('a cluster that does everything right breaks nothing', () => {
  const stage = Stage.led();
  const submission = stage.submit('a');
  replicated(stage);
  stage.send(B, A, acknowledgement(2, 3));
  stage.send(C, A, acknowledgement(2, 3));
  stage.commitEverywhere(3);
  const place = { block: 1, index: 0, blockHash: 'hash of a' };
  stage.observer.answered(submission, { status: 200, code: null, duplicate: false, place });
  stage.observer.served({ node: B, channel: CHANNEL, number: 1, hash: 'hash of a' });
  stage.crash(A);
  stage.elect(B, 3, [C]);
  stage.start(A, 2);
  stage.store(B, {}, [entry(4, 3)]);
  stage.store(C, {}, [entry(4, 3)]);
  stage.view(B, { last: 4, commit: 4, applied: 4 });
  stage.send(B, A, append(3, 3, 4, [entry(4, 3)]));
  expect(stage.failures).toEqual([]);
});

describe('the commit index', () => {
  test('I-9: a member applies another entry than was committed', () => {
    const stage = Stage.led();
    for (const node of [A, B]) stage.store(node, {}, [entry(3, 2, 'a')]);
    stage.view(A, { last: 3, commit: 3 });
    stage.store(C, { term: 3 }, [entry(3, 3)]);
    stage.view(C, { term: 3, last: 3, commit: 3, applied: 3 });
    expect(stage.broken).toBe('I-9');
  });

  test('I-9: another chain is committed', () => {
    const stage = Stage.led();
    for (const node of [A, B]) stage.store(node, {}, [entry(3, 2, 'a')]);
    stage.view(A, { last: 3, commit: 3 });
    stage.elect(C, 3, [B]);
    stage.write(C, {}, [entry(3, 3), entry(4, 3)]);
    stage.failures.length = 0;
    stage.view(C, { last: 4, commit: 4 });
    expect(stage.failures.map(({ invariant }) => invariant)).toContain('I-9');
  });

  test('I-10: a leader commits what its own disk and nobody else holds', () => {
    const stage = Stage.led();
    stage.store(A, {}, [entry(3, 2, 'a')]);
    for (const node of [B, C]) stage.write(node, {}, [entry(3, 2, 'a')]);
    stage.send(A, B, append(2, 3, 3));
    expect(stage.broken).toBe('I-10');
  });

  test('I-10: a joint configuration needs a majority of both sets', () => {
    const stage = Stage.led();
    const config = configWith(3);
    const members = config.members.slice(1);
    stage.configs.set('config 1', { ...config, members, outgoing: [1, 2, 3] });
    replicated(stage, 'config 1');
    stage.commitEverywhere(3);
    for (const node of [A, B]) stage.store(node, {}, [entry(4, 2, 'a')]);
    stage.view(A, { last: 4, commit: 4 });
    expect(stage.broken).toBe('I-10');
  });

  test('I-11: a leader commits an entry of an older term by counting', () => {
    const stage = replicated(Stage.led());
    stage.elect(B, 3, [C]);
    stage.view(B, { commit: 3 });
    expect(stage.broken).toBe('I-11');
  });

  test.each([
    ['commit falls', { commit: 1 }],
    ['applied falls', { applied: 1 }],
    ['commit is beyond the log', { commit: 9 }],
    ['applied is beyond commit', { applied: 3 }],
    ['a follower commits what no leader has', { commit: 3, last: 3 }],
  ])('I-12: %s', (_, change) => {
    const stage = Stage.led();
    stage.view(B, change);
    expect(stage.broken).toBe('I-12');
  });

  test('I-12: an entry is applied before it is on the own disk', () => {
    const stage = Stage.led();
    for (const node of [A, C]) stage.store(node, {}, [entry(3, 2, 'a')]);
    stage.view(A, { last: 3, commit: 3 });
    stage.write(B, {}, [entry(3, 2, 'a')]);
    stage.view(B, { last: 3, commit: 3, applied: 3 });
    expect(stage.broken).toBe('I-12');
  });

  test('I-12: the commit index falls on disk', () => {
    const stage = Stage.led();
    stage.write(B, { commit: 1 });
    expect(stage.broken).toBe('I-12');
  });

  test('a leader with a slow disk may learn late that others hold what is committed by now', () => {
    const stage = Stage.led();
    stage.view(A, { last: 3 });
    for (const node of [B, C]) stage.store(node, {}, [entry(3, 2, 'a')]);
    stage.elect(B, 3, [C]);
    for (const node of [B, C]) stage.store(node, {}, [entry(4, 3)]);
    stage.view(B, { last: 4, commit: 4 });
    stage.view(A, { commit: 3 });
    expect(stage.broken).toBeNull();
  });
});
