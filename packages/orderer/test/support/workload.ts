/**
 * Clients that submit, are answered, cut off or forgotten, and try again under the same id; and the checker that holds
 * the final chain against everything they were told.
 */
import { type Block, idAt, transactionAt, utf8Decode, verifyChain } from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import { expect } from 'vitest';
import { type Answer, type MemoryCluster, subjects } from './memory-cluster.ts';

interface Submission {
  readonly id: string;
  readonly payload: string;
  readonly answers: Answer[];
  attempts: number;
  receipt: { block: number; index: number; blockHash: string } | null;
  /** Every attempt was refused for good: it must not be in the chain. */
  refused: boolean;
}

export class Workload {
  readonly submissions: Submission[] = [];
  readonly #cluster: MemoryCluster;
  readonly #channel: string;
  #number = 0;

  constructor(cluster: MemoryCluster, channel = 'mychannel') {
    this.#cluster = cluster;
    this.#channel = channel;
  }

  /** Submits `count` transactions over `overMs`, each tried until it has an outcome. */
  run(count: number, overMs: number): void {
    const { world } = this.#cluster;
    for (let each = 0; each < count; each++) {
      world.after(world.random.below(overMs), () => this.#submitNew());
    }
  }

  #submitNew(): void {
    const number = this.#number++;
    const id = `tx-${String(number).padStart(6, '0')}`;
    const submission: Submission = {
      id,
      payload: `payload of ${id}`,
      answers: [],
      attempts: 0,
      receipt: null,
      refused: false,
    };
    this.submissions.push(submission);
    this.#attempt(submission);
  }

  #attempt(submission: Submission): void {
    const { world } = this.#cluster;
    submission.attempts += 1;
    const answer = this.#cluster.request(
      subjects.submit(this.#channel),
      submission.payload,
      { 'Nats-Msg-Id': submission.id, 'Cairn-Timeout-Ms': '3000' },
      1_000,
    );
    submission.answers.push(answer);
    const check = () => {
      if (!answer.done) {
        world.after(50, check);
      } else if (answer.json?.status === 200) {
        this.#receive(submission, answer.json);
      } else if (submission.attempts < 1_000) {
        world.after(50 + world.random.below(200), () => this.#attempt(submission));
      }
    };
    world.after(10, check);
  }

  #receive(submission: Submission, receipt: NonNullable<Submission['receipt']>): void {
    const { block, index, blockHash } = receipt;
    if (submission.receipt !== null)
      expect(submission.receipt).toEqual({ block, index, blockHash });
    submission.receipt = { block, index, blockHash };
  }

  get unanswered(): number {
    return this.submissions.filter(({ receipt }) => receipt === null).length;
  }

  /** The chain of every living orderer is one chain, holds every id once, and every receipt tells the truth. */
  check(): void {
    const chains = this.#cluster.alive.map((node) =>
      this.#cluster.blocksOf(node.name, this.#channel),
    );
    const [first] = chains;
    for (const chain of chains) {
      expect(chain.map(({ hash }) => [...hash])).toEqual(first!.map(({ hash }) => [...hash]));
    }
    const verdict = verifyChain(
      nodeCrypto,
      first!.map(({ bytes }) => bytes),
    );
    expect(verdict).toMatchObject({ ok: true });
    this.#checkPlaces(first!);
  }

  #checkPlaces(chain: readonly Block[]): void {
    const places = new Map<string, { block: number; index: number }>();
    for (const block of chain) {
      for (let index = 0; index < block.body.count; index++) {
        const id = idAt(block.body, index);
        expect(places.has(id), `${id} stands in the chain once`).toBe(false);
        places.set(id, { block: block.header.number, index });
      }
    }
    for (const { id, payload, receipt } of this.submissions) {
      if (receipt === null) continue;
      expect(places.get(id)).toEqual({ block: receipt.block, index: receipt.index });
      const { body } = chain[receipt.block]!;
      expect(utf8Decode(transactionAt(body, receipt.index).payload)).toBe(payload);
    }
  }
}
