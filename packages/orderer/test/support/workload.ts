/**
 * Clients that submit, are answered, cut off or forgotten, and try again under the same id; and the checker that holds
 * the final chain against everything they were told.
 *
 * Some submit alone, some in frames; some ids are used by two clients at once, with the same bytes or with others; some
 * give up after one attempt with a short deadline.
 */
import {
  type Block,
  encodeBodyTransaction,
  idAt,
  parseTxId,
  transactionAt,
  utf8,
  utf8Decode,
  verifyChain,
} from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import { expect } from 'vitest';
import { type Answer, type MemoryCluster, subjects } from './memory-cluster.ts';

interface Place {
  readonly block: number;
  readonly index: number;
  readonly blockHash: string;
}

/** One client's wish to have one transaction ordered. */
interface Submission {
  readonly id: string;
  readonly payload: string;
  /** One attempt with this deadline; null: tried until there is an outcome. */
  readonly onceWithinMs: number | null;
  /** Set as soon as one attempt ended without a word: from then on nothing excludes that it is in the chain. */
  uncertain: boolean;
  outcome: 'open' | 'committed' | 'conflict' | 'refused' | 'unknown';
  place: Place | null;
}

type Reply = { status: number; error?: { code: string; proposed?: boolean } } & Partial<Place>;

const FRAME_MAX = 5;

export class Workload {
  readonly submissions: Submission[] = [];
  readonly #cluster: MemoryCluster;
  readonly #channel: string;
  #number = 0;

  constructor(cluster: MemoryCluster, channel = 'mychannel') {
    this.#cluster = cluster;
    this.#channel = channel;
  }

  /** Submits about `count` transactions over `overMs`. */
  run(count: number, overMs: number): void {
    const { world } = this.#cluster;
    for (let each = 0; each < count; each++) {
      world.after(world.random.below(overMs), () => this.#begin());
    }
  }

  #begin(): void {
    const { random } = this.#cluster.world;
    const onceWithinMs = random.below(8) === 0 ? random.below(120) : null;
    const frame = this.#newFrame(
      random.below(3) === 0 ? 1 + random.below(FRAME_MAX) : 1,
      onceWithinMs,
    );
    this.#attempt(frame);
    if (random.below(6) !== 0) return;
    const sameBytes = random.below(2) === 0;
    const rival = frame.map(({ id, payload }) =>
      this.#add(id, sameBytes ? payload : `${payload}, of another client`, null),
    );
    this.#cluster.world.after(random.below(30), () => this.#attempt(rival));
  }

  #newFrame(size: number, onceWithinMs: number | null): Submission[] {
    return Array.from({ length: size }, () => {
      const id = `tx-${String(this.#number++).padStart(6, '0')}`;
      return this.#add(id, `payload of ${id}`, onceWithinMs);
    });
  }

  #add(id: string, payload: string, onceWithinMs: number | null): Submission {
    const submission: Submission = {
      id,
      payload,
      onceWithinMs,
      uncertain: false,
      outcome: 'open',
      place: null,
    };
    this.submissions.push(submission);
    return submission;
  }

  #attempt(frame: readonly Submission[]): void {
    const open = frame.filter(({ outcome }) => outcome === 'open');
    if (open.length === 0) return;
    const answer = this.#send(open);
    const { world } = this.#cluster;
    const check = () => {
      if (!answer.done) {
        world.after(50, check);
        return;
      }
      this.#hear(open, answer);
      world.after(50 + world.random.below(200), () => this.#attempt(open));
    };
    world.after(10, check);
  }

  #send(frame: readonly Submission[]): Answer {
    const [first] = frame;
    const timeout = { 'Cairn-Timeout-Ms': String(first!.onceWithinMs ?? 3_000) };
    if (frame.length === 1) {
      const headers = { 'Nats-Msg-Id': first!.id, ...timeout };
      return this.#request(subjects.submit(this.#channel), utf8(first!.payload), headers);
    }
    return this.#request(subjects.batch(this.#channel), frameOf(frame), timeout);
  }

  #request(subject: string, payload: Uint8Array, headers: Record<string, string>): Answer {
    return this.#cluster.request(subject, payload, headers, 1_000);
  }

  #hear(frame: readonly Submission[], answer: Answer): void {
    const replies = repliesOf(answer, frame.length);
    for (const [at, submission] of frame.entries()) this.#judge(submission, replies[at]!);
  }

  #judge(submission: Submission, reply: Reply): void {
    const { block, index, blockHash } = reply;
    const isRefusal = reply.status === 503 || reply.error?.proposed === false;
    if (!isRefusal && reply.status === 504) submission.uncertain = true;
    if (reply.status === 200) {
      submission.outcome = 'committed';
      submission.place = { block: block!, index: index!, blockHash: blockHash! };
    } else if (reply.status === 409) {
      submission.outcome = 'conflict';
    } else if (submission.onceWithinMs !== null) {
      submission.outcome = submission.uncertain ? 'unknown' : 'refused';
    }
  }

  get unanswered(): number {
    return this.submissions.filter(({ outcome }) => outcome === 'open').length;
  }

  count(outcome: Submission['outcome']): number {
    return this.submissions.filter((each) => each.outcome === outcome).length;
  }

  /** The chain of every living orderer is one chain, holds every id once, and every answer told the truth. */
  check(): readonly Block[] {
    const [first, ...others] = this.#cluster.alive.map((node) =>
      this.#cluster.blocksOf(node.name, this.#channel),
    );
    const hashes = first!.map(({ hash }) => Buffer.from(hash).toString('hex'));
    for (const chain of others) {
      expect(chain.map(({ hash }) => Buffer.from(hash).toString('hex'))).toEqual(hashes);
    }
    const chain = first!.map(({ bytes }) => bytes);
    expect(verifyChain(nodeCrypto, chain)).toMatchObject({ ok: true });
    this.#checkAnswers(first!, hashes);
    return first!;
  }

  #checkAnswers(chain: readonly Block[], hashes: readonly string[]): void {
    const places = placesOf(chain);
    for (const { id, payload, outcome, place } of this.submissions) {
      const there = places.get(id);
      if (outcome === 'committed') {
        expect(place, id).toEqual({ ...there!.at, blockHash: hashes[there!.at.block] });
        expect(there!.payload).toBe(payload);
      } else if (outcome === 'conflict') {
        expect(there, `${id} was refused for another transaction under its id`).toBeDefined();
        expect(there!.payload).not.toBe(payload);
      } else if (outcome === 'refused' && !this.#hasRival(id)) {
        expect(there, `${id} was refused for good`).toBeUndefined();
      }
    }
  }

  #hasRival(id: string): boolean {
    return this.submissions.filter((each) => each.id === id).length > 1;
  }
}

function placesOf(chain: readonly Block[]) {
  const places = new Map<string, { at: Omit<Place, 'blockHash'>; payload: string }>();
  for (const { header, body } of chain) {
    for (let index = 0; index < body.count; index++) {
      const id = idAt(body, index);
      expect(places.has(id), `${id} stands in the chain once`).toBe(false);
      const payload = utf8Decode(transactionAt(body, index).payload)!;
      places.set(id, { at: { block: header.number, index }, payload });
    }
  }
  return places;
}

function frameOf(frame: readonly Submission[]): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(frame.length, 1);
  const body = frame.map(({ id, payload }) =>
    encodeBodyTransaction({ id: parseTxId(id), payload: utf8(payload) }),
  );
  return Buffer.concat([head, ...body]);
}

/** One reply a transaction, in frame order. No word at all is 504, no responder 503. */
function repliesOf(answer: Answer, count: number): Reply[] {
  if (answer.message === null) return new Array<Reply>(count).fill({ status: answer.status });
  const lines = (utf8Decode(answer.message.payload) ?? '').split('\n');
  // One refusal for a frame that could not be taken at all.
  const isRefusedWhole = answer.message.header('Nats-Service-Error-Code') !== undefined;
  if (isRefusedWhole) return new Array<Reply>(count).fill(JSON.parse(lines[0]!) as Reply);
  expect(lines, 'one line a transaction').toHaveLength(count);
  return lines.map((line) => JSON.parse(line) as Reply);
}
