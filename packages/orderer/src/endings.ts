/**
 * How a submission ends: with its place in the chain, or with a refusal that is counted.
 *
 * Invariant: nothing ends twice; what has its answer already is left alone.
 */
import type { ErrorCode } from '@cairn/transport';
import type { Answers } from './answers.ts';
import type { Place } from './held-waiters.ts';
import { equalMarks, type LeafMark } from './leaf-mark.ts';
import type { SubmitRequest, Waiter } from './submit-request.ts';
import { type ChannelCounters, countReason } from './telemetry.ts';

/** A transaction of a request; the id is unknown where the bytes have none. */
export interface Whose {
  readonly request: SubmitRequest;
  readonly position: number;
  readonly id?: string;
}

export interface EndingsDependencies {
  readonly answers: Answers;
  readonly counters: ChannelCounters;
  leaderName(): string | null;
}

export class Endings {
  readonly #dependencies: EndingsDependencies;

  constructor(dependencies: EndingsDependencies) {
    this.#dependencies = dependencies;
  }

  refuse(
    { request, position, id }: Whose,
    code: ErrorCode,
    details: { readonly message?: string } = {},
  ): void {
    if (!request.isOpen(position)) return;
    const { answers, counters } = this.#dependencies;
    countReason(counters.refused, code);
    const leader = code === 'NOT_LEADER' ? this.#dependencies.leaderName() : undefined;
    request.end(position, answers.refusal(code, { ...details, leader, id }));
  }

  /** What waits in the queue, and with it all who have joined. */
  refuseQueued(request: SubmitRequest, position: number, code: ErrorCode): void {
    this.refuse({ request, position, id: request.idOf(position) }, code);
    for (const waiter of request.joinedAt(position)) this.refuse(waiter, code);
  }

  /** `leafMark` is that of the transaction that stands there: other bytes under the same id are a conflict. */
  endWithPlace(waiter: Waiter, { block, index, blockHash }: Place, leafMark: LeafMark): void {
    const { id, request, position, isDuplicate: duplicate } = waiter;
    if (equalMarks(waiter.leafMark, leafMark)) {
      const receipt = { id, block, index, blockHash, duplicate };
      request.end(position, this.#dependencies.answers.receipt(receipt));
    } else this.refuse(waiter, 'ID_CONFLICT');
  }
}
