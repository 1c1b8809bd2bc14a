import { toHex } from '@cairn/ledger';
import { expect, test } from 'vitest';
import { Clients, standardWorkload } from './clients.ts';
import { Cluster } from './cluster.ts';
import { Follower } from './followers.ts';
import { observerOf } from './oracle/observer.ts';
import { finalChain } from './promises.ts';
import { chanceOf } from './random.ts';

/** Three orderers that crash in turn under load, with a follower. */
function followed() {
  const failures: string[] = [];
  const verdict = {
    fail: (invariant: string, text: string) => failures.push(`${invariant}: ${text}`),
  };
  const observer = observerOf([]);
  const cluster = new Cluster({ seed: 3, orderers: 3 }, observer);
  const follower = new Follower(cluster, 'mychannel', verdict);
  for (const node of cluster.nodes) node.start();
  const watch = { observer, verdict };
  const chance = chanceOf(3, 'clients');
  new Clients(cluster, 'mychannel', chance, standardWorkload, watch).runUntil(12_000);
  follower.runUntil(30_000);
  for (const node of cluster.nodes) {
    cluster.world.runFor(3_000);
    node.crash();
    cluster.world.runFor(1_000);
    node.start();
  }
  cluster.world.runFor(12_000);
  const chain = finalChain(cluster, cluster.nodes, 'mychannel', verdict)!;
  return { follower, chain, failures };
}

test('a follower is given every block by whoever is there', () => {
  const { follower, chain, failures } = followed();
  expect(follower.height).toBe(chain.blocks.length);
  expect(chain.blocks.length).toBeGreaterThan(50);
  expect(follower.asked, 'it was left at least once').toBeGreaterThan(1);
  follower.check(chain);
  expect(failures).toEqual([]);
});

test('a block that was given and stands no more breaks a promise', () => {
  const { follower, chain, failures } = followed();
  follower.check({ ...chain, blocks: chain.blocks.slice(0, -1) });
  const last = chain.blocks.at(-1)!;
  expect(failures).toEqual([
    `promise 3: a follower of mychannel was given block ${last.header.number}, ${toHex(last.hash)}, which is gone`,
  ]);
});
