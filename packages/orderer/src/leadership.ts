/**
 * Leadership as the channel lives through it: found, won, lost, handed over; and what of it is logged and counted.
 *
 * Invariant: as soon as this orderer is no leader any more, it proposes nothing, and whatever was only queued is refused as
 * never ordered (promise 4).
 */
import {
  type MemberId,
  type RaftCore,
  type RaftEvent,
  type RaftStatus,
  renderEvent,
  renderLeaderChange,
} from '@cairn/raft';
import type { Channel } from './channel.ts';
import type { ChannelHost } from './channel-host.ts';
import type { Proposer } from './proposer.ts';

export interface LeadershipParts {
  readonly channel: Channel;
  readonly host: ChannelHost;
  readonly raft: RaftCore;
  readonly proposer: Proposer;
}

export class Leadership {
  readonly #parts: LeadershipParts;
  #sinceMs = 0;

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
  }

  /** Wall-clock time at which the leader of now was found; 0 while none is known. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** What Raft tells of itself. */
  notice(event: RaftEvent): void {
    this.#log(event);
    const { channel, host } = this.#parts;
    switch (event.type) {
      case 'electionStarted':
        channel.counters.elections += 1;
        break;
      case 'leader':
        if (event.from === 0 && event.to !== 0) channel.counters.leaderChanges += 1;
        this.#sinceMs = event.to === 0 ? 0 : host.wallMs();
        if (event.to === channel.memberId) host.leadershipChanged(channel, true);
        break;
      case 'role':
        if (event.role !== 'leader') this.#stop();
        break;
      default:
        break;
    }
  }

  #log(event: RaftEvent): void {
    const { channel, host, raft } = this.#parts;
    const log = host.logOf(channel);
    const change = renderLeaderChange(channel.memberId, event);
    if (change !== null) log.info({ term: raft.term }, change);
    const line = renderEvent(channel.memberId, event);
    if (line !== null) log[line.level]({ term: raft.term }, line.text);
  }

  #stop(): void {
    const { channel, host, proposer } = this.#parts;
    proposer.stop();
    channel.submissions.lostLeadership(channel.state === 'stopping' ? 'STOPPING' : 'NOT_LEADER');
    host.leadershipChanged(channel, false);
  }

  /** Gives leadership to the best successor; false if there is nobody to give it to. */
  handOver(): boolean {
    const { channel, raft } = this.#parts;
    const { status } = raft;
    // Once asked, a successor is left in peace: a second one would stand against it.
    if (status.transferee !== 0) return true;
    const target = bestSuccessor(status);
    if (target !== null) channel.transferTo(target);
    return target !== null || status.conf.voters.length > 1;
  }
}

/** What of a leader's status says who may follow it. */
interface Succession {
  readonly id: MemberId;
  readonly conf: Pick<RaftStatus['conf'], 'voters'>;
  readonly progress: readonly Pick<RaftStatus['progress'][number], 'id' | 'match' | 'active'>[];
}

/** The voter with the longest known log among those heard of lately; of equal ones the one with the lowest id. */
export function bestSuccessor({ id: self, progress, conf }: Succession): MemberId | null {
  const candidates = progress.filter(
    ({ id, active }) => id !== self && active && conf.voters.includes(id),
  );
  candidates.sort((left, right) => right.match - left.match || left.id - right.id);
  return candidates[0]?.id ?? null;
}
