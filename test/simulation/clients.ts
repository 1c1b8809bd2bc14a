/**
 * Clients of the doors, byte by byte: alone or in frames, in bursts and pauses, under ids that others use too.
 *
 * A client tries again under the same id until it knows the outcome, or gives up after one attempt with a short deadline.
 * What it was told is kept in its wishes; whether that was true is judged at the end, against the chain.
 */
import { encodeBodyTransaction, parseTxId, utf8, utf8Decode } from '@cairn/ledger';
import type { BusMessage, MemoryBus, RequestOutcome } from '@cairn/transport';
import { type Cluster, subjects } from './cluster.ts';
import type { Answer, Observer, Submission, Verdict } from './oracle/observer.ts';
import type { Chance } from './random.ts';
import { newWish, type Wish } from './wishes.ts';

export interface WorkloadBehaviour {
  /** Submissions in a second, in the mean. */
  readonly rate: number;
  readonly frameRate: number;
  readonly frameMax: number;
  /** Rate of wishes whose id another client uses at about the same time. */
  readonly rivalRate: number;
  /** Rate of wishes that are given up after one attempt. */
  readonly hastyRate: number;
  /** Rate of wishes that must be refused for their form. */
  readonly illegalRate: number;
  /** Rate of a burst of many at once. */
  readonly burstRate: number;
  readonly payloadBytesMax: number;
  /** How many clients there are [2], and how much they submit in all [no end]. */
  readonly clients?: number;
  readonly submissionsMax?: number;
  /** Rate at which an old id is used again, with its bytes or with others. */
  readonly echoRate: number;
  /** Who is refused again and again waits up to so many times as long as at first [8]. */
  readonly patienceMax?: number;
}

export const standardWorkload: WorkloadBehaviour = {
  rate: 20,
  frameRate: 0.1,
  frameMax: 6,
  rivalRate: 0.05,
  hastyRate: 0.05,
  illegalRate: 0.01,
  burstRate: 0.01,
  payloadBytesMax: 300,
  echoRate: 0.03,
};

const TOO_LARGE = new Uint8Array(300 * 1024);
const ATTEMPT_MS = 1_000;
const TIMEOUT_MS = 3_000;
const CLIENTS = 2;
const FLOOD_PATIENCE_MS = 500;
const PATIENCE_MAX = 8;

interface Reply {
  readonly status: number;
  readonly error?: { readonly code: string; readonly proposed?: boolean };
  readonly duplicate?: boolean;
  readonly block?: number;
  readonly index?: number;
  readonly blockHash?: string;
}

export class Clients {
  readonly wishes: Wish[] = [];
  readonly #cluster: Cluster;
  readonly #observer: Observer;
  readonly #verdict: Verdict;
  readonly #chance: Chance;
  readonly #behaviour: WorkloadBehaviour;
  readonly #buses: { readonly name: string; readonly bus: MemoryBus }[];
  readonly #channel: string;
  #number = 0;
  #openCount = 0;
  #untilMs = 0;

  constructor(
    cluster: Cluster,
    channel: string,
    chance: Chance,
    behaviour: WorkloadBehaviour,
    watch: {
      readonly observer: Observer;
      readonly verdict: Verdict;
      /** The connection of all clients; default: each has its own. */
      readonly bus?: MemoryBus;
    },
  ) {
    this.#cluster = cluster;
    this.#channel = channel;
    this.#chance = chance;
    this.#behaviour = behaviour;
    this.#observer = watch.observer;
    this.#verdict = watch.verdict;
    this.#buses = Array.from({ length: behaviour.clients ?? CLIENTS }, (_, at) => {
      const name = `${channel}-client${at + 1}`;
      return { name, bus: watch.bus ?? cluster.connectClient(name) };
    });
  }

  get open(): readonly Wish[] {
    return this.wishes.filter(({ outcome }) => outcome === 'open');
  }

  /** Cheap: asked after every event. */
  get hasOpen(): boolean {
    return this.#openCount > 0;
  }

  runUntil(timeMs: number): void {
    this.#untilMs = timeMs;
    this.#next();
  }

  /** One plain wish, tried until it is done: the proof that the cluster serves again. */
  probe(): Wish {
    const wish = this.#newWish(0, null, false);
    this.#attempt([wish], 0);
    return wish;
  }

  /** So many at once, each tried once: more than a leader that is alone will ever commit. */
  flood(count: number): void {
    for (let each = 0; each < count; each++) {
      const client = each % this.#buses.length;
      this.#attempt([this.#newWish(client, FLOOD_PATIENCE_MS, false)], client);
    }
  }

  #next(): void {
    const { world } = this.#cluster;
    const delayMs = this.#chance.around(1_000 / this.#behaviour.rate);
    world.in(delayMs, () => {
      const { submissionsMax = Number.POSITIVE_INFINITY } = this.#behaviour;
      const isDone = this.wishes.length >= submissionsMax;
      if (isDone || world.nowMs > this.#untilMs) return;
      this.#begin();
      this.#next();
    });
  }

  #begin(): void {
    const { burstRate, frameRate, frameMax } = this.#behaviour;
    const chance = this.#chance;
    if (chance.happens(burstRate)) {
      const count = chance.between(5, 40);
      for (let each = 0; each < count; each++) this.#beginOne(1);
      return;
    }
    this.#beginOne(chance.happens(frameRate) ? chance.between(2, frameMax) : 1);
  }

  #beginOne(size: number): void {
    const { hastyRate, rivalRate, illegalRate, echoRate } = this.#behaviour;
    const chance = this.#chance;
    const onceWithinMs = chance.happens(hastyRate) ? chance.between(1, 150) : null;
    if (chance.happens(echoRate) && this.wishes.length > 0) {
      this.#rival([chance.pick(this.wishes)]);
      return;
    }
    const client = chance.below(this.#buses.length);
    const frame: Wish[] = [];
    while (frame.length < size) {
      const isIllegal = size === 1 && chance.happens(illegalRate);
      frame.push(this.#newWish(client, onceWithinMs, isIllegal));
    }
    this.#attempt(frame, client);
    if (!chance.happens(rivalRate)) return;
    this.#cluster.world.in(chance.below(40), () => this.#rival(frame));
  }

  /** Another client uses the same ids, with the same bytes or with others. */
  #rival(frame: readonly Wish[]): void {
    const client = this.#chance.below(this.#buses.length);
    const isSame = this.#chance.happens(0.6);
    const rivals = frame
      .filter(({ isIllegal }) => !isIllegal)
      .map(({ id, payload }) =>
        this.#add(client, id, isSame ? payload : utf8(`not ${id}`), null, false),
      );
    if (rivals.length > 0) this.#attempt(rivals, client);
  }

  #newWish(client: number, onceWithinMs: number | null, isIllegal: boolean): Wish {
    const chance = this.#chance;
    const id = `${this.#channel}-${String(this.#number++).padStart(6, '0')}`;
    if (isIllegal) return this.#illegalWish(client, id);
    const payload = new Uint8Array(chance.between(20, this.#behaviour.payloadBytesMax));
    payload.fill(this.#number & 0xff);
    payload.set(utf8(id).subarray(0, payload.length));
    return this.#add(client, id, payload, onceWithinMs, false);
  }

  #illegalWish(client: number, id: string): Wish {
    switch (this.#chance.below(3)) {
      case 0:
        return this.#add(client, id, new Uint8Array(0), null, true);
      case 1:
        return this.#add(client, `config-of-${id}`, utf8('x'), null, true);
      default:
        return this.#add(client, id, TOO_LARGE, null, true);
    }
  }

  #add(
    client: number,
    id: string,
    payload: Uint8Array,
    onceWithinMs: number | null,
    isIllegal: boolean,
  ): Wish {
    const { name } = this.#buses[client]!;
    const channel = this.#channel;
    const wish = newWish({ client: name, channel, id, payload, onceWithinMs, isIllegal });
    this.wishes.push(wish);
    this.#openCount += 1;
    return wish;
  }

  #attempt(frame: readonly Wish[], client: number): void {
    const open = frame.filter(({ outcome }) => outcome === 'open');
    if (open.length === 0) return;
    for (const wish of open) {
      wish.attempts += 1;
      this.#observer.submitted(submissionOf(wish));
    }
    const { bus } = this.#buses[client]!;
    this.#send(bus, open, (outcome) => {
      this.#hear(open, outcome);
      if (open.every(({ outcome: known }) => known !== 'open')) return;
      // Or an outage would cost more than all the rest of a run.
      const patience = Math.min(open[0]!.attempts, this.#behaviour.patienceMax ?? PATIENCE_MAX);
      const delayMs = (20 + this.#chance.below(150)) * patience;
      this.#cluster.world.in(delayMs, () => this.#attempt(open, client));
    });
  }

  #send(bus: MemoryBus, frame: readonly Wish[], done: (outcome: RequestOutcome) => void): void {
    const [first] = frame;
    const timeoutMs = first!.onceWithinMs ?? TIMEOUT_MS;
    const headers = { 'Cairn-Timeout-Ms': String(timeoutMs), 'Nats-Msg-Id': first!.id };
    const isAlone = frame.length === 1;
    const subject = isAlone ? subjects.submit(this.#channel) : subjects.batch(this.#channel);
    const payload = isAlone ? first!.payload : frameOf(frame);
    bus.request(subject, payload, { timeoutMs: ATTEMPT_MS, headers }, done);
  }

  #hear(frame: readonly Wish[], outcome: RequestOutcome): void {
    const replies = repliesTo(outcome, frame.length);
    if (replies === null) {
      this.#verdict.fail('promise 4', `a frame of ${frame.length} was not answered line by line`);
      return;
    }
    for (let at = 0; at < frame.length; at++) this.#judge(frame[at]!, replies[at]!, frame.length);
  }

  #judge(wish: Wish, reply: Reply, frameSize: number): void {
    if (wish.outcome !== 'open') return;
    this.#observer.answered(submissionOf(wish), answerOf(reply));
    const { status, error } = reply;
    const isUnknown = status === 504 && error?.proposed !== false;
    if (isUnknown) wish.uncertain = true;
    if (status === 200) {
      wish.outcome = 'committed';
      wish.place = { block: reply.block!, index: reply.index!, blockHash: reply.blockHash! };
    } else if (status === 409) wish.outcome = 'conflict';
    else if (status === 400 || status === 413) this.#refusedForItsForm(wish, reply, frameSize);
    else if (wish.onceWithinMs !== null) wish.outcome = wish.uncertain ? 'unknown' : 'refused';
    if (wish.outcome !== 'open') this.#openCount -= 1;
  }

  #refusedForItsForm(wish: Wish, { error }: Reply, frameSize: number): void {
    wish.outcome = 'refused';
    if (wish.isIllegal || frameSize > 1) return;
    this.#verdict.fail('promise 4', `${wish.id} was refused for its form: ${error?.code}`);
  }
}

function submissionOf({ client, attempts, channel, id, payload }: Wish): Submission {
  return { client, attempt: attempts, channel, id, payload };
}

function answerOf({ status, error, duplicate, block, index, blockHash }: Reply): Answer {
  const place = status === 200 ? { block: block!, index: index!, blockHash: blockHash! } : null;
  return { status, code: error?.code ?? null, duplicate: duplicate === true, place };
}

function frameOf(frame: readonly Wish[]): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(frame.length, 1);
  const body = frame.map(({ id, payload }) =>
    encodeBodyTransaction({ id: parseTxId(id), payload }),
  );
  return Buffer.concat([head, ...body]);
}

/** One reply a transaction, in frame order; null if the lines are not as many. No word at all is 504, no responder 503. */
function repliesTo(outcome: RequestOutcome, count: number): Reply[] | null {
  if (outcome.kind === 'noResponders') return Array<Reply>(count).fill({ status: 503 });
  if (outcome.kind !== 'reply') return Array<Reply>(count).fill({ status: 504 });
  const lines = linesOf(outcome.message);
  const isRefusedWhole = outcome.message.header('Nats-Service-Error-Code') !== undefined;
  if (isRefusedWhole) return Array<Reply>(count).fill(lines[0]!);
  return lines.length === count ? lines : null;
}

function linesOf({ payload }: BusMessage): Reply[] {
  const text = utf8Decode(payload) ?? '';
  if (!text.includes('\n')) return [JSON.parse(text) as Reply];
  return text.split('\n').map((line) => JSON.parse(line) as Reply);
}
