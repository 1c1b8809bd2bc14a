/**
 * The leader's desk on its own: frames in, lines out, and a host that knows what the test says it knows.
 */
import {
  type Block,
  buildBlock,
  encodeBodyTransaction,
  type Hash,
  idsOf,
  parseBlockNumber,
  parseTxId,
  toHex,
  ZERO_HASH,
} from '@cairn/ledger';
import type { Index, Term } from '@cairn/raft';
import { nodeCrypto } from '@cairn/transport';
import { Answers } from '../../src/answers.ts';
import { leafMarkIn } from '../../src/leaf-mark.ts';
import type { QueueLimits } from '../../src/submission-queue.ts';
import { bodyParts, type Run, SubmissionQueue } from '../../src/submission-queue.ts';
import { type Found, Submissions } from '../../src/submissions.ts';
import { type Frame, SubmitRequest } from '../../src/submit-request.ts';
import { newChannelCounters, silentChannelObserver } from '../../src/telemetry.ts';

export interface Submitted {
  readonly request: SubmitRequest;
  /** One answer a line; null until the request has ended. */
  lines: unknown[] | null;
  replies: number;
}

const signerOfBlocks = nodeCrypto.createSigner(new Uint8Array(32).fill(9));

export function encoded(id: string, payload: string): Uint8Array {
  return encodeBodyTransaction({ id: parseTxId(id), payload: Buffer.from(payload) });
}

/** Transactions in body form, one behind the other. */
export function frameOf(transactions: readonly Uint8Array[]): Frame {
  const bounds = new Uint32Array(transactions.length + 1);
  for (const [at, { length }] of transactions.entries()) bounds[at + 1] = bounds[at]! + length;
  return { bytes: Uint8Array.from(Buffer.concat(transactions)), bounds };
}

export function idsIn(runs: readonly Run[]): string[] {
  return runs.flatMap(({ request, from, to }) =>
    Array.from({ length: to - from }, (_, at) => request.idOf(from + at)),
  );
}

export class Desk {
  readonly found = new Map<string, Found>();
  readonly submissions: Submissions;
  bytesMax = 256 * 1024;

  constructor(limits: QueueLimits = { transactionsMax: 100, bytesMax: 1024 * 1024 }) {
    this.submissions = new Submissions(new SubmissionQueue(limits, 7), {
      answers: new Answers({ channel: 'mychannel', channelId: 'ab'.repeat(32) }),
      crypto: nodeCrypto,
      counters: newChannelCounters(),
      observer: silentChannelObserver,
      host: {
        find: (bytes, start, length) =>
          this.found.get(Buffer.from(bytes).toString('latin1', start, start + length)) ?? null,
        leaderName: () => 'orderer2',
        maxTransactionBytes: () => this.bytesMax,
      },
    });
  }

  submit(
    transactions: readonly [id: string, payload: string][],
    deadlineAtMs = 1_000,
    nowMs = 0,
  ): Submitted {
    const frame = frameOf(transactions.map(([id, payload]) => encoded(id, payload)));
    return this.submitFrame(frame, deadlineAtMs, nowMs);
  }

  submitFrame(frame: Frame, deadlineAtMs = 1_000, nowMs = 0): Submitted {
    const reply = (lines: Uint8Array) => {
      submitted.replies += 1;
      const texts = Buffer.from(lines).toString().split('\n');
      submitted.lines = texts.map((line) => JSON.parse(line));
    };
    const request = new SubmitRequest(frame, nowMs, deadlineAtMs, reply);
    const submitted: Submitted = { request, lines: null, replies: 0 };
    this.submissions.admit(request);
    return submitted;
  }

  /** Cuts and proposes everything that waits; the block. */
  propose(index: number, term: number, number = index): Block {
    const { submissions } = this;
    const runs = submissions.queue.take(submissions.queue.count);
    const block = this.block(runs, number);
    submissions.proposed({
      index: index as Index,
      term: term as Term,
      block,
      runs,
    });
    for (const id of idsOf(block.body)) this.foundInTail(id, index, term);
    return block;
  }

  foundInTail(id: string, index: number, term: number): void {
    this.found.set(id, { kind: 'tail', at: { index: index as Index, term: term as Term } });
  }

  foundCommitted(id: string, block: Block): void {
    const index = idsOf(block.body).indexOf(parseTxId(id));
    const leafMark = leafMarkIn(nodeCrypto, block, index);
    const place = { block: block.header.number, index, blockHash: toHex(block.hash) };
    this.found.set(id, { kind: 'committed', leafMark, ...place });
  }

  commit(index: number, term: number, block: Block | null, nowMs = 10): void {
    this.submissions.committed(index as Index, term as Term, block, nowMs);
  }

  block(runs: readonly Run[], number: number): Block {
    return blockOf(bodyParts(runs), number);
  }
}

export function blockOf(
  parts: readonly Uint8Array[],
  number: number,
  kind: 'data' | 'config' = 'data',
): Block {
  return buildBlock({
    crypto: nodeCrypto,
    signer: signerOfBlocks,
    header: {
      kind,
      channelId: ZERO_HASH as Hash,
      number: parseBlockNumber(number),
      previousHash: ZERO_HASH,
      timestampMs: 1,
      term: 1,
      proposer: 1,
      configNumber: parseBlockNumber(0),
    },
    parts: [...parts],
  });
}
