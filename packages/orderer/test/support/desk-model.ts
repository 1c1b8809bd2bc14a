/**
 * What each waiter of the desk may be told, said by a model that knows the log of this orderer, and those of others.
 *
 * The log is a list of entries of which a part is committed. Another leader may replace what is not: by blocks of its own,
 * or by entries that stood here before and that it has kept. Every answer is held against the log of the moment in which
 * the transaction ended, and against all that committed later.
 */
import { type Block, idsOf, type TxId, toHex, transactionAt } from '@cairn/ledger';
import type { Index, Term } from '@cairn/raft';
import { expect } from 'vitest';
import { transactionsIn } from '../../src/submission-queue.ts';
import { blockOf, Desk, encoded, frameOf, type Submitted } from './desk.ts';

export type Sent = readonly [id: string, payload: string];

export type Step =
  | { readonly kind: 'submit'; readonly frame: readonly Sent[]; readonly timeoutMs: number }
  | { readonly kind: 'propose'; readonly count: number; readonly accepted: boolean }
  | { readonly kind: 'commit'; readonly count: number }
  | { readonly kind: 'lose'; readonly afterwards: boolean; readonly other: OtherLeader }
  | { readonly kind: 'other'; readonly other: OtherLeader }
  | { readonly kind: 'win' }
  | { readonly kind: 'wait'; readonly ms: number; readonly sweep: boolean }
  | { readonly kind: 'limit'; readonly bytesMax: number };

/** It has one of the logs that stood here, of which so much reaches this orderer, and blocks of its own. */
export interface OtherLeader {
  readonly log: number;
  readonly kept: number;
  readonly blocks: readonly (readonly Sent[])[];
}

interface Entry {
  readonly term: number;
  readonly block: Block | null;
}

type Stand = 'committed' | 'tail' | 'queued' | 'nowhere';

interface Tracked {
  readonly submitted: Submitted;
  readonly frame: readonly Sent[];
  readonly deadlineAtMs: number;
  /** Where its ids stood before it came. */
  readonly stoodBefore: readonly Stand[];
  /** For each transaction that has ended: where its id stood before and after what ended it. */
  readonly ends: (End | null)[];
}

interface End {
  readonly cause: Step['kind'] | 'stop';
  readonly before: Stand;
  readonly after: Stand;
  readonly atMs: number;
}

const QUEUE = { transactionsMax: 5, bytesMax: 500 };

export class DeskModel {
  readonly desk = new Desk(QUEUE);
  readonly #all: Tracked[] = [];
  /** Logs that stood here. */
  readonly #logs: (readonly Entry[])[] = [];
  /** Where a transaction was proposed by this leader: by request and position. */
  readonly #proposed = new Map<string, { readonly index: number; readonly term: number }>();
  #log: Entry[] = [];
  #committed = 0;
  #term = 1;
  #leads = true;
  #nowMs = 0;

  run(step: Step): void {
    const before = new Map(this.#ids().map((id) => [id, this.#standOf(id)]));
    this.#carryOut(step);
    this.#noteEnds(step.kind, before);
    this.#checkWaiting(step.kind === 'wait' && step.sweep);
  }

  /** The process ends: everybody has an answer, and each answer was true. */
  stop(): void {
    const before = new Map(this.#ids().map((id) => [id, this.#standOf(id)]));
    this.desk.submissions.endAll('STOPPING');
    this.#noteEnds('stop', before);
    const { queue, openRequests, bytesInFlight, proposals } = this.desk.submissions;
    expect([queue.count, queue.bytes, openRequests, bytesInFlight, proposals]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    for (const tracked of this.#all) this.#checkAnswers(tracked);
  }

  #carryOut(step: Step): void {
    switch (step.kind) {
      case 'submit':
        return this.#leads ? this.#submit(step.frame, this.#nowMs + step.timeoutMs) : undefined;
      case 'propose':
        return this.#leads ? this.#propose(step.count, step.accepted) : undefined;
      case 'commit':
        return this.#commit(step.count);
      case 'lose':
        return this.#lose(step);
      case 'other':
        return this.#leads ? undefined : this.#follow(step.other);
      case 'win':
        return this.#win();
      case 'wait':
        this.#nowMs += step.ms;
        if (step.sweep) this.desk.submissions.sweep(this.#nowMs);
        return;
      case 'limit':
        this.desk.bytesMax = step.bytesMax;
    }
  }

  #submit(frame: readonly Sent[], deadlineAtMs: number): void {
    const stoodBefore = frame.map(([id]) => this.#standOf(id));
    const bytes = frameOf(frame.map(([id, payload]) => encoded(id, payload)));
    const submitted = this.desk.submitFrame(bytes, deadlineAtMs, this.#nowMs);
    const ends = frame.map(() => null);
    this.#all.push({ submitted, frame, deadlineAtMs, stoodBefore, ends });
  }

  #propose(count: number, accepted: boolean): void {
    const { submissions } = this.desk;
    const taken = submissions.queue.take(count);
    const runs = submissions.stillDue(taken, this.#nowMs);
    if (!accepted) return submissions.queue.putBack(runs);
    if (transactionsIn(runs) === 0) return;
    const block = this.desk.block(runs, this.#numberAfter(this.#log));
    const ids = idsOf(block.body);
    expect(new Set(ids).size, 'an id is once in a block').toBe(ids.length);
    for (const id of ids) expect(this.#standOf(id), 'and in one block').toBe('nowhere');
    const entry = { term: this.#term, block };
    this.#setLog([...this.#log, entry]);
    const at = { index: this.#log.length as Index, term: this.#term as Term };
    for (const { request, from, to } of runs) {
      const whose = this.#all.findIndex(({ submitted }) => submitted.request === request);
      for (let position = from; position < to; position++) {
        this.#proposed.set(`${whose}/${position}`, at);
      }
    }
    submissions.proposed({ ...at, block, runs });
  }

  #commit(count: number): void {
    for (let left = count; left > 0 && this.#committed < this.#log.length; left--) {
      const { term, block } = this.#log[this.#committed]!;
      this.#committed += 1;
      this.#tellWhatStands();
      const index = this.#committed as Index;
      this.desk.submissions.committed(index, term as Term, block, this.#nowMs);
    }
  }

  #lose({ afterwards, other }: Extract<Step, { kind: 'lose' }>): void {
    if (!this.#leads) return;
    this.#leads = false;
    if (!afterwards) this.#follow(other);
    this.desk.submissions.lostLeadership('NOT_LEADER');
    if (afterwards) this.#follow(other);
  }

  #follow({ log, kept, blocks }: OtherLeader): void {
    const its = this.#logs[log % (this.#logs.length + 1)] ?? this.#log;
    const isPossible = this.#log.slice(0, this.#committed).every((entry, at) => its[at] === entry);
    const base = (isPossible ? its : this.#log).slice(0, this.#committed + kept);
    this.#term += 1;
    for (const transactions of blocks) {
      const fresh = transactions.filter(
        ([id], at) =>
          !base.some((entry) => holds(entry, id)) &&
          transactions.findIndex(([other]) => other === id) === at,
      );
      const parts = fresh.map(([id, payload]) => encoded(id, payload));
      const block = parts.length === 0 ? null : blockOf(parts, this.#numberAfter(base));
      base.push({ term: this.#term, block });
    }
    this.#setLog(base);
  }

  #win(): void {
    if (this.#leads) return;
    this.#leads = true;
    this.#term += 1;
    this.#setLog([...this.#log, { term: this.#term, block: null }]);
  }

  #setLog(log: Entry[]): void {
    this.#logs.push(this.#log);
    this.#log = log;
    this.#tellWhatStands();
  }

  #numberAfter(log: readonly Entry[]): number {
    return 1 + log.filter(({ block }) => block !== null).length;
  }

  /** What the channel would find. */
  #tellWhatStands(): void {
    this.desk.found.clear();
    for (const [at, { term, block }] of this.#log.entries()) {
      if (block === null) continue;
      for (const id of idsOf(block.body)) {
        if (at < this.#committed) this.desk.foundCommitted(id, block);
        else this.desk.foundInTail(id, at + 1, term);
      }
    }
  }

  #ids(): string[] {
    return [...new Set(this.#all.flatMap(({ frame }) => frame.map(([id]) => id)))];
  }

  #standOf(id: string): Stand {
    const found = this.desk.found.get(id);
    if (found !== undefined) return found.kind;
    const queued = this.desk.submissions.queue.find(Buffer.from(id), 0, id.length);
    return queued === null ? 'nowhere' : 'queued';
  }

  #noteEnds(cause: End['cause'], before: ReadonlyMap<string, Stand>): void {
    for (const { submitted, frame, ends } of this.#all) {
      for (const [at, [id]] of frame.entries()) {
        if (ends[at] !== null || submitted.request.isOpen(at)) continue;
        const stood = before.get(id) ?? 'nowhere';
        ends[at] = { cause, before: stood, after: this.#standOf(id), atMs: this.#nowMs };
      }
    }
  }

  #open(): { readonly id: string; readonly deadlineAtMs: number }[] {
    return this.#all.flatMap(({ submitted, frame, deadlineAtMs }) =>
      frame.filter((_, at) => submitted.request.isOpen(at)).map(([id]) => ({ id, deadlineAtMs })),
    );
  }

  /** Who still waits has something to wait for, and nothing is kept that nobody waits for. */
  #checkWaiting(isSwept: boolean): void {
    const open = this.#open();
    for (const { id, deadlineAtMs } of open) {
      const stand = this.#standOf(id);
      expect(stand, `${id} waits although it has committed`).not.toBe('committed');
      if (stand === 'nowhere') expect(this.#mayCommit(id), `${id} waits for nothing`).toBe(true);
      if (isSwept)
        expect(deadlineAtMs, 'a sweep leaves nobody behind').toBeGreaterThan(this.#nowMs);
    }
    if (isSwept) this.#checkQueue(new Set(open.map(({ id }) => id)));
    const { openRequests } = this.desk.submissions;
    if (open.length === 0 && isSwept) expect(openRequests).toBe(0);
  }

  #checkQueue(awaited: ReadonlySet<string>): void {
    for (const id of this.#ids()) {
      if (this.#standOf(id) === 'queued')
        expect(awaited, `${id} is queued for nobody`).toContain(id);
    }
  }

  /** Some log holds it at an index that is not decided. */
  #mayCommit(id: string): boolean {
    return [this.#log, ...this.#logs].some((log) =>
      log.slice(this.#committed).some((entry) => holds(entry, id)),
    );
  }

  #checkAnswers(tracked: Tracked): void {
    const { replies, lines } = tracked.submitted;
    expect(replies).toBe(1);
    expect(lines).toHaveLength(tracked.frame.length);
    for (const [at, line] of lines!.entries()) this.#checkAnswer(tracked, at, line as Answer);
  }

  #checkAnswer(tracked: Tracked, at: number, answer: Answer): void {
    const [id, payload] = tracked.frame[at]!;
    const end = tracked.ends[at]!;
    const found = this.#committedUnder(id);
    const hint = `${JSON.stringify(answer)} ${JSON.stringify(end)}`;
    expect(answer.id, hint).toBe(id);
    if (answer.status === 200) {
      const { block, index, blockHash, duplicate } = answer;
      expect(end.after, hint).toBe('committed');
      expect(found, hint).toEqual({ id, payload, block, index, blockHash });
      const isFirst = tracked.frame.findIndex(([other]) => other === id) === at;
      if (isFirst) expect(duplicate, hint).toBe(tracked.stoodBefore[at] !== 'nowhere');
    } else if (answer.error.code === 'ID_CONFLICT') {
      expect(end.after, hint).toBe('committed');
      expect(found?.payload, hint).not.toBe(payload);
    } else if (answer.error.code === 'OUTCOME_UNKNOWN') {
      const isOver = end.cause === 'stop' || end.atMs >= tracked.deadlineAtMs;
      expect(isOver || end.cause === 'submit', hint).toBe(true);
      if (end.cause === 'submit') expect(['queued', 'tail'], hint).toContain(end.after);
    } else {
      this.#checkRefusal(answer.error.code, tracked, at, hint);
      this.#checkNeverCommits(`${this.#all.indexOf(tracked)}/${at}`, hint);
    }
  }

  /** Of a refusal that says: it will never be in a block. */
  #checkRefusal(code: string, { ends, deadlineAtMs, frame }: Tracked, at: number, hint: string) {
    const { cause, before, after, atMs } = ends[at]!;
    switch (code) {
      case 'DEADLINE_PASSED':
        expect([after, atMs >= deadlineAtMs], hint).toEqual(['nowhere', true]);
        return;
      case 'NOT_LEADER':
        if (cause === 'lose') expect(before, hint).toBe('queued');
        else expect([cause, after], hint).toEqual(['commit', 'nowhere']);
        return;
      case 'STOPPING':
        expect([cause, before, after], hint).toEqual(['stop', 'queued', 'nowhere']);
        return;
      case 'TRANSACTION_TOO_LARGE':
        expect(['nowhere', 'queued'], hint).toContain(before);
        return;
      case 'OVERLOADED':
        expect([cause, before], hint).toEqual(['submit', 'nowhere']);
        return;
      default:
        expect([code, frame[at]![0]], hint).toEqual(['RESERVED_ID', 'config-1']);
    }
  }

  #checkNeverCommits(whose: string, hint: string): void {
    const at = this.#proposed.get(whose);
    if (at === undefined) return;
    expect(at.index, `${hint} was proposed`).toBeLessThanOrEqual(this.#committed);
    expect(this.#log[at.index - 1]!.term, `${hint} has committed`).not.toBe(at.term);
  }

  #committedUnder(id: string) {
    for (const { block } of this.#log.slice(0, this.#committed)) {
      const index = block === null ? -1 : idsOf(block.body).indexOf(id as TxId);
      if (block === null || index < 0) continue;
      const payload = Buffer.from(transactionAt(block.body, index).payload).toString();
      return { id, block: block.header.number, index, blockHash: toHex(block.hash), payload };
    }
    return null;
  }
}

type Answer =
  | {
      readonly status: 200;
      readonly id: string;
      readonly block: number;
      readonly index: number;
      readonly blockHash: string;
      readonly duplicate: boolean;
    }
  | { readonly status: 400; readonly id: string; readonly error: { readonly code: string } };

function holds({ block }: Entry, id: string): boolean {
  return block !== null && idsOf(block.body).includes(id as TxId);
}
