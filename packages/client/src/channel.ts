/**
 * One channel as an application sees it: submit, fetch, follow, ask, audit.
 *
 * What is submitted goes through one submitter, so concurrent submissions share frames; what is fetched is verified
 * against the channel id before it is handed on, unless the application has said otherwise.
 */
import {
  asHash,
  type Crypto,
  fromHex,
  type Signer,
  signTransaction,
  type Transaction,
} from '@cairn/ledger';
import {
  CairnError,
  type InfoReply,
  type Receipt,
  type Subjects,
  type TransactionReply,
} from '@cairn/transport';
import type { AskingPorts } from './asking.ts';
import { AuthorVerifier } from './authors.ts';
import {
  OPEN_TRANSACTIONS_DEFAULT,
  STALL_TIMEOUT_MS_DEFAULT,
  TIMEOUT_MS_DEFAULT,
} from './limits.ts';
import { isReceipt, type Outcome, pendingOf } from './pending.ts';
import type { ChannelPin } from './pin.ts';
import { type BlockName, ChannelReader, type ReadOptions } from './reader.ts';
import { anySignal, withManyListeners } from './signals.ts';
import { type Begun, OrderedSubmissions, type Submissions, type Submitted } from './submit-many.ts';
import { Submitter } from './submitter.ts';
import type { TransactionIds } from './transaction-ids.ts';
import { isTransaction, type Submission, transactionOf } from './transactions.ts';
import type { VerifiedBlock } from './verified-block.ts';

export interface SubmitOptions {
  /** Same id, same bytes: ordered at most once, however often it is submitted. A fresh UUIDv7 if absent. */
  readonly id?: string | undefined;
  /** Until the submission ends as `OUTCOME_UNKNOWN` or with the last refusal; 10,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting: rejects with the signal's reason. The transaction may be ordered all the same. */
  readonly signal?: AbortSignal | undefined;
  /** Signs the transaction for this channel. */
  readonly author?: Signer | undefined;
}

export interface SubmitManyOptions {
  /** For each transaction, from when it is read; 10,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** Transactions open at once; 4,000 unless told. */
  readonly concurrency?: number | undefined;
}

export interface BlocksOptions {
  readonly from?: number | 'oldest' | 'newest' | undefined;
  /** Included. `newest`: what is newest when the reading begins. */
  readonly to?: number | 'newest' | undefined;
  /** So long without a block ends the reading with an error; 30,000 unless told. */
  readonly stallTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FollowOptions {
  /** `next`: the next block that is made; the default. */
  readonly from?: number | 'oldest' | 'newest' | 'next' | undefined;
  /** Ends the following: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ChannelOptions {
  readonly channel: string;
  readonly subjects: Subjects;
  readonly pin: ChannelPin;
  readonly crypto: Crypto;
  readonly genesis: Uint8Array | null;
  readonly verify: boolean;
  readonly ids: TransactionIds;
  /** Aborted when the client closes. */
  readonly closed: AbortSignal;
}

export class ChannelClient {
  readonly name: string;
  readonly #options: ChannelOptions;
  readonly #ports: AskingPorts;
  readonly #submitter: Submitter;
  readonly #reader: ChannelReader;
  readonly #authors: AuthorVerifier;

  constructor(options: ChannelOptions, ports: AskingPorts) {
    this.name = options.channel;
    this.#options = options;
    this.#ports = ports;
    this.#submitter = new Submitter(options, ports);
    this.#reader = new ChannelReader(options, ports);
    this.#authors = new AuthorVerifier(options.crypto);
    options.closed.addEventListener('abort', () => this.#submitter.close(), { once: true });
  }

  /** The hash of block 0 in hex: given, or learnt from the first answer; null before that. */
  get channelId(): string | null {
    return this.#options.pin.channelId;
  }

  /**
   * Resolves when a majority of the channel's voters has the transaction on disk. Rejects with a `CairnError`: refused,
   * or `OUTCOME_UNKNOWN` (504), after which submitting again under the error's `refusal.id` is always safe.
   */
  async submit(payload: Uint8Array | string, options: SubmitOptions = {}): Promise<Receipt> {
    const { ids } = this.#options;
    options.signal?.throwIfAborted();
    const plain = transactionOf(this.name, { id: options.id, payload }, () => ids.next());
    if (!isTransaction(plain)) throw new CairnError(plain);
    const deadlineMs = this.#ports.clock.monotonicMs() + (options.timeoutMs ?? TIMEOUT_MS_DEFAULT);
    const transaction =
      options.author === undefined ? plain : await this.#sign(plain, options.author, options);
    const outcome = await this.#outcomeOf(transaction, deadlineMs, options.signal);
    if (isReceipt(outcome)) return outcome;
    throw new CairnError(outcome);
  }

  /**
   * Submits all, yields every outcome in the order of the input. Refusals are yielded, not thrown; an error of the input
   * is thrown after the outcomes of what was read before it.
   */
  submitMany(
    submissions: Submissions,
    options: SubmitManyOptions = {},
  ): AsyncIterableIterator<Submitted> {
    const { ids } = this.#options;
    const { clock } = this.#ports;
    const { timeoutMs = TIMEOUT_MS_DEFAULT, concurrency = OPEN_TRANSACTIONS_DEFAULT } = options;
    const freshId = () => ids.next();
    const begin = (submission: Submission, settled: () => void): Begun => {
      const transaction = transactionOf(this.name, submission, freshId);
      if (!isTransaction(transaction))
        return { id: transaction.id ?? '', bodyBytes: 0, outcome: transaction };
      const pending = pendingOf(transaction, clock.monotonicMs() + timeoutMs, settled);
      this.#submitter.add(pending);
      return pending;
    };
    return new OrderedSubmissions(submissions, begin, Math.max(1, concurrency));
  }

  /** `newest`, `oldest` and `config` are what the answering orderer has; a number not made yet is waited for a second. */
  block(name: BlockName, options: ReadOptions = {}): Promise<VerifiedBlock> {
    return this.#reader.block(name, options);
  }

  /** What this orderer has, for audits: it may differ from what others have, and then does not verify. */
  blockOf(orderer: string, name: BlockName, options: ReadOptions = {}): Promise<VerifiedBlock> {
    return this.#reader.block(name, options, orderer);
  }

  /** Blocks in order without gaps; from the oldest to the newest unless told. */
  blocks(options: BlocksOptions = {}): AsyncIterableIterator<VerifiedBlock> {
    return this.#reader.stream({
      from: options.from ?? 'oldest',
      to: options.to ?? 'newest',
      stallTimeoutMs: options.stallTimeoutMs ?? STALL_TIMEOUT_MS_DEFAULT,
      signal: anySignal(this.#options.closed, options.signal),
    });
  }

  /** Blocks in order without gaps, and then each new one, through lost connections and leader changes. */
  follow(options: FollowOptions = {}): AsyncIterableIterator<VerifiedBlock> {
    return this.#reader.stream({
      from: options.from ?? 'next',
      to: null,
      stallTimeoutMs: null,
      signal: anySignal(this.#options.closed, options.signal),
    });
  }

  info(options: ReadOptions = {}): Promise<InfoReply> {
    return this.#reader.info(options);
  }

  /** What this orderer knows and has, for audits. */
  infoOf(orderer: string, options: ReadOptions = {}): Promise<InfoReply> {
    return this.#reader.info(options, orderer);
  }

  /** Where a transaction stands, as the answering orderer knows it. */
  transaction(id: string, options: ReadOptions = {}): Promise<TransactionReply> {
    return this.#reader.transaction(id, options);
  }

  /** Whether the author named in a transaction of this channel signed it; false for one without author. */
  isSignedByAuthor(transaction: Transaction): boolean {
    const { channelId } = this;
    return channelId !== null && this.#authors.isSigned(transaction, asHash(fromHex(channelId)));
  }

  /** A signature binds to the channel id, so an unknown one is asked for first. */
  async #sign(
    { id, payload }: Transaction,
    author: Signer,
    options: ReadOptions,
  ): Promise<Transaction> {
    const { timeoutMs, signal } = options;
    const channelId = this.channelId ?? (await this.info({ timeoutMs, signal })).channelId;
    return signTransaction(this.#options.crypto, author, asHash(fromHex(channelId)), {
      id,
      payload,
    });
  }

  #outcomeOf(
    transaction: Transaction,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const pending = pendingOf(transaction, deadlineMs, (outcome) => {
        signal?.removeEventListener('abort', giveUp);
        resolve(outcome);
      });
      const giveUp = () => {
        this.#submitter.abandon(pending);
        reject(signal?.reason);
      };
      if (signal !== undefined) withManyListeners(signal).addEventListener('abort', giveUp);
      this.#submitter.add(pending);
    });
  }
}
