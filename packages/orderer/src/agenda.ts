/**
 * Whether there is anything to do in a channel: asked at every tick and heartbeat of a thousand idle ones.
 *
 * Pure questions. Invariants: a turn that would do something is never left out; a channel whose time passes unnoticed has
 * nothing that waits for time but Raft, which knows how long it may sleep.
 */
import type { RaftCore } from '@cairn/raft';
import type { ChainLog } from './chain-log.ts';
import type { ChannelDisk } from './channel-disk.ts';
import type { IndexBacklog } from './index-backlog.ts';
import type { Proposer } from './proposer.ts';
import type { Reads } from './reads.ts';
import type { Submissions } from './submissions.ts';

export interface AgendaParts {
  readonly raft: RaftCore;
  readonly log: ChainLog;
  readonly disk: ChannelDisk;
  readonly submissions: Submissions;
  readonly proposer: Proposer;
  readonly reads: Reads;
  readonly backlog: IndexBacklog;
}

export class Agenda {
  readonly #parts: AgendaParts;

  constructor(parts: AgendaParts) {
    this.#parts = parts;
  }

  /** Whether a turn would do anything now. */
  hasWork(nowMs: number): boolean {
    const { raft, submissions, proposer, backlog } = this.#parts;
    return (
      raft.hasEffects() ||
      submissions.queue.count > 0 ||
      (raft.isLeader && proposer.isPending) ||
      backlog.isDue(nowMs) ||
      this.isCommitWanted
    );
  }

  /** Somebody waits to be shown what is committed, and the disk does not know of it yet. */
  get isCommitWanted(): boolean {
    const { log, disk, reads } = this.#parts;
    return disk.isCommitBehind && reads.isWantedBelow(log.base.state.number + 1);
  }

  /** Nothing waits for time to pass but Raft. */
  get isIdle(): boolean {
    const { disk, submissions, reads, backlog } = this.#parts;
    return (
      !disk.isCommitBehind &&
      submissions.openRequests === 0 &&
      submissions.queue.count === 0 &&
      reads.waiting === 0 &&
      backlog.blocks === 0
    );
  }
}
