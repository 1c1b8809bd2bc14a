/**
 * Directories that quietly go back to an older state: how they come back, and what is made of them.
 */
import { describe, expect, test } from 'vitest';
import { changedBatch, propose } from './admin.ts';
import { Cluster } from './cluster.ts';
import { observerOf } from './oracle/observer.ts';
import type { PlannedAction } from './plan.ts';
import { run } from './run.ts';

/** Three orderers, the standard load, and nothing goes wrong but what is asked for. */
function play(actions: readonly PlannedAction[], orderers = 3) {
  const seed = 1;
  const safetyMs = 12_000;
  const said: string[] = [];
  const { failure, marks } = run({
    seed,
    profile: 'standard',
    safetyMs,
    plan: { seed, profile: 'standard', safetyMs, actions },
    profileChange: { orderers, drift: 0, hasLateWords: false },
    listener: ({ node, text }) => said.push(`${node} ${text}`),
  });
  return { failure, marks, said };
}

const lie = { kind: 'lie', forMs: 60_000 } as const;
const crash = { kind: 'crash', downMs: 500 } as const;
const nodes = ['orderer1', 'orderer2', 'orderer3'] as const;

describe('a disk that lied is found out at the crash', () => {
  test.each(nodes)('%s is refused by the leader it acknowledged more to', (node) => {
    const deposed: PlannedAction = [
      2_000,
      { kind: 'transfer', to: nodes.find((each) => each !== node)! },
    ];
    const { failure, marks } = play([
      deposed,
      [4_000, { ...lie, node }],
      [7_000, { ...crash, node }],
    ]);
    expect(failure).toBeNull();
    expect(marks['rolled back voter refused']).toBe(1);
  });

  test('and a leader with such a disk comes back to another leader only', () => {
    const leader = 'leader' as const;
    const { failure, said } = play([
      [4_000, { ...lie, node: leader }],
      [7_000, { ...crash, node: leader, downMs: 1 }],
    ]);
    expect(failure).toBeNull();
    const found = said.findIndex((text) => text.includes('disk is damaged: rolledBack'));
    const liar = said[found]!.split(' ')[0]!;
    const restart = said.findIndex((text, at) => at > found && text.startsWith(`${liar} starts`));
    const election = said.findIndex((text, at) => at > found && text.includes('became leader'));
    expect(election).toBeGreaterThan(found);
    expect(restart).toBeGreaterThan(election);
  });

  test('a lie that ends before has lost nothing', () => {
    const { failure, marks, said } = play([
      [4_000, { ...lie, node: 'orderer2', forMs: 1_000 }],
      [7_000, { ...crash, node: 'orderer2' }],
    ]);
    expect(failure).toBeNull();
    expect(marks['rolled back voter refused']).toBeUndefined();
    expect(said.filter((text) => text.includes('rolledBack'))).toEqual([]);
  });
});

test('an older copy that was put back is refused by the leader that knows better', () => {
  const { failure, marks } = play([
    [2_000, { kind: 'transfer', to: 'orderer1' }],
    [4_000, { kind: 'backUp', node: 'orderer2' }],
    [7_000, { kind: 'rollBack', node: 'orderer2', downMs: 500 }],
  ]);
  expect(failure).toBeNull();
  expect(marks['rolled back voter refused']).toBe(1);
});

test('a directory that is emptied while its disk lies is lost, and no lie that came true', () => {
  const { failure } = play([
    [3_000, { ...crash, node: 'orderer2', downMs: 60_000 }],
    [3_500, { ...lie, node: 'orderer2' }],
    [4_000, { kind: 'wipe', node: 'orderer2', downMs: 60_000 }],
  ]);
  expect(failure).toBeNull();
});

test('a trap that nobody fell into is gone once everything is whole', () => {
  const point = { at: 'disk', moment: 'beforeSync' } as const;
  const trap: PlannedAction = [5_000, { kind: 'ambush', point, downMs: 60_000 }];
  expect(
    play([trap, [11_900, { ...crash, node: 'orderer1', downMs: 60_000 }]], 1).failure,
  ).toBeNull();
});

test('what an operator does is seen at once, and not laid to what arrives next', () => {
  const cluster = new Cluster({ seed: 1, orderers: 1 }, observerOf([]));
  const node = cluster.node('orderer1');
  node.start();
  cluster.world.runFor(3_000);
  const channel = cluster.leader('mychannel')!.channel;
  const { last } = node.view('mychannel')!;
  node.operate(() => propose(channel, changedBatch(channel.config, 7, 50)!));
  expect(node.view('mychannel')!.last).toBe(last + 1);
});
