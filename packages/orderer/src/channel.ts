/**
 * One channel on one orderer: Raft, the chain in its log, the leader's desk, what may be shown.
 *
 * Control flow lives here and in nothing below: inputs (a frame, a tick, a submission, "on disk") change state and mark
 * the channel dirty; `runTurn` then carries out everything that became possible, in a fixed order: propose, send, write,
 * apply. The work itself is done in the rooms that `channel-rooms.ts` puts together. Nothing here waits; time, chance, bus
 * and disk come in through the host.
 *
 * Invariant, beside K1 (`channel-disk.ts`) and K2 (`applier.ts`):
 *   K3  a channel that failed neither votes nor acknowledges; it still shows what was visible.
 */
import {
  type ChannelConfig,
  type ConfigAt,
  type Hash,
  type OrdererName,
  toHex,
  txIdUuidV7,
} from '@cairn/ledger';
import type {
  Effects,
  HardState,
  Index,
  MemberId,
  Message,
  RaftCore,
  RaftStanding,
  RaftStatus,
  Term,
} from '@cairn/raft';
import type { Beat } from '@cairn/transport';
import type { Agenda } from './agenda.ts';
import type { ChannelIdentity } from './answers.ts';
import type { Applier } from './applier.ts';
import type { ChannelDisk } from './channel-disk.ts';
import type { ChannelHost } from './channel-host.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { ChannelReader } from './channel-reader.ts';
import { openRooms } from './channel-rooms.ts';
import { assert } from './errors.ts';
import type { Leadership } from './leadership.ts';
import type { LogKeeper } from './log-keeper.ts';
import { removalWarning } from './own-membership.ts';
import type { Peers } from './peers.ts';
import type { Proposer } from './proposer.ts';
import { Pulse } from './pulse.ts';
import type { Reads } from './reads.ts';
import type { Submissions } from './submissions.ts';
import { type Frame, type ReplyToRequest, SubmitRequest } from './submit-request.ts';
import { type ChannelCounters, newChannelCounters } from './telemetry.ts';

/** Why a channel has stopped on this orderer. */
export interface ChannelProblem {
  readonly code: string;
  readonly message: string;
}

export type ChannelState = 'active' | 'failed' | 'stopping';

export class Channel {
  /** It stands in the list for the next turn; kept by `Turns` alone. */
  isDue = false;
  readonly name: string;
  readonly channelId: Hash;
  readonly identity: ChannelIdentity;
  readonly memberId: MemberId;
  readonly counters: ChannelCounters = newChannelCounters();
  readonly submissions: Submissions;
  /** What may be shown of it. */
  readonly reader: ChannelReader;
  readonly leadership: Leadership;
  readonly peers: Peers;
  /** Kept by its ticker. */
  readonly pulse = new Pulse();
  readonly #host: ChannelHost;
  readonly #parts: ChannelParts;
  readonly #raft: RaftCore;
  readonly #disk: ChannelDisk;
  readonly #keeper: LogKeeper;
  readonly #applier: Applier;
  readonly #reads: Reads;
  readonly #proposer: Proposer;
  readonly #agenda: Agenda;
  readonly #sendHeartbeat: (to: MemberId, commit: Index) => void;
  #state: ChannelState = 'active';
  #problem: ChannelProblem | null = null;

  constructor(parts: ChannelParts, host: ChannelHost) {
    this.#parts = parts;
    this.#host = host;
    this.name = parts.name;
    this.channelId = parts.channelId;
    this.memberId = parts.own.memberId;
    this.identity = { channel: parts.name, channelId: toHex(parts.channelId) };
    const rooms = openRooms(this, parts, host);
    this.submissions = rooms.submissions;
    this.reader = rooms.reader;
    this.leadership = rooms.leadership;
    this.peers = rooms.peers;
    this.#raft = rooms.raft;
    this.#disk = rooms.disk;
    this.#keeper = rooms.keeper;
    this.#applier = rooms.applier;
    this.#reads = rooms.reads;
    this.#proposer = rooms.proposer;
    this.#agenda = rooms.agenda;
    this.#sendHeartbeat = (to, commit) => host.sendHeartbeat(this, to, commit);
  }

  // What can be asked at any time.

  get state(): ChannelState {
    return this.#state;
  }

  get problem(): ChannelProblem | null {
    return this.#problem;
  }

  get status(): RaftStatus {
    return this.#raft.status;
  }

  /** What of `status` changes from event to event; costs next to nothing. */
  get standing(): RaftStanding {
    return this.#raft.standing;
  }

  get term(): number {
    return this.#raft.term;
  }

  /** A channel that failed here takes no part any more, whatever it was when it stopped. */
  get isLeader(): boolean {
    return this.#state !== 'failed' && this.#raft.isLeader;
  }

  /**
   * False once the applied configuration has no place for this orderer any more: it does not stand for election and is
   * sent nothing, shows the blocks it has, and refuses submissions as a follower does. Who was added again is a member,
   * and sent everything, before it starts under its new id and may stand for election.
   */
  get isMember(): boolean {
    const { voters, outgoing, learners } = this.#raft.status.conf;
    if ([voters, outgoing, learners].some((ids) => ids.includes(this.memberId))) return true;
    const ownName = this.nameOfMember(this.memberId);
    return this.config.members.some(({ name }) => name === ownName);
  }

  /** Number of committed blocks. */
  get height(): number {
    return this.#parts.log.base.state.number + 1;
  }

  get newestHash(): Hash {
    return this.#parts.log.base.state.hash;
  }

  /** The applied configuration. */
  get configAt(): ConfigAt {
    return this.#parts.log.base.state.config;
  }

  get config(): ChannelConfig {
    return this.configAt.config;
  }

  get committedConfigNumber(): number {
    return this.configAt.number;
  }

  get indexLagBlocks(): number {
    return this.#parts.backlog.blocks;
  }

  get blocksInFlight(): number {
    return this.#parts.log.blocksInTail;
  }

  get leaderName(): OrdererName | null {
    const led = this.#raft.leader === this.memberId;
    return led && !this.isLeader ? null : this.nameOfMember(this.#raft.leader);
  }

  nameOfMember(id: number): OrdererName | null {
    return this.#parts.blocks.nameOfMember(id);
  }

  /** What the member has acknowledged to this leader in this term; 0 if this is no leader. */
  acknowledgedBy(member: MemberId): number {
    return this.#raft.status.progress.find(({ id }) => id === member)?.match ?? 0;
  }

  /** Another one as soon as `memberNamed` may answer otherwise. */
  get members(): object {
    return this.#parts.log.named;
  }

  /** The member of this name, while the log still has a use for it. */
  memberNamed(name: string): MemberId | null {
    const member = this.#parts.log.membersNamed(name)[0];
    return member === undefined ? null : (member.id as MemberId);
  }

  // Inputs.

  /** A voter's first act (it asks for pre-votes before it has heard anyone). */
  start(): void {
    const { removedBy } = this.#parts.own;
    if (removedBy !== null) {
      const warning = removalWarning(this.name, removedBy, this.height - 1);
      this.#host.logOf(this).warn({ term: this.#raft.term }, warning);
    }
    this.#raft.campaign();
    this.#host.markDirty(this);
  }

  /** Time has passed since it was told last: one tick, and before it those it has slept through. */
  tick(): void {
    if (this.#state === 'failed') return this.pulse.sleep(Number.POSITIVE_INFINITY);
    const untold = this.pulse.takeUntold();
    assert(untold > 0, 'a tick is told once');
    this.#raft.passQuietTicks(untold - 1);
    if (this.pulse.isAsleep && this.#raft.tickQuietly(this.#sendHeartbeat)) {
      return this.pulse.sleep(this.#raft.quietTicks);
    }
    this.#raft.tick();
    if (this.#disk.isCommitBehind) this.#raft.persistCommit();
    const nowMs = this.#host.monotonicMs();
    this.submissions.sweep(nowMs);
    this.#reads.sweep(nowMs);
    this.#carryOnIfDue(nowMs);
    if (this.#agenda.isIdle) this.pulse.sleep(this.#raft.quietTicks);
  }

  /** Something other than time happens: all ticks until now are told first, and the next one will be. */
  #awake(): void {
    this.#raft.passQuietTicks(this.pulse.takeUntold());
    this.pulse.wake();
  }

  /** Messages that wait for nothing leave at once, and all else has its turn. */
  #carryOnIfDue(nowMs: number): void {
    if (this.#isFailed()) return;
    if (this.#raft.hasOnlyMessages) {
      for (const message of this.#raft.takeMessages()) this.#host.send(this, message);
    }
    if (this.#agenda.hasWork(nowMs)) this.#host.markDirty(this);
  }

  /**
   * A heartbeat, or the answer to one, that tells nothing new: nothing changes but how long ago somebody was heard. False:
   * it is another one, for `receive`.
   */
  hearQuietBeat(from: MemberId, beat: Beat): boolean {
    if (this.#state === 'failed') return false;
    if (beat.type === 'heartbeat') {
      const isQuiet = this.#raft.hearQuietHeartbeat(from, beat.term as Term, beat.commit as Index);
      if (!isQuiet) return false;
      // Time is counted from this heartbeat on.
      this.pulse.takeUntold();
    } else if (!this.#raft.hearQuietResponse(from, beat.term as Term)) return false;
    this.peers.heard(from, this.#host.monotonicMs());
    return true;
  }

  /** A message from a member whose identity the transport has established. */
  receive(message: Message): void {
    if (this.#state === 'failed') return;
    this.#awake();
    const nowMs = this.#host.monotonicMs();
    this.peers.heard(message.from, nowMs);
    const violation = this.#keeper.step(message);
    if (violation !== null) {
      const { reason, evidence } = violation;
      this.#host.keepEvidence(this, reason, evidence);
      this.fail({ code: reason, message: `Block refused: ${violation.message}.` });
    }
    this.#carryOnIfDue(nowMs);
  }

  /** Everything up to this write is on disk. */
  persisted(seq: number, hard: HardState | null): void {
    this.#disk.persisted(seq, hard);
    if (this.#state !== 'failed') {
      this.#awake();
      this.#raft.persisted(seq);
      this.#keeper.chainNoop();
      this.#disk.release();
    }
    this.#host.markDirty(this);
  }

  /** The staged batch of the transaction index is on disk. */
  indexed(): void {
    this.#applier.indexed();
  }

  submit(frame: Frame, timeoutMs: number, reply: ReplyToRequest): void {
    const nowMs = this.#host.monotonicMs();
    const request = new SubmitRequest(frame, nowMs, nowMs + timeoutMs, reply);
    const refusal = this.refusalNow();
    if (refusal !== null) return this.submissions.refuse(request, refusal);
    this.submissions.admit(request);
    this.#host.markDirty(this);
  }

  /** Why no submission is taken here now; null if they are. */
  refusalNow(): 'CHANNEL_FAILED' | 'STOPPING' | 'NOT_LEADER' | null {
    if (this.#state === 'failed') return 'CHANNEL_FAILED';
    if (this.#state === 'stopping') return 'STOPPING';
    return this.#raft.isLeader ? null : 'NOT_LEADER';
  }

  newTransactionId(): string {
    return txIdUuidV7(this.#host.wallMs(), this.#host.random.bytes(10));
  }

  // The turn.

  /** Carries out everything that is possible now. Writes go to the host, which makes them one transaction. */
  runTurn(): void {
    if (this.#state === 'failed') return;
    this.#awake();
    for (;;) {
      if (this.#raft.isLeader && this.#state === 'active') this.#proposer.proposeWhatIsDue();
      // What was applied just now may be what somebody waits for.
      if (this.#agenda.isCommitWanted) this.#raft.persistCommit();
      if (!this.#raft.hasEffects()) break;
      this.#carryOut(this.#raft.take());
      if (this.#isFailed()) return;
    }
    this.#stageIndex();
    const { blocks, log } = this.#parts;
    this.#reads.advance(blocks.heightAt(this.#disk.commit, log.base));
  }

  /** Carrying out effects may end in failure, which the type checker cannot see. */
  #isFailed(): boolean {
    return this.#state === 'failed';
  }

  #carryOut(effects: Effects): void {
    for (const event of effects.events) this.leadership.notice(event);
    for (const message of effects.send) this.#host.send(this, message);
    if (effects.write !== null) this.#disk.issue(effects.write);
    if (effects.afterWrite.length > 0) this.#disk.sendAfterWrite(effects.afterWrite);
    if (effects.commit.length > 0) this.#applier.apply(effects.commit);
  }

  /** A batch of the index goes out with a commit index that covers its mark. */
  #stageIndex(): void {
    const { backlog } = this.#parts;
    if (!backlog.isDue(this.#host.monotonicMs())) return;
    if (this.#disk.isCommitBehind) {
      this.#raft.persistCommit();
      if (this.#raft.hasEffects()) this.#carryOut(this.#raft.take());
    }
    this.#disk.issueIndex(backlog.stage(this.#host.crypto));
  }

  /** Proposes a configuration that may follow the one in force; false if this is no leader or Raft does not take it. */
  proposeConfig(config: ChannelConfig): boolean {
    return this.#raft.isLeader && this.#proposer.proposeConfig(config);
  }

  // Ends.

  /** Hands leadership over if it can; true if there is nothing (left) to hand over. */
  prepareToStop(): boolean {
    if (this.#state === 'active') this.#state = 'stopping';
    return !this.isLeader || !this.leadership.handOver();
  }

  transferTo(member: MemberId): void {
    this.#awake();
    this.#raft.transferTo(member);
    this.#host.markDirty(this);
  }

  endAll(): void {
    this.#proposer.stop();
    this.submissions.endAll('STOPPING');
    this.#reads.endAll();
  }

  /** Stops the channel on this orderer: no vote, no acknowledgement; reads go on. */
  fail(problem: ChannelProblem): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#problem = problem;
    this.#host.logOf(this).error({ code: problem.code }, problem.message);
    this.#proposer.stop();
    this.submissions.endAll('CHANNEL_FAILED');
    this.#reads.endAll();
    this.#host.leadershipChanged(this, false);
  }
}
