/**
 * Why a client believes a block: from the channel id alone, without trust in the orderer or broker that delivered it.
 *
 * The channel id is the hash of block 0, which holds the first configuration. Each later configuration stands in a block
 * signed by a proposer of the one before, so the configuration in force for any block is found by walking back over
 * config blocks to block 0 (or to one already known) and verifying forward.
 *
 *   a data block    names the config block in force in its header: `configNumber` < number
 *   a config block  names itself; the block before it names the one in force, and its hash is in the config block
 *
 * Invariants: a configuration is remembered only when the block that holds it has been verified; what fails is never
 * handed on, it ends in a `CairnError` with the code `VERIFICATION_FAILED`.
 */
import {
  advanceChain,
  type Block,
  type BlockNumber,
  type ChainState,
  type ChainVerdict,
  type Crypto,
  decodeBlock,
  equalBytes,
  LedgerError,
  parseBlockNumber,
  rootOf,
  startChain,
  stepOver,
  toHex,
  verifyBlock,
} from '@cairn/ledger';
import { type CairnError, cairnError } from '@cairn/transport';
import type { ChannelPin } from './pin.ts';

export interface VerifierOptions {
  readonly channel: string;
  readonly crypto: Crypto;
  readonly pin: ChannelPin;
  /** Block 0, if the application has it. */
  readonly genesis: Uint8Array | null;
  /** The canonical bytes of a block, from anybody: they are not believed. */
  readonly fetch: (number: BlockNumber) => Promise<Uint8Array>;
}

export class BlockVerifier {
  readonly #options: VerifierOptions;
  /** By the number of the config block: the state of the chain just after it. */
  readonly #configurations = new Map<number, Promise<ChainState>>();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** The bytes as a block of this number of the pinned channel; nothing about content or who signed. */
  read(bytes: Uint8Array, number: number | null): Block {
    const { crypto, pin } = this.#options;
    const block = decodeBlock(crypto, bytes);
    if (block instanceof LedgerError) throw this.#failed(number, block.message);
    const { header } = block;
    if (number !== null && header.number !== number) {
      throw this.#failed(number, `the block says it is number ${header.number}`);
    }
    const channelId = toHex(header.number === 0 ? block.hash : header.channelId);
    if (!pin.accepts(channelId)) throw pin.mismatch(channelId);
    return block;
  }

  /** All that can be said without asking who signed: the transactions are those of the header. */
  checkRoot(block: Block): void {
    const { number, transactionsRoot } = block.header;
    if (equalBytes(transactionsRoot, rootOf(this.#options.crypto, block))) return;
    throw this.#failed(number, 'the transactions do not hash to transactionsRoot', 'ROOT');
  }

  /** Verifies a block on its own; the state is the chain's just after it. */
  async verify(block: Block): Promise<ChainState> {
    const { header } = block;
    if (header.number === 0) return this.#begin(block);
    if (header.kind === 'config') return this.#configuration(header.number, block);
    if (header.configNumber >= header.number) {
      throw this.#failed(
        header.number,
        `its configuration, ${header.configNumber}, is not before it`,
      );
    }
    const inForce = await this.#configuration(header.configNumber);
    const verdict = verifyBlock(block, {
      crypto: this.#options.crypto,
      channelId: inForce.channelId,
      number: header.number,
      previousHash: header.previousHash,
      previousTimestampMs: inForce.timestampMs,
      previousTerm: inForce.term,
      config: inForce.config,
      verifierOf: (proposer) => inForce.verifiers.get(proposer),
    });
    if (!verdict.ok) throw this.#failed(header.number, verdict.message, verdict.reason);
    return stepOver(this.#options.crypto, inForce, block);
  }

  /** Verifies the block that follows `state`, hash chain included. */
  advance(state: ChainState, block: Block): ChainState {
    const next = this.#believed(advanceChain(this.#options.crypto, state, block));
    const { kind, number } = block.header;
    if (kind === 'config' && !this.#configurations.has(number)) {
      this.#remember(number, Promise.resolve(next));
    }
    return next;
  }

  #begin(block: Block): ChainState {
    const { channel, crypto, pin } = this.#options;
    const state = startChain(crypto, block);
    if (state instanceof LedgerError) throw this.#failed(0, state.message);
    if (toHex(state.channelId) !== pin.channelId) throw pin.mismatch(toHex(state.channelId));
    if (state.config.config.channel !== channel) {
      throw this.#failed(0, `it is the block 0 of a channel named ${state.config.config.channel}`);
    }
    return state;
  }

  /** The state just after the config block of this number; `known` is that block, if the caller has it. */
  async #configuration(number: BlockNumber, known?: Block): Promise<ChainState> {
    const remembered = this.#configurations.get(number);
    const found = remembered ?? this.#verifyConfiguration(number, known);
    if (remembered === undefined) this.#remember(number, found);
    const state = await found;
    if (known === undefined || equalBytes(known.hash, state.hash)) return state;
    throw this.#failed(number, `there are two: ${toHex(known.hash)} and ${toHex(state.hash)}`);
  }

  #remember(number: BlockNumber, found: Promise<ChainState>): void {
    this.#configurations.set(number, found);
    found.catch(() => this.#configurations.delete(number));
  }

  async #verifyConfiguration(number: BlockNumber, known?: Block): Promise<ChainState> {
    const block = known ?? (await this.#fetch(number));
    if (number === 0) return this.#begin(block);
    if (block.header.kind !== 'config') throw this.#failed(number, 'it is not a config block');
    const before = await this.#fetch(parseBlockNumber(number - 1));
    const state = await this.#stateAfter(before);
    return this.#believed(advanceChain(this.#options.crypto, state, block));
  }

  async #stateAfter(block: Block): Promise<ChainState> {
    return block.header.kind === 'config'
      ? this.#configuration(block.header.number, block)
      : this.verify(block);
  }

  async #fetch(number: BlockNumber): Promise<Block> {
    const { genesis, fetch } = this.#options;
    const bytes = number === 0 && genesis !== null ? genesis : await fetch(number);
    return this.read(bytes, number);
  }

  #believed(verdict: ChainVerdict): ChainState {
    if (verdict.ok) return verdict.state;
    throw this.#failed(verdict.number, verdict.message, verdict.reason);
  }

  #failed(number: number | null, why: string, reason?: string): CairnError {
    const { channel } = this.#options;
    const which = number === null ? 'A block' : `Block ${number}`;
    const message =
      `${which} of ${channel} does not verify${reason ? ` (${reason})` : ''}: ${why}. ` +
      'Do not use it; compare the members with `cairn verify`.';
    return cairnError('VERIFICATION_FAILED', { channel, message });
  }
}
