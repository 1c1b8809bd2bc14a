/**
 * What a leader proposes: blocks cut from its queue, configurations, and the end of a membership change.
 *
 * Invariants:
 *   P1  a block is chained on the newest block in this leader's log, so that several can be in flight;
 *   P2  from proposing a config block, or from becoming leader with one not applied, until it is applied, no other block
 *       is proposed (the fence): limits and members are never those of a configuration that may still be replaced;
 *   P3  a block's time never lies before the last block's, whatever this clock says;
 *   P4  nothing is proposed that the other members would have to refuse: neither under another key than the one the
 *       configuration knows, nor a transaction over its limit, nor a configuration that may not follow.
 */
import {
  type Block,
  buildBlock,
  type ChannelConfig,
  type ConfigAt,
  checkSuccession,
  configBlockPart,
  equalBytes,
  finishMembershipChange,
  parseBlockNumber,
} from '@cairn/ledger';
import type { ProposeResult, RaftCore } from '@cairn/raft';
import type { Cancellable } from '@cairn/transport';
import { countToCut, decideBatch } from './batcher.ts';
import type { ChainLog } from './chain-log.ts';
import type { Channel } from './channel.ts';
import type { ChannelHost } from './channel-host.ts';
import { assert } from './errors.ts';
import type { LogKeeper } from './log-keeper.ts';
import { bodyParts } from './submission-queue.ts';
import type { Submissions } from './submissions.ts';
import { countReason } from './telemetry.ts';

export interface ProposerParts {
  readonly channel: Channel;
  readonly host: ChannelHost;
  readonly raft: RaftCore;
  readonly log: ChainLog;
  readonly submissions: Submissions;
  readonly keeper: LogKeeper;
}

type Accepted = Extract<ProposeResult, { ok: true }>;

export class Proposer {
  readonly #parts: ProposerParts;
  #timer: Cancellable | null = null;
  /** A configuration under which nothing was pending. */
  #settledUnder: ConfigAt | null = null;

  constructor(parts: ProposerParts) {
    this.#parts = parts;
  }

  /** Something is to be done as soon as Raft allows, though nobody has submitted anything. Asked at every tick. */
  get isPending(): boolean {
    const { config } = this.#parts.log.newest.state;
    if (config === this.#settledUnder) return false;
    const { outgoing } = this.#parts.channel.config;
    const isPending = this.#isFenced || outgoing.length > 0 || !this.#holdsItsKey;
    if (!isPending) this.#settledUnder = config;
    return isPending;
  }

  /** Everything the rules allow now; called by a leader at each turn. */
  proposeWhatIsDue(): void {
    // A block is built and signed for nothing while leadership is handed over.
    if (this.#isFenced || this.#parts.raft.isTransferring) return;
    const { config } = this.#parts.channel;
    if (!this.#holdsItsKey) {
      this.#parts.channel.leadership.handOver();
      return;
    }
    if (config.outgoing.length > 0) {
      this.proposeConfig(finishMembershipChange(config));
      return;
    }
    while (this.#mayCut() && this.#cut()) {
      // One block after the other, as long as the rules and the pipeline allow.
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** P2: a config block stands in the log and is not applied. */
  get #isFenced(): boolean {
    const { newest, base } = this.#parts.log;
    return newest.state.config.number > base.state.config.number;
  }

  /** P4: false once this member's key was replaced and this process still signs with the one before. */
  get #holdsItsKey(): boolean {
    const { channel, host, log } = this.#parts;
    const verifier = log.newest.state.verifiers.get(channel.memberId);
    return verifier !== undefined && equalBytes(verifier.publicKey, host.signer.publicKey);
  }

  #mayCut(): boolean {
    const { channel, host, submissions } = this.#parts;
    const { queue } = submissions;
    if (queue.count === 0) return false;
    const decision = decideBatch(
      {
        waitingTransactions: queue.count,
        waitingBytes: queue.bytes,
        waitedMs: host.monotonicMs() - (queue.oldestAtMs ?? 0),
        blocksInFlight: channel.blocksInFlight,
        bytesInFlight: submissions.bytesInFlight,
      },
      channel.config.batch,
      host.limits.pipeline,
    );
    if (decision.kind === 'wait' && decision.againInMs !== null) this.#wakeIn(decision.againInMs);
    return decision.kind === 'cut';
  }

  #wakeIn(delayMs: number): void {
    const { host, channel } = this.#parts;
    this.#timer ??= host.after(delayMs, () => {
      this.#timer = null;
      host.markDirty(channel);
    });
  }

  /**
   * Cuts one block and proposes it; none if nothing it would hold is due any more. False if Raft does not take proposals
   * now: what waits goes on waiting.
   */
  #cut(): boolean {
    const { channel, host, submissions } = this.#parts;
    const { queue } = submissions;
    const nowMs = host.monotonicMs();
    const waitedMs = nowMs - (queue.oldestAtMs ?? nowMs);
    const { batch } = channel.config;
    const taken = queue.take(countToCut(queue.sizes(), batch));
    const runs = submissions.stillDue(taken, nowMs);
    if (runs.length === 0) return true;
    const block = this.#buildBlock('data', bodyParts(runs));
    const accepted = this.#propose(block, 'data');
    if (accepted === null) {
      queue.putBack(runs);
      return false;
    }
    const { index, term } = accepted;
    submissions.proposed({ index, term, block, runs });
    channel.counters.proposalsData += 1;
    const observer = host.observerOf(channel.name);
    observer.blockCut(block.body.count, block.bytes.length, waitedMs / 1000);
    return true;
  }

  /** Proposes a configuration that may follow the one in force; false if Raft does not take it now. */
  proposeConfig(config: ChannelConfig): boolean {
    const { channel, host, log } = this.#parts;
    assert(!this.#isFenced, 'one configuration at a time (P2)');
    const refusal = checkSuccession(channel.config, config);
    assert(refusal === null, `a configuration follows the one in force (P4): ${refusal?.message}`);
    const number = parseBlockNumber(log.newest.state.number + 1);
    const block = this.#buildBlock('config', [configBlockPart(number, config)]);
    if (this.#propose(block, 'config') === null) return false;
    channel.counters.proposalsConfig += 1;
    host.markDirty(channel);
    return true;
  }

  /** The next block of this leader's log: chained on the newest block (P1), signed, of this term. */
  #buildBlock(kind: 'data' | 'config', parts: readonly Uint8Array[]): Block {
    const { channel, host, raft, log } = this.#parts;
    const { state } = log.newest;
    const number = parseBlockNumber(state.number + 1);
    return buildBlock({
      crypto: host.crypto,
      signer: host.signer,
      header: {
        kind,
        channelId: channel.channelId,
        number,
        previousHash: state.hash,
        timestampMs: Math.max(host.wallMs(), state.timestampMs),
        term: raft.term,
        proposer: channel.memberId,
        configNumber: kind === 'config' ? number : state.config.number,
      },
      parts,
    });
  }

  /** Null if Raft refuses it, because too much is uncommitted for instance: nothing was done then. */
  #propose(block: Block, kind: 'data' | 'config'): Accepted | null {
    const { channel, host, raft, log, keeper } = this.#parts;
    const inFlight = channel.blocksInFlight;
    const result = kind === 'config' ? raft.proposeConfig(block.bytes) : raft.propose(block.bytes);
    if (!result.ok) {
      countReason(channel.counters.proposalsFailed, result.reason);
      return null;
    }
    const { index, term } = result;
    keeper.append(log.entryAfter(log.newest, { index, term, kind }, block));
    host.blockCreated(channel, block.header.number, inFlight);
    return result;
  }
}
