/**
 * Reading a channel: blocks by number or name, streams of blocks, information; from any orderer or from a named one.
 *
 * Every block is read, checked and, unless the application has said otherwise, verified before anybody sees it.
 */
import {
  asHash,
  type Block,
  type ChainState,
  type Crypto,
  fromHex,
  isName,
  memberNameOf,
  parseChannelName,
  utf8,
} from '@cairn/ledger';
import {
  type BusMessage,
  cairnError,
  contentTypes,
  type HeaderRecord,
  headerNames,
  type InfoReply,
  type Refusal,
  refusal,
  type Subjects,
  type TransactionReply,
} from '@cairn/transport';
import { type AskingPorts, ask } from './asking.ts';
import { READ_WAIT_MS } from './limits.ts';
import type { ChannelPin } from './pin.ts';
import { nobodyServes } from './presence.ts';
import { badReply, infoIn, isCount, transactionReplyIn } from './read-replies.ts';
import { anySignal } from './signals.ts';
import { type Check, streamBlocks } from './stream.ts';
import { type VerifiedBlock, verifiedBlockOf } from './verified-block.ts';
import { BlockVerifier } from './verifier.ts';

export type BlockName = number | 'newest' | 'oldest' | 'config';

export interface ReadOptions {
  /** Until the asking ends without an answer; 10,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface StreamRange {
  readonly from: number | 'oldest' | 'newest' | 'next';
  /** Included; null: for ever. */
  readonly to: number | 'newest' | null;
  readonly stallTimeoutMs: number | null;
  readonly signal: AbortSignal;
}

export interface ReaderOptions {
  readonly channel: string;
  readonly subjects: Subjects;
  readonly pin: ChannelPin;
  readonly crypto: Crypto;
  readonly genesis: Uint8Array | null;
  /** False: blocks are only decoded, not proved. */
  readonly verify: boolean;
  /** Aborted when the client closes. */
  readonly closed: AbortSignal;
}

interface Source {
  readonly subject: string;
  readonly nobody: Refusal;
}

const NOTHING = new Uint8Array(0);
const FETCH_HEADERS = {
  [headerNames.accept]: contentTypes.bytes,
  [headerNames.waitMs]: String(READ_WAIT_MS),
};

export class ChannelReader {
  readonly #options: ReaderOptions;
  readonly #ports: AskingPorts;
  readonly #verifier: BlockVerifier;

  constructor(options: ReaderOptions, ports: AskingPorts) {
    this.#options = options;
    this.#ports = ports;
    const { channel, crypto, pin, genesis } = options;
    const fetch = (number: number) => this.#fetch(this.#anybody('fetch'), number, {});
    this.#verifier = new BlockVerifier({ channel, crypto, pin, genesis, fetch });
  }

  async block(name: BlockName, options: ReadOptions, orderer?: string): Promise<VerifiedBlock> {
    checkBlockName(name);
    const source =
      orderer === undefined ? this.#anybody('fetch') : this.#onlyFrom('fetch', orderer);
    const bytes = await this.#fetch(source, name, options);
    const block = this.#verifier.read(bytes, typeof name === 'number' ? name : null);
    if (name === 'config' && block.header.kind !== 'config') {
      throw badReply('the newest config block is not one');
    }
    return this.#prove(block);
  }

  async info(options: ReadOptions, orderer?: string): Promise<InfoReply> {
    const source = orderer === undefined ? this.#anybody('info') : this.#onlyFrom('info', orderer);
    const message = await this.#ask(source, NOTHING, options);
    return infoIn(message, this.#options.pin);
  }

  async transaction(id: string, options: ReadOptions): Promise<TransactionReply> {
    const { channel, subjects, pin } = this.#options;
    const source = { subject: subjects.transaction(channel), nobody: nobodyServes(channel, pin) };
    const message = await this.#ask(source, utf8(id), options);
    return transactionReplyIn(message, pin, id);
  }

  async *stream(range: StreamRange): AsyncGenerator<VerifiedBlock, void, undefined> {
    const { from, to } = await this.#resolve(range);
    const { channel, subjects } = this.#options;
    const { stallTimeoutMs, signal } = range;
    const subject = subjects.deliver(channel);
    yield* streamBlocks(this.#ports, { subject, from, to, stallTimeoutMs, signal }, this.#chain());
  }

  /** Numbers for names, so that a stream that starts again starts at a number. */
  async #resolve({ from, to, signal }: StreamRange): Promise<{ from: number; to: number | null }> {
    if (typeof from === 'number') checkBlockName(from);
    if (typeof to === 'number') checkBlockName(to);
    const { height } = await this.info({ signal });
    const names = { oldest: 0, newest: height - 1, next: height } as const;
    return {
      from: typeof from === 'number' ? from : names[from],
      to: to === 'newest' ? names.newest : to,
    };
  }

  /** Checks a run of blocks: the first on its own, each further one against the one before. */
  #chain(): Check<VerifiedBlock> {
    let state: ChainState | null = null;
    return async (bytes, number) => {
      const block = this.#verifier.read(bytes, number);
      if (!this.#options.verify) return this.#prove(block);
      state =
        state === null ? await this.#verifier.verify(block) : this.#verifier.advance(state, block);
      return this.#present(block, state);
    };
  }

  async #prove(block: Block): Promise<VerifiedBlock> {
    if (this.#options.verify) return this.#present(block, await this.#verifier.verify(block));
    this.#verifier.checkRoot(block);
    return this.#present(block, null);
  }

  #present(block: Block, after: ChainState | null): VerifiedBlock {
    const { channel, pin } = this.#options;
    return verifiedBlockOf(block, {
      channel: parseChannelName(channel),
      channelId: asHash(fromHex(pin.channelId!)),
      // A config block's own document names its proposer too, or the one before does: ids keep their names.
      nameOf: (memberId) => (after === null ? null : memberNameOf(after.config, memberId)),
    });
  }

  async #fetch(source: Source, name: BlockName, options: ReadOptions): Promise<Uint8Array> {
    return bytesIn(await this.#ask(source, utf8(String(name)), options, FETCH_HEADERS));
  }

  #ask(
    source: Source,
    payload: Uint8Array,
    { timeoutMs, signal }: ReadOptions,
    headers: HeaderRecord = {},
  ): Promise<BusMessage> {
    const either = anySignal(this.#options.closed, signal);
    return ask(this.#ports, { ...source, payload, headers, timeoutMs, signal: either });
  }

  #anybody(verb: 'fetch' | 'info'): Source {
    const { channel, subjects, pin } = this.#options;
    return { subject: subjects[verb](channel), nobody: nobodyServes(channel, pin) };
  }

  #onlyFrom(verb: 'fetch' | 'info', orderer: string): Source {
    const { channel, subjects } = this.#options;
    if (!isName(orderer)) {
      const message = `${JSON.stringify(orderer)} is not the name of an orderer.`;
      throw cairnError('MALFORMED_REQUEST', { channel, message });
    }
    const subject =
      verb === 'fetch' ? subjects.fetchFrom(channel, orderer) : subjects.infoFrom(channel, orderer);
    const message = `Orderer ${orderer} does not serve ${channel}, or is not running. See \`cairn status\`.`;
    return { subject, nobody: refusal('NOT_FOUND', { channel, message }) };
  }
}

function bytesIn(message: BusMessage): Uint8Array {
  if (message.header(headerNames.contentType) === contentTypes.bytes) return message.payload;
  throw badReply('a block was asked for as bytes and something else came');
}

function checkBlockName(name: BlockName): void {
  if (typeof name !== 'number' || isCount(name)) return;
  const message = `${name} is not a block number. Ask for newest, oldest, config or a whole number from 0.`;
  throw cairnError('BAD_NUMBER', { message });
}
