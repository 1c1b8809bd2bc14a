/**
 * Readers that ask any orderer for any block, all the time, and remember what they were shown: it never changes.
 */
import type { Block } from '@cairn/ledger';
import { expect } from 'vitest';
import { type MemoryCluster, subjects } from './memory-cluster.ts';

export class Readers {
  readonly #cluster: MemoryCluster;
  readonly #channel: string;
  readonly #seen = new Map<number, string>();
  /** Newest number each orderer has shown: it can show it again, also after a restart. */
  readonly #shownBy = new Map<string, number>();
  served = 0;

  constructor(cluster: MemoryCluster, channel = 'mychannel') {
    this.#cluster = cluster;
    this.#channel = channel;
  }

  run(untilMs: number): void {
    const { world, nodes } = this.#cluster;
    const ask = () => {
      if (world.nowMs > untilMs) return;
      world.after(20 + world.random.below(150), ask);
      const node = nodes[world.random.below(nodes.length)]!;
      const channel = node.orderer?.channel(this.#channel);
      const height = channel?.height ?? 0;
      if (channel !== undefined) {
        expect(channel.reader.visibleHeight).toBeGreaterThan(this.#shownBy.get(node.name) ?? -1);
      }
      // The block that is due next, the newest, or any.
      const back =
        world.random.below(4) === 0 ? world.random.below(height + 1) : world.random.below(2);
      this.#fetch(node.name, Math.max(0, height - back));
    };
    world.after(0, ask);
  }

  #fetch(name: string, number: number): void {
    const { world } = this.#cluster;
    const subject = subjects.fetchFrom(this.#channel, name);
    const answer = this.#cluster.request(
      subject,
      String(number),
      { 'Cairn-Wait-Ms': '300' },
      1_000,
    );
    const check = () => {
      if (!answer.done) world.after(100, check);
      else if (answer.json?.block !== undefined) this.#remember(name, number, answer.json.block);
    };
    world.after(10, check);
  }

  #remember(name: string, number: number, block: { number: number; hash: string }): void {
    this.served += 1;
    expect(block.number).toBe(number);
    expect(this.#seen.get(number) ?? block.hash, `block ${number} never changes`).toBe(block.hash);
    this.#seen.set(number, block.hash);
    this.#shownBy.set(name, Math.max(number, this.#shownBy.get(name) ?? 0));
  }

  check(chain: readonly Block[]): void {
    for (const [number, hash] of this.#seen) {
      const block = chain[number];
      expect(block, `block ${number} was shown and is there`).toBeDefined();
      expect(Buffer.from(block!.hash).toString('hex')).toBe(hash);
    }
  }
}
