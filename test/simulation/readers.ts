/**
 * Readers that ask any orderer for any block, all the time, and remember what they were shown: it never changes, and the
 * orderer that has shown it can show it again, also after a restart.
 */
import { decodeBlockHead, orThrow, toHex } from '@cairn/ledger';
import type { MemoryBus } from '@cairn/transport';
import { type Cluster, subjects } from './cluster.ts';
import type { Observer, Verdict } from './oracle/observer.ts';
import type { FinalChain } from './promises.ts';
import type { Chance } from './random.ts';

const ATTEMPT_MS = 1_000;

export class Readers {
  served = 0;
  readonly #cluster: Cluster;
  readonly #channel: string;
  readonly #chance: Chance;
  readonly #observer: Observer;
  readonly #verdict: Verdict;
  readonly #bus: MemoryBus;
  readonly #isForgetful: (node: string) => boolean;
  readonly #seen = new Map<number, string>();
  /** Newest number each orderer's directory has shown. */
  readonly #shownBy = new Map<string, number>();
  #untilMs = 0;

  constructor(
    cluster: Cluster,
    channel: string,
    chance: Chance,
    watch: {
      readonly observer: Observer;
      readonly verdict: Verdict;
      /** The directory is another one, or an older one: it owes nobody anything. */
      readonly isForgetful: (node: string) => boolean;
    },
  ) {
    this.#cluster = cluster;
    this.#isForgetful = watch.isForgetful;
    this.#channel = channel;
    this.#chance = chance;
    this.#observer = watch.observer;
    this.#verdict = watch.verdict;
    this.#bus = cluster.connectClient(`${channel}-reader`);
  }

  runUntil(timeMs: number, everyMs: number): void {
    this.#untilMs = timeMs;
    this.#next(everyMs);
  }

  #next(everyMs: number): void {
    const { world } = this.#cluster;
    world.in(this.#chance.around(everyMs), () => {
      if (world.nowMs > this.#untilMs) return;
      this.#ask();
      this.#next(everyMs);
    });
  }

  #ask(): void {
    const node = this.#chance.pick(this.#cluster.nodes);
    const channel = node.channel(this.#channel);
    const height = channel?.height ?? 0;
    const shown = this.#shownBy.get(node.name) ?? -1;
    if (
      channel !== undefined &&
      channel.reader.visibleHeight <= shown &&
      !this.#isForgetful(node.name)
    ) {
      const text = `${node.name} has shown block ${shown} and now shows only ${channel.reader.visibleHeight}`;
      this.#verdict.fail('promise 6', text);
      return;
    }
    // The block that is due next, the newest, or any.
    const back = this.#chance.happens(0.25)
      ? this.#chance.below(height + 1)
      : this.#chance.below(2);
    this.#fetch(node.name, Math.max(0, height - back));
  }

  #fetch(node: string, number: number): void {
    const headers = { 'Cairn-Wait-Ms': '300', Accept: 'application/octet-stream' };
    const payload = Buffer.from(String(number));
    const subject = subjects.fetchFrom(this.#channel, node);
    this.#bus.request(subject, payload, { timeoutMs: ATTEMPT_MS, headers }, (outcome) => {
      if (outcome.kind !== 'reply') return;
      const { message } = outcome;
      if (message.header('Content-Type') !== 'application/octet-stream') return;
      this.#remember(node, number, message.payload);
    });
  }

  #remember(node: string, number: number, bytes: Uint8Array): void {
    this.served += 1;
    const head = orThrow(decodeBlockHead(this.#cluster.crypto, bytes));
    const hash = toHex(head.hash);
    this.#observer.served({ node, channel: this.#channel, number, hash });
    const seen = this.#seen.get(number) ?? hash;
    if (head.header.number !== number || seen !== hash) {
      this.#verdict.fail(
        'promise 3',
        `${node} shows another block ${number} than was shown before`,
      );
    }
    this.#seen.set(number, hash);
    this.#shownBy.set(node, Math.max(number, this.#shownBy.get(node) ?? 0));
  }

  check({ blocks }: FinalChain): void {
    for (const [number, hash] of this.#seen) {
      const block = blocks[number];
      if (block !== undefined && toHex(block.hash) === hash) continue;
      this.#verdict.fail(
        'promise 3',
        `block ${number} was shown and is ${block ? 'another' : 'gone'}`,
      );
    }
  }
}
