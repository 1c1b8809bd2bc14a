/**
 * Messages that promise something about this disk, kept until the disk has it.
 *
 * Invariant: a message given here leaves only once every write issued before it is reported persisted.
 */
import type { Message } from '@cairn/raft';
import { assert } from './errors.ts';

interface Held {
  readonly seq: number;
  readonly messages: readonly Message[];
}

export class DiskGate {
  readonly #send: (message: Message) => void;
  #issuedSeq = 0;
  #persistedSeq = 0;
  #held: Held[] = [];

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** Number of the newest write handed to the disk. */
  get issuedSeq(): number {
    return this.#issuedSeq;
  }

  issued(seq: number): void {
    assert(seq > this.#issuedSeq, 'writes are issued in order');
    this.#issuedSeq = seq;
  }

  /** Sends the messages once the newest issued write is on disk. */
  sendAfterWrite(messages: readonly Message[]): void {
    if (this.#persistedSeq >= this.#issuedSeq) for (const message of messages) this.#send(message);
    else this.#held.push({ seq: this.#issuedSeq, messages });
  }

  persisted(seq: number): void {
    assert(seq >= this.#persistedSeq, 'writes become durable in order');
    this.#persistedSeq = seq;
  }

  /** Sends what was held for writes that are on disk by now. */
  release(): void {
    while (this.#held.length > 0 && this.#held[0]!.seq <= this.#persistedSeq) {
      for (const message of this.#held.shift()!.messages) this.#send(message);
    }
  }
}
