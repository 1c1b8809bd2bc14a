/**
 * Seeded runs of whole clusters: crashes, cuts, loss, repetition, restarts, planned stops, transfers, changes of members,
 * under clients that try again and readers that remember. One seed: CAIRN_SEED=17; more: CAIRN_SEEDS=500.
 */
import { describe, expect, test } from 'vitest';
import { faultsFor, heal } from './support/faults.ts';
import { MemoryCluster } from './support/memory-cluster.ts';
import { Readers } from './support/readers.ts';
import { Workload } from './support/workload.ts';

const only = process.env.CAIRN_SEED;
const from = Number(process.env.CAIRN_SEED_FROM ?? 1);
const seeds = Number(process.env.CAIRN_SEEDS ?? 8);
const list =
  only === undefined ? Array.from({ length: seeds }, (_, at) => from + at) : [Number(only)];

const DURATION_MS = 20_000;
const channels = ['mychannel', 'another'];

describe('a cluster under crashes, cuts and operators', () => {
  test.each(list)('seed %i keeps every promise', { timeout: 120_000 }, (seed) => {
    const cluster = new MemoryCluster({ seed, orderers: seed % 2 === 0 ? 3 : 5, channels });
    cluster.start();
    const clients = channels.map((channel) => new Workload(cluster, channel));
    const readers = channels.map((channel) => new Readers(cluster, channel));
    for (const client of clients) client.run(120, DURATION_MS);
    for (const reader of readers) reader.run(DURATION_MS + 5_000);
    faultsFor(cluster, DURATION_MS);
    cluster.world.runFor(DURATION_MS + 1_000);
    heal(cluster);
    const isAnswered = () => clients.every(({ unanswered }) => unanswered === 0);
    cluster.world.runUntil(isAnswered, 60_000);
    heal(cluster);
    cluster.world.runFor(3_000);
    expect(clients.map(({ unanswered }) => unanswered)).toEqual([0, 0]);
    for (const node of cluster.nodes) {
      expect(node.problems).toEqual([]);
      expect(node.orderer!.channels.map(({ problem }) => problem)).toEqual([null, null]);
      expect(node.orderer!.channels.map(({ submissions }) => submissions.openRequests)).toEqual([
        0, 0,
      ]);
    }
    for (const [at, client] of clients.entries()) {
      const chain = client.check();
      readers[at]!.check(chain);
      expect(client.count('committed')).toBeGreaterThan(60);
      expect(readers[at]!.served).toBeGreaterThan(10);
    }
  });
});
