/**
 * Disturbs the cluster at a steady pace: kills the leader every time, or does every time something else.
 *
 * Whatever it does it undoes a little later, so that the cluster is whole between two disturbances, if it can be.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from '../support/cluster.ts';

const disturbances = [
  'kill the leader',
  'kill a follower',
  'kill a majority',
  'kill all',
  'pause the leader',
  'pause a follower',
  'stop the leader',
  'kill the broker',
] as const;

export type Disturbance = (typeof disturbances)[number];

export type Plan = 'leader' | 'mixed';

export class Disturber {
  readonly done: Disturbance[] = [];
  readonly #cluster: TestCluster;
  readonly #channel: string;
  readonly #everyMs: number;
  readonly #plan: Plan;
  readonly #undoing: Promise<void>[] = [];
  #stopped = false;

  constructor(cluster: TestCluster, channel: string, options: { everyMs: number; plan: Plan }) {
    this.#cluster = cluster;
    this.#channel = channel;
    this.#everyMs = options.everyMs;
    this.#plan = options.plan;
  }

  /** Returns when everything is undone. */
  async run(): Promise<void> {
    let nextMs = performance.now() + this.#everyMs;
    while (!this.#stopped) {
      await sleep(50);
      if (performance.now() < nextMs || this.#stopped) continue;
      nextMs = performance.now() + this.#everyMs;
      await this.#disturb();
    }
    await Promise.all(this.#undoing);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #disturb(): Promise<void> {
    const which = this.#plan === 'leader' ? disturbances[0] : anyOf(disturbances);
    this.done.push(which);
    const leader = await this.#cluster.waitForLeader(this.#channel);
    await this.#do(which, leader);
    if (this.#plan === 'mixed') await Promise.all(this.#undoing);
  }

  async #do(which: Disturbance, leader: string): Promise<void> {
    const cluster = this.#cluster;
    const followers = cluster.names.filter((name) => name !== leader);
    const quorum = Math.floor(cluster.names.length / 2) + 1;
    switch (which) {
      case 'kill the leader':
        return this.#kill([leader]);
      case 'kill a follower':
        return this.#kill([anyOf(followers)]);
      case 'kill a majority':
        return this.#kill([leader, ...followers.slice(0, quorum - 1)]);
      case 'kill all':
        return this.#kill(cluster.names);
      case 'pause the leader':
        return this.#pause(leader);
      case 'pause a follower':
        return this.#pause(anyOf(followers));
      case 'stop the leader':
        await cluster.stop(leader);
        return this.#later(() => cluster.start(leader));
      case 'kill the broker':
        await cluster.stopNats();
        return this.#later(async () => {
          await cluster.startNats();
        });
    }
  }

  async #kill(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#cluster.kill(name)));
    this.#later(async () => {
      await Promise.all(names.map((name) => this.#cluster.start(name)));
    });
  }

  #pause(name: string): void {
    this.#cluster.pause(name);
    this.#later(async () => this.#cluster.continue(name));
  }

  #later(undo: () => Promise<void>): void {
    this.#undoing.push(sleep(this.#everyMs / 5).then(undo));
  }
}

function anyOf<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)]!;
}
