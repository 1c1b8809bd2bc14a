import { describe, expect, test } from 'vitest';
import { A, B, C, CHANNEL, configWith, entry, memberOf, Stage } from './stage.ts';

const acknowledgement = (term: number, index: number) => ({
  type: 'appendResponse',
  term,
  reject: false,
  index,
});
const vote = (term: number, lastIndex: number, lastTerm: number) => ({
  type: 'vote',
  term,
  lastIndex,
  lastTerm,
  pre: false,
  force: false,
});
const grant = (term: number) => ({ type: 'voteResponse', term, granted: true, pre: false });
const append = (term: number, prevIndex: number, commit: number, entries: object[] = []) => ({
  type: 'append',
  term,
  prevIndex,
  prevTerm: 2,
  commit,
  entries,
});

/** The leader and both others hold one more entry, which is not committed yet. */
function replicated(stage: Stage, text: string | null = 'a'): Stage {
  for (const node of [A, B, C]) {
    stage.store(node, {}, [entry(3, 2, text)]);
    stage.view(node, { last: 3 });
  }
  return stage;
}

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
});

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
});

describe('configurations (I-14)', () => {
  test('two config entries wait in a leader', () => {
    const stage = Stage.led();
    stage.configs.set('config 1', configWith(3)).set('config 2', configWith(3));
    stage.store(A, {}, [entry(3, 2, 'config 1'), entry(4, 2, 'config 2')]);
    stage.view(A, { last: 4 });
    expect(stage.broken).toBe('I-14');
  });

  test('a configuration is proposed before an entry of the own term is committed', () => {
    const stage = Stage.led();
    stage.elect(B, 3, [C]);
    stage.send(B, C, append(3, 3, 2, [entry(4, 3, 'config 1')]));
    expect(stage.broken).toBe('I-14');
  });

  test('somebody stands with a committed configuration not applied', () => {
    const stage = Stage.led();
    stage.configs.set('config 1', configWith(3));
    replicated(stage, 'config 1');
    stage.view(A, { commit: 3 });
    stage.view(B, { commit: 3, role: 'preCandidate' });
    expect(stage.broken).toBe('I-14');
  });

  test('somebody leads by the votes of a minority', () => {
    const stage = Stage.led();
    stage.elect(B, 3, []);
    expect(stage.broken).toBe('I-14');
  });

  test('a vote of somebody who is no voter counts for nothing', () => {
    const stage = Stage.led();
    const config = configWith(3);
    stage.configs.set('config 1', { ...config, members: config.members.slice(0, 2) });
    replicated(stage, 'config 1');
    stage.commitEverywhere(3);
    stage.elect(B, 3, [C]);
    expect(stage.broken).toBe('I-14');
  });

  test('two members could win one term under configurations that do not meet', () => {
    const stage = Stage.led();
    const config = configWith(3);
    const alone = config.members.filter(({ id }) => id === 3);
    stage.configs.set('config 1', { ...config, members: alone });
    stage.store(C, { term: 2 }, [entry(3, 2, 'config 1')]);
    stage.view(C, { last: 3, applied: 3 });
    stage.failures.length = 0;
    stage.store(C, { term: 3, vote: 3 });
    stage.send(C, B, vote(3, 3, 2));
    expect(stage.broken).toBe('I-14');
  });

  test('an id comes back after its member has left', () => {
    const stage = Stage.led();
    const config = configWith(3);
    stage.configs.set('config 1', { ...config, members: config.members.slice(0, 2) });
    stage.configs.set('config 2', config);
    for (const node of [A, B, C]) stage.store(node, {}, [entry(3, 2, 'config 1')]);
    stage.commitEverywhere(3);
    for (const node of [A, B, C]) stage.store(node, {}, [entry(4, 2, 'config 2')]);
    stage.commitEverywhere(4);
    expect(stage.broken).toBe('I-14');
  });

  test('a member counts by another configuration than its log says', () => {
    const stage = Stage.led();
    const config = configWith(3);
    stage.configs.set('config 1', { ...config, members: config.members.slice(0, 2) });
    const conf = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [] };
    stage.statuses.set(B, { term: 2, progress: [], conf } as never);
    replicated(stage, 'config 1');
    stage.commitEverywhere(3);
    expect(stage.broken).toBe('I-14');
  });
});

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

describe('the rest', () => {
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
    for (let count = 0; count < 30_000; count++) stage.send(B, A, beat);
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

  test('I-23: damaged bytes change the state', () => {
    const stage = Stage.led();
    stage.observer.garbageDelivered(B, 'a subject', 'damaged');
    stage.event -= 1;
    stage.view(B, { term: 3 });
    expect(stage.broken).toBe('I-23');
  });

  test('I-23: a later event may change it', () => {
    const stage = Stage.led();
    stage.observer.garbageDelivered(B, 'a subject', 'damaged');
    stage.view(B, { term: 3 });
    expect(stage.broken).toBeNull();
  });
});
