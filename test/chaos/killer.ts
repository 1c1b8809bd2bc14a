/** Kills the leader with SIGKILL at a steady pace and starts it again a little later. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from '../support/cluster.ts';

export interface Kill {
  readonly orderer: string;
  readonly atMs: number;
}

export class Killer {
  readonly kills: Kill[] = [];
  readonly #cluster: TestCluster;
  readonly #channel: string;
  readonly #everyMs: number;
  readonly #restarts: Promise<void>[] = [];
  #stopped = false;

  constructor(cluster: TestCluster, channel: string, everyMs: number) {
    this.#cluster = cluster;
    this.#channel = channel;
    this.#everyMs = everyMs;
  }

  async run(): Promise<void> {
    let nextMs = performance.now() + this.#everyMs;
    while (!this.#stopped) {
      await sleep(50);
      if (performance.now() < nextMs || this.#stopped) continue;
      nextMs = performance.now() + this.#everyMs;
      await this.#killLeader();
    }
    await Promise.all(this.#restarts);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #killLeader(): Promise<void> {
    const leader = await this.#cluster.waitForLeader(this.#channel);
    this.kills.push({ orderer: leader, atMs: performance.now() });
    await this.#cluster.kill(leader);
    this.#restarts.push(this.#startAgain(leader));
  }

  async #startAgain(orderer: string): Promise<void> {
    await sleep(this.#everyMs / 5);
    await this.#cluster.start(orderer);
  }
}
