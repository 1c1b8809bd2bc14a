import { describe, expect, test } from 'vitest';
import { A, append, B, C, configWith, entry, replicated, Stage, vote } from './stage.ts';

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
