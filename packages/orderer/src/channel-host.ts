/**
 * What a channel needs of the orderer around it, and nothing more: the simulator gives it the same.
 */
import type { Crypto, Signer } from '@cairn/ledger';
import type { Index, MemberId, Message } from '@cairn/raft';
import type { ChannelWrite } from '@cairn/store';
import type { Cancellable } from '@cairn/transport';
import type { PipelineLimits } from './batcher.ts';
import type { Channel } from './channel.ts';
import type { Random } from './ports.ts';
import type { QueueLimits } from './submission-queue.ts';
import type { ChannelObserver, Log } from './telemetry.ts';

export interface ChannelLimits {
  readonly queue: QueueLimits;
  readonly pipeline: PipelineLimits;
  /** Clocks further apart than this are counted. */
  readonly clockSkewMsMax: number;
}

export interface ChannelHost {
  readonly limits: ChannelLimits;
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly random: Random;
  wallMs(): number;
  monotonicMs(): number;
  after(delayMs: number, callback: () => void): Cancellable;
  /** The channel has something to carry out: its turn comes before anything else arrives. */
  markDirty(channel: Channel): void;
  send(channel: Channel, message: Message): void;
  /** As `send` with a heartbeat of the channel's term and without a probe. */
  sendHeartbeat(channel: Channel, to: MemberId, commit: Index): void;
  /** Queues a write; `persisted(seq)` follows once it is on disk. */
  write(channel: Channel, seq: number, write: ChannelWrite): void;
  publishEvent(channel: Channel, payload: Uint8Array): void;
  leadershipChanged(channel: Channel, leads: boolean): void;
  blockCreated(channel: Channel, number: number, inFlight: number): void;
  blockWritten(channel: Channel, number: number, index: Index): void;
  keepEvidence(channel: Channel, reason: string, block: Uint8Array): void;
  logOf(channel: Channel): Log;
  observerOf(channelName: string): ChannelObserver;
}
