/**
 * Seeded runs of whole clusters with crashes, pauses of the network and restarts. One seed: CAIRN_SEED=17.
 */
import { describe, expect, test } from 'vitest';
import { MemoryCluster } from './support/memory-cluster.ts';
import { Workload } from './support/workload.ts';

const only = process.env.CAIRN_SEED;
const from = Number(process.env.CAIRN_SEED_FROM ?? 1);
const seeds = Number(process.env.CAIRN_SEEDS ?? 25);
const list = only === undefined ? Array.from({ length: seeds }, (_, at) => from + at) : [Number(only)];

function faultsFor(cluster: MemoryCluster, durationMs: number): void {
  const { world } = cluster;
  const { random } = world;
  const act = () => {
    if (world.nowMs > durationMs) return;
    world.after(200 + random.below(1_500), act);
    const node = cluster.nodes[random.below(cluster.nodes.length)]!;
    const dead = cluster.nodes.length - cluster.alive.length;
    switch (random.below(5)) {
      case 0:
      case 1:
        if (node.orderer === null) cluster.start(node.name);
        else if (dead < cluster.nodes.length - 1) cluster.kill(node.name);
        break;
      case 2: {
        const victim = cluster.leader();
        if (victim !== null) cluster.kill(victim.name);
        break;
      }
      case 3: {
        const cut = new Set(cluster.nodes.filter(() => random.below(3) === 0).map(({ name }) => name));
        const oneWay = random.below(3) === 0;
        cluster.isCut = (sender, receiver) =>
          cut.has(sender) !== cut.has(receiver) && (!oneWay || cut.has(sender));
        break;
      }
      default:
        cluster.isCut = () => false;
    }
  };
  world.after(500, act);
}

describe('a cluster under crashes and partitions', () => {
  test.each(list)('seed %i keeps every promise', (seed) => {
    const cluster = new MemoryCluster({ seed, orderers: seed % 2 === 0 ? 3 : 5 });
    cluster.start();
    const workload = new Workload(cluster);
    workload.run(300, 30_000);
    faultsFor(cluster, 30_000);
    cluster.world.runFor(31_000);
    cluster.isCut = () => false;
    for (const node of cluster.nodes) if (node.orderer === null) cluster.start(node.name);
    cluster.world.runUntil(() => workload.unanswered === 0, 60_000);
    cluster.world.runFor(3_000);
    for (const node of cluster.nodes) {
      expect(node.problems).toEqual([]);
      expect(node.orderer!.channel('mychannel')!.problem).toBeNull();
    }
    expect(workload.unanswered).toBe(0);
    workload.check();
  });
});
