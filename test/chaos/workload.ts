/**
 * The clients of a chaos run: most through the SDK, some with a bare NATS client that never tries again, and some that
 * submit again what is already acknowledged, with the same bytes or with others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CairnError, type ChannelClient, type Receipt } from '@cairn/client';
import { ErrorCode, headers, type Msg, type NatsConnection, NatsError } from 'nats';
import { type Attempt, type History, type Outcome, type Place, payloadOf } from './history.ts';
import { transactionId } from './identifiers.ts';

export interface WorkloadOptions {
  readonly transactions: number;
  /** Spread over so long; longer if the cluster cannot keep up. */
  readonly seconds: number;
  readonly channel: string;
}

export interface WorkloadClients {
  readonly sdk: ChannelClient;
  readonly bare: NatsConnection;
}

const TICK_MS = 20;
const OPEN_MAX = 20_000;
const SDK_TIMEOUT_MS = 30_000;
const BARE_TIMEOUT_MS = 2_000;
/** Of 1,000 transactions, so many ... */
const BARE_PER_MILLE = 20;
const AGAIN_PER_MILLE = 10;
const OTHER_BYTES_PER_MILLE = 5;

export class Workload {
  readonly history: History;
  readonly #options: WorkloadOptions;
  readonly #clients: WorkloadClients;
  readonly #open = new Set<Promise<void>>();
  #submitted = 0;

  constructor(options: WorkloadOptions, clients: WorkloadClients, history: History) {
    this.#options = options;
    this.#clients = clients;
    this.history = history;
  }

  get submitted(): number {
    return this.#submitted;
  }

  /** Returns when every submission has ended. */
  async run(): Promise<void> {
    const { transactions, seconds } = this.#options;
    const startMs = performance.now();
    while (this.#submitted < transactions) {
      const share = (performance.now() - startMs) / (seconds * 1000);
      const due = Math.min(transactions, Math.ceil(transactions * share));
      while (this.#submitted < due && this.history.openCount < OPEN_MAX) this.#submitNext();
      await sleep(TICK_MS);
    }
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  #submitNext(): void {
    const n = this.#submitted;
    this.#submitted += 1;
    const draw = (n * 7919) % 1000;
    if (draw < BARE_PER_MILLE) this.#follow(this.#submitBare(`bare-${n}`));
    else this.#follow(this.#submitBySdk(transactionId(n), draw));
  }

  #follow(work: Promise<void>): void {
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
  }

  async #submitBySdk(id: string, draw: number): Promise<void> {
    const attempt = this.history.begin(id);
    const outcome = await this.#outcomeBySdk(id, payloadOf(id));
    this.history.end(attempt, outcome);
    if (outcome.kind !== 'acknowledged') return;
    if (draw < BARE_PER_MILLE + AGAIN_PER_MILLE) await this.#submitAgain(id, outcome.place);
    else if (draw >= 1000 - OTHER_BYTES_PER_MILLE) await this.#submitOtherBytes(id);
  }

  async #outcomeBySdk(id: string, payload: string): Promise<Outcome> {
    try {
      const receipt = await this.#clients.sdk.submit(payload, { id, timeoutMs: SDK_TIMEOUT_MS });
      return acknowledged(receipt);
    } catch (error) {
      return refusedOrUnknown(error);
    }
  }

  /** The same receipt must come, marked as a duplicate. */
  async #submitAgain(id: string, place: Place): Promise<void> {
    try {
      const { block, index, blockHash, duplicate } = await this.#clients.sdk.submit(payloadOf(id), {
        id,
        timeoutMs: SDK_TIMEOUT_MS,
      });
      const isSame = block === place.block && index === place.index;
      if (!isSame || blockHash !== place.blockHash || !duplicate) {
        this.history.contradict(id, `submitted again, it got block ${block}, index ${index}`);
      }
    } catch (error) {
      const outcome = refusedOrUnknown(error);
      if (outcome.kind === 'refused' && outcome.code === 'ID_CONFLICT') {
        this.history.contradict(id, 'submitted again with the same bytes, it got ID_CONFLICT');
      }
    }
  }

  /** A refusal of any kind is right, ID_CONFLICT or that nobody leads; so is not knowing. */
  async #submitOtherBytes(id: string): Promise<void> {
    const outcome = await this.#outcomeBySdk(id, `${payloadOf(id)}!`);
    if (outcome.kind !== 'acknowledged') return;
    this.history.contradict(id, 'other bytes under the same id were acknowledged');
  }

  /** One request, whatever comes of it. */
  async #submitBare(id: string): Promise<void> {
    const attempt: Attempt = this.history.begin(id);
    const fields = headers();
    fields.set('Nats-Msg-Id', id);
    fields.set('Cairn-Timeout-Ms', `${BARE_TIMEOUT_MS}`);
    const subject = `cairn.${this.#options.channel}.submit`;
    try {
      const reply = await this.#clients.bare.request(subject, payloadOf(id), {
        timeout: 2 * BARE_TIMEOUT_MS,
        headers: fields,
      });
      this.history.end(attempt, outcomeOfReply(reply));
    } catch (error) {
      const nobody = error instanceof NatsError && error.code === ErrorCode.NoResponders;
      const refused: Outcome = { kind: 'refused', code: 'no responders' };
      this.history.end(attempt, nobody ? refused : { kind: 'unknown' });
    }
  }
}

function acknowledged({ block, index, blockHash }: Receipt): Outcome {
  return { kind: 'acknowledged', place: { block, index, blockHash } };
}

function refusedOrUnknown(error: unknown): Outcome {
  if (!(error instanceof CairnError)) throw error;
  return error.code === 'OUTCOME_UNKNOWN'
    ? { kind: 'unknown' }
    : { kind: 'refused', code: error.code };
}

function outcomeOfReply(reply: Msg): Outcome {
  const answer = reply.json<Receipt & { error?: { code: string } }>();
  if (answer.error === undefined) return acknowledged(answer);
  const { code } = answer.error;
  return code === 'OUTCOME_UNKNOWN' ? { kind: 'unknown' } : { kind: 'refused', code };
}
