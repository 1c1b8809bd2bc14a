/**
 * What this orderer knows of the other members of a channel: whom it has heard of late, and which blocks they hold.
 *
 * For people and dashboards alone; nothing is decided by it.
 */
import { type MemberId, type RaftCore, toIndex } from '@cairn/raft';
import type { ChainLog } from './chain-log.ts';
import type { Channel } from './channel.ts';
import type { ChannelBlocks } from './channel-blocks.ts';
import type { ChannelHost } from './channel-host.ts';
import { Hearing } from './hearing.ts';

export interface PeersParts {
  readonly channel: Channel;
  readonly host: ChannelHost;
  readonly raft: RaftCore;
  readonly log: ChainLog;
  readonly blocks: ChannelBlocks;
}

export class Peers {
  readonly #parts: PeersParts;
  readonly #hearing = new Hearing();

  constructor(parts: PeersParts) {
    this.#parts = parts;
  }

  heard(member: MemberId, nowMs: number): void {
    this.#hearing.heard(member, nowMs);
  }

  /** True if the member was heard within an election time-out, or is this orderer. */
  isHeard(member: MemberId): boolean {
    const { channel, host } = this.#parts;
    const { tickMs, electionTicks } = channel.config.raft;
    if (member === channel.memberId) return true;
    return this.#hearing.isHeard(member, host.monotonicMs(), tickMs * electionTicks);
  }

  /** Voters of the applied configuration heard within an election time-out, this orderer included. */
  get votersHeard(): number {
    return this.#parts.raft.status.conf.voters.filter((id) => this.isHeard(id)).length;
  }

  /** Blocks at or below a log index that some member holds. */
  heightHeldBy(match: number): number {
    const { log, blocks } = this.#parts;
    return blocks.heightAt(toIndex(match), log.base);
  }
}
