/**
 * A reader of a channel's stream (`deliver`): whichever orderer serves it, it is given every block once, in order, each
 * chained on the one before. Where a message is missing or the stream falls silent it asks again, from where it stands.
 */
import { decodeBlockHead, equalBytes, orThrow, toHex, utf8 } from '@cairn/ledger';
import type { BusMessage, MemoryBus, Subscription } from '@cairn/transport';
import { type Cluster, subjects } from './cluster.ts';
import type { Verdict } from './oracle/observer.ts';
import type { FinalChain } from './promises.ts';

/** An idle stream says every two seconds that it lives. */
const SILENCE_MS = 5_000;
const LOOK_MS = 500;

export class Follower {
  readonly #cluster: Cluster;
  readonly #channel: string;
  readonly #verdict: Verdict;
  readonly #bus: MemoryBus;
  readonly #hashes: Uint8Array[] = [];
  #stream: Subscription | null = null;
  #sequence = 0;
  #heardAtMs = 0;
  #untilMs = 0;
  /** How often it had to ask. */
  asked = 0;

  constructor(cluster: Cluster, channel: string, verdict: Verdict) {
    this.#cluster = cluster;
    this.#channel = channel;
    this.#verdict = verdict;
    this.#bus = cluster.connectClient(`${channel}-follower`);
  }

  /** Blocks it was given. */
  get height(): number {
    return this.#hashes.length;
  }

  runUntil(timeMs: number): void {
    this.#untilMs = timeMs;
    this.#look();
  }

  #look(): void {
    const { world } = this.#cluster;
    if (world.nowMs > this.#untilMs) {
      this.#stream?.close();
      return;
    }
    if (this.#stream === null || world.nowMs - this.#heardAtMs > SILENCE_MS) this.#ask();
    world.in(LOOK_MS, () => this.#look());
  }

  #ask(): void {
    this.#stream?.close();
    this.asked += 1;
    this.#sequence = 0;
    this.#heardAtMs = this.#cluster.world.nowMs;
    const inbox = this.#bus.createInbox();
    this.#stream = this.#bus.subscribe(inbox, (message) => this.#hear(message));
    const wanted = { start: this.#hashes.length, content: 'bytes' };
    const payload = utf8(JSON.stringify(wanted));
    this.#bus.publish(subjects.deliver(this.#channel), payload, { reply: inbox });
  }

  #hear(message: BusMessage): void {
    const isInTurn = Number(message.header('Cairn-Sequence')) === this.#sequence + 1;
    const status = message.header('Status');
    if (!isInTurn || (status !== undefined && status !== '100')) return this.#giveUp();
    this.#sequence += 1;
    this.#heardAtMs = this.#cluster.world.nowMs;
    if (status === undefined) this.#take(Number(message.header('Cairn-Block')), message.payload);
    if (message.reply !== null) this.#bus.publish(message.reply, new Uint8Array(0));
  }

  /** It asks anew when it looks next. */
  #giveUp(): void {
    this.#stream?.close();
    this.#stream = null;
  }

  #take(number: number, bytes: Uint8Array): void {
    const { header, hash } = orThrow(decodeBlockHead(this.#cluster.crypto, bytes));
    const due = this.#hashes.length;
    if (number !== due || header.number !== due) {
      this.#fail(`was given block ${header.number}, called ${number}, where ${due} was due`);
    }
    const previous = this.#hashes.at(-1);
    if (previous !== undefined && !equalBytes(header.previousHash, previous)) {
      this.#fail(`was given a block ${number} that is not chained on block ${number - 1}`);
    }
    this.#hashes.push(hash);
  }

  #fail(what: string): void {
    this.#verdict.fail('promise 3', `a follower of ${this.#channel} ${what}`);
  }

  check({ blocks }: FinalChain): void {
    for (const [number, hash] of this.#hashes.entries()) {
      const block = blocks[number];
      if (block !== undefined && equalBytes(block.hash, hash)) continue;
      const now = block === undefined ? 'gone' : toHex(block.hash);
      this.#fail(`was given block ${number}, ${toHex(hash)}, which is ${now}`);
      return;
    }
  }
}
