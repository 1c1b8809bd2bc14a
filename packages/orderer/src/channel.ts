/**
 * One channel on one orderer: Raft, the chain in its log, the leader's desk, what may be shown.
 *
 * Control flow lives here and in nothing below: inputs (a frame, a tick, a submission, "on disk") change state and mark
 * the channel dirty; `runTurn` then carries out everything that became possible, in a fixed order: propose, send, write,
 * apply. Nothing here waits; time, chance, bus and disk come in through the host.
 *
 * Invariants:
 *   K1  a message that says something is on disk leaves only after `persisted` has said so;
 *   K2  an entry is applied only when it is committed and on this disk, once, in order;
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
import {
  type Effects,
  type Entry,
  type HardState,
  type Index,
  type MemberId,
  type Message,
  RaftCore,
  type RaftEvent,
  type RaftStanding,
  type RaftStatus,
  renderEvent,
  renderLeaderChange,
  type Term,
  toIndex,
  type Write,
} from '@cairn/raft';
import type { ChannelWrite } from '@cairn/store';
import type { Beat, InfoReply } from '@cairn/transport';
import { Answers, type ChannelIdentity } from './answers.ts';
import type { ChainLog, LogEntry } from './chain-log.ts';
import type { ChannelBlocks } from './channel-blocks.ts';
import type { ChannelHost } from './channel-host.ts';
import { channelInfo } from './channel-info.ts';
import { type ChannelParts, raftOptions } from './channel-parts.ts';
import { ChannelReader } from './channel-reader.ts';
import { DiskGate } from './disk-gate.ts';
import { assert } from './errors.ts';
import { Hearing } from './hearing.ts';
import type { IndexBacklog } from './index-backlog.ts';
import { logReader } from './log-reader.ts';
import { removalWarning } from './own-membership.ts';
import { Proposer } from './proposer.ts';
import { Pulse } from './pulse.ts';
import { Reads } from './reads.ts';
import { SubmissionQueue } from './submission-queue.ts';
import { Submissions } from './submissions.ts';
import { type Frame, type ReplyToRequest, SubmitRequest } from './submit-request.ts';
import { type ChannelCounters, countReason, newChannelCounters } from './telemetry.ts';
import type { TransactionIds } from './transaction-ids.ts';

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
  readonly #host: ChannelHost;
  readonly #parts: ChannelParts;
  readonly #raft: RaftCore;
  readonly #log: ChainLog;
  readonly #blocks: ChannelBlocks;
  readonly #ids: TransactionIds;
  readonly #backlog: IndexBacklog;
  readonly #reads: Reads;
  readonly #answers: Answers;
  readonly #hearing = new Hearing();
  readonly pulse = new Pulse();
  readonly #sendHeartbeat: (to: MemberId, commit: Index) => void;
  #state: ChannelState = 'active';
  #leaderSinceMs = 0;
  #problem: ChannelProblem | null = null;
  readonly #gate: DiskGate;
  readonly #proposer: Proposer;
  #persistedCommit: Index;

  constructor(parts: ChannelParts, host: ChannelHost) {
    this.#parts = parts;
    this.#host = host;
    this.name = parts.name;
    this.channelId = parts.channelId;
    this.memberId = parts.own.memberId;
    this.identity = { channel: parts.name, channelId: toHex(parts.channelId) };
    this.#log = parts.log;
    this.#blocks = parts.blocks;
    this.#ids = parts.ids;
    this.#backlog = parts.backlog;
    this.#answers = new Answers(this.identity);
    this.#raft = new RaftCore(raftOptions(parts), parts.raftInit, {
      reader: logReader(parts.log, parts.store),
      random: host.random,
      confChangeOf: parts.confChangeOf,
      autoLeaveEntry: null,
      snapshot: () => null,
    });
    this.#sendHeartbeat = (to, commit) => host.sendHeartbeat(this, to, commit);
    this.#persistedCommit = parts.raftInit.hard.commit;
    this.#reads = new Reads(this.height);
    this.#gate = new DiskGate((message) => host.send(this, message));
    const queue = new SubmissionQueue(host.limits.queue, parts.idSeed);
    this.submissions = new Submissions(queue, {
      answers: this.#answers,
      crypto: host.crypto,
      counters: this.counters,
      observer: host.observerOf(parts.name),
      host: {
        find: (bytes, start, length) => this.#blocks.findAt(bytes, start, length),
        leaderName: () => this.leaderName,
        maxTransactionBytes: () => this.config.batch.maxTransactionBytes,
      },
    });
    this.reader = new ChannelReader({
      identity: this.identity,
      reads: this.#reads,
      blocks: this.#blocks,
      queue,
      monotonicMs: () => host.monotonicMs(),
      height: () => this.height,
      isFailed: () => this.#isFailed(),
      wake: () => host.markDirty(this),
    });
    this.#proposer = new Proposer({
      channel: this,
      host,
      raft: this.#raft,
      log: parts.log,
      submissions: this.submissions,
      append: (entry) => this.#append(entry),
    });
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
   * sent nothing, shows the blocks it has, and refuses submissions as a follower does.
   */
  get isMember(): boolean {
    const { voters, outgoing, learners } = this.#raft.status.conf;
    return [voters, outgoing, learners].some((ids) => ids.includes(this.memberId));
  }

  /** Number of committed blocks. */
  get height(): number {
    return this.#log.base.state.number + 1;
  }

  get newestHash(): Hash {
    return this.#log.base.state.hash;
  }

  /** The applied configuration. */
  get configAt(): ConfigAt {
    return this.#log.base.state.config;
  }

  get config(): ChannelConfig {
    return this.configAt.config;
  }

  get committedConfigNumber(): number {
    return this.configAt.number;
  }

  get indexLagBlocks(): number {
    return this.#backlog.blocks;
  }

  get blocksInFlight(): number {
    return this.#log.blocksInTail;
  }

  /** True if the member was heard within an election time-out, or is this orderer. */
  isHeard(id: MemberId): boolean {
    const { tickMs, electionTicks } = this.config.raft;
    if (id === this.memberId) return true;
    return this.#hearing.isHeard(id, this.#host.monotonicMs(), tickMs * electionTicks);
  }

  /** Wall-clock time at which the leader of now was found; 0 while none is known. */
  get leaderSinceMs(): number {
    return this.#leaderSinceMs;
  }

  /** Voters of the applied configuration heard within an election time-out, this orderer included. */
  get votersHeard(): number {
    return this.#raft.status.conf.voters.filter((id) => this.isHeard(id)).length;
  }

  get leaderName(): OrdererName | null {
    const led = this.#raft.leader === this.memberId;
    return led && !this.isLeader ? null : this.nameOfMember(this.#raft.leader);
  }

  nameOfMember(id: number): OrdererName | null {
    return this.#blocks.nameOfMember(id);
  }

  /** What the member has acknowledged to this leader in this term; 0 if this is no leader. */
  acknowledgedBy(member: MemberId): number {
    return this.#raft.status.progress.find(({ id }) => id === member)?.match ?? 0;
  }

  /** Blocks at or below a log index that some member holds. */
  heightHeldBy(match: number): number {
    return this.#blocks.heightAt(toIndex(match), this.#log.base);
  }

  /** Another one as soon as `memberNamed` may answer otherwise. */
  get members(): object {
    return this.#log.named;
  }

  /** The member of this name, while the log still has a use for it. */
  memberNamed(name: string): MemberId | null {
    const member = this.#log.membersNamed(name)[0];
    return member === undefined ? null : (member.id as MemberId);
  }

  info(): InfoReply {
    return channelInfo(this);
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
    if (this.#raft.commit > this.#persistedCommit) this.#raft.persistCommit();
    const nowMs = this.#host.monotonicMs();
    this.submissions.sweep(nowMs);
    this.#reads.sweep(nowMs);
    this.#carryOnIfDue(nowMs);
    if (this.#isIdle) this.pulse.sleep(this.#raft.quietTicks);
  }

  /** Something other than time happens: all ticks until now are told first, and the next one will be. */
  #awake(): void {
    this.#raft.passQuietTicks(this.pulse.takeUntold());
    this.pulse.wake();
  }

  /** Nothing waits for time to pass but Raft. */
  get #isIdle(): boolean {
    return (
      this.#raft.commit <= this.#persistedCommit &&
      this.submissions.openRequests === 0 &&
      this.submissions.queue.count === 0 &&
      this.#reads.waiting === 0 &&
      this.#backlog.blocks === 0
    );
  }

  /** Messages that wait for nothing leave at once, and all else has its turn. */
  #carryOnIfDue(nowMs: number): void {
    if (this.#isFailed()) return;
    if (this.#raft.hasOnlyMessages) {
      for (const message of this.#raft.takeMessages()) this.#host.send(this, message);
    }
    if (this.#hasWork(nowMs)) this.#host.markDirty(this);
  }

  /** Whether a turn would do anything: a thousand idle channels must not take one for every tick and heartbeat. */
  #hasWork(nowMs: number): boolean {
    return (
      this.#raft.hasEffects() ||
      this.submissions.queue.count > 0 ||
      (this.#raft.isLeader && this.#proposer.isPending) ||
      this.#backlog.isDue(nowMs) ||
      this.#isCommitWanted
    );
  }

  /** Somebody waits to be shown what is committed, and the disk does not know of it yet. */
  get #isCommitWanted(): boolean {
    return this.#raft.commit > this.#persistedCommit && this.#reads.isWantedBelow(this.height);
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
    this.#hearing.heard(from, this.#host.monotonicMs());
    return true;
  }

  /** A message from a member whose identity the transport has established. */
  receive(message: Message): void {
    if (this.#state === 'failed') return;
    this.#awake();
    const nowMs = this.#host.monotonicMs();
    this.#hearing.heard(message.from, nowMs);
    if (message.type === 'append') {
      this.#receiveAppend(message);
    } else {
      this.#raft.step(message);
      this.#chainNoop();
    }
    this.#carryOnIfDue(nowMs);
  }

  #receiveAppend(message: Extract<Message, { type: 'append' }>): void {
    const verdict = this.#log.judge(message, this.#raft);
    switch (verdict.kind) {
      case 'drop':
        countReason(this.counters.verifyFailures, verdict.reason);
        return;
      case 'violation':
        countReason(this.counters.verifyFailures, verdict.reason);
        this.#host.keepEvidence(this, verdict.reason, verdict.evidence);
        this.fail({ code: verdict.reason, message: `Block refused: ${verdict.message}.` });
        return;
      case 'pass':
        this.#raft.step(message);
        this.#adopt(verdict.fresh, message.commit);
    }
  }

  /** Brings the chain in line with what Raft has accepted. */
  #adopt(fresh: readonly LogEntry[], leaderCommit: Index): void {
    const first = fresh[0];
    if (first === undefined || this.#raft.termAt(first.index) !== first.term) return;
    if (first.index <= this.#log.newest.index) this.#truncateFrom(first.index);
    for (const entry of fresh) this.#append(entry);
    assert(this.#log.newest.index === this.#raft.lastIndex, 'chain and Raft log end together');
    const newest = fresh.at(-1)!;
    // What the leader had committed already is old news to whoever catches up.
    if (newest.index > leaderCommit) this.#checkClock(newest);
  }

  /**
   * Whoever has just won has put its no-op into Raft's log: the chain follows before anything else happens. By the end of
   * the turn a proposal may stand behind it, or another leader may have taken over and the term be another.
   */
  #chainNoop(): void {
    while (this.#log.newest.index < this.#raft.lastIndex) {
      const index = toIndex(this.#log.newest.index + 1);
      const noop = { index, term: this.#raft.termAt(index)!, kind: 'noop' } as const;
      this.#append(this.#log.entryAfter(this.#log.newest, noop, null));
    }
  }

  #append(entry: LogEntry): void {
    this.#log.append(entry);
    if (entry.block !== null) this.#ids.add(entry.block);
  }

  #truncateFrom(index: Index): void {
    for (const { block } of this.#log.truncateFrom(index)) {
      if (block !== null) this.#ids.remove(block);
    }
  }

  /** Clocks far apart are counted and alarmed, never refused: time protects nothing here. */
  #checkClock(entry: LogEntry): void {
    const skewMs = Math.abs(entry.state.timestampMs - this.#host.wallMs());
    if (entry.block !== null && skewMs > this.#host.limits.clockSkewMsMax) {
      this.counters.clockSkewed += 1;
    }
  }

  /** Everything up to this write is on disk. */
  persisted(seq: number, hard: HardState | null): void {
    this.#gate.persisted(seq);
    if (hard !== null) this.#persistedCommit = hard.commit;
    if (this.#state !== 'failed') {
      this.#awake();
      this.#raft.persisted(seq);
      this.#chainNoop();
      this.#gate.release();
    }
    this.#host.markDirty(this);
  }

  /** The staged batch of the transaction index is on disk. */
  indexed(): void {
    for (const block of this.#backlog.staged(this.#host.monotonicMs())) this.#ids.remove(block);
  }

  submit(frame: Frame, timeoutMs: number, reply: ReplyToRequest): void {
    const nowMs = this.#host.monotonicMs();
    const request = new SubmitRequest(frame, nowMs, nowMs + timeoutMs, reply);
    const refusal = this.refusalNow();
    if (refusal !== null) {
      const { count } = request;
      countReason(this.counters.refused, refusal, count);
      const line = this.#answers.refusal(refusal, { leader: this.leaderName });
      for (let position = 0; position < count; position++) request.end(position, line);
      return;
    }
    this.submissions.admit(request);
    this.#host.markDirty(this);
  }

  /** Why no submission is taken here now; null if they are. */
  refusalNow(): 'CHANNEL_FAILED' | 'STOPPING' | 'NOT_LEADER' | null {
    if (this.#state === 'failed') return 'CHANNEL_FAILED';
    if (this.#state === 'stopping') return 'STOPPING';
    return this.#raft.isLeader ? null : 'NOT_LEADER';
  }

  countRefused(code: string, count = 1): void {
    countReason(this.counters.refused, code, count);
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
      if (this.#isCommitWanted) this.#raft.persistCommit();
      if (!this.#raft.hasEffects()) break;
      this.#carryOut(this.#raft.take());
      if (this.#isFailed()) return;
    }
    this.#stageIndex();
    this.#reads.advance(this.#blocks.heightAt(this.#persistedCommit, this.#log.base));
  }

  /** Carrying out effects may end in failure, which the type checker cannot see. */
  #isFailed(): boolean {
    return this.#state === 'failed';
  }

  #carryOut(effects: Effects): void {
    for (const event of effects.events) this.#notice(event);
    for (const message of effects.send) this.#host.send(this, message);
    if (effects.write !== null) this.#issue(effects.write);
    if (effects.afterWrite.length > 0) this.#gate.sendAfterWrite(effects.afterWrite);
    if (effects.commit.length > 0) this.#apply(effects.commit);
  }

  #issue(write: Write): void {
    this.#gate.issued(write.seq);
    this.#host.write(this, write.seq, {
      channel: this.#parts.store,
      hard: write.hard,
      truncateFrom: write.truncateFrom,
      entries: write.entries.map((entry) => this.#storedEntry(entry)),
      snapshot: null,
      index: null,
    });
  }

  #storedEntry({ index, term, kind }: Entry): ChannelWrite['entries'][number] {
    const entry = this.#log.entryAt(index);
    assert(entry?.term === term, 'what is written was verified and chained before (C2)');
    const { block } = entry;
    if (block === null) return { index, term, kind, block: null };
    return { index, term, kind, block: { number: block.header.number, bytes: block.bytes } };
  }

  #apply(entries: readonly Entry[]): void {
    const nowMs = this.#host.monotonicMs();
    for (const { index } of entries) this.#applyOne(this.#log.advance(index), nowMs);
    this.#raft.applied(entries.at(-1)!.index);
  }

  #applyOne(entry: LogEntry, nowMs: number): void {
    const { index, term, kind, block } = entry;
    if (block !== null) {
      this.#backlog.add(block, nowMs);
      this.counters.transactions += block.body.count;
      if (kind === 'config') this.#blocks.addConfig(entry.state.config);
      if (this.#raft.isLeader) this.#host.publishEvent(this, this.#blocks.eventOf(block));
      this.#host.blockWritten(this, block.header.number, index);
    }
    this.submissions.committed(index, term, block, nowMs);
  }

  /** A batch of the index goes out with a commit index that covers its mark. */
  #stageIndex(): void {
    const nowMs = this.#host.monotonicMs();
    if (!this.#backlog.isDue(nowMs)) return;
    if (this.#raft.commit > this.#persistedCommit) {
      this.#raft.persistCommit();
      if (this.#raft.hasEffects()) this.#carryOut(this.#raft.take());
    }
    this.#host.write(this, this.#gate.issuedSeq, {
      channel: this.#parts.store,
      hard: null,
      truncateFrom: toIndex(0),
      entries: [],
      snapshot: null,
      index: this.#backlog.stage(this.#host.crypto),
    });
  }

  #notice(event: RaftEvent): void {
    const log = this.#host.logOf(this);
    const change = renderLeaderChange(this.memberId, event);
    if (change !== null) log.info({ term: this.#raft.term }, change);
    const line = renderEvent(this.memberId, event);
    if (line !== null) log[line.level]({ term: this.#raft.term }, line.text);
    switch (event.type) {
      case 'electionStarted':
        this.counters.elections += 1;
        break;
      case 'leader':
        if (event.from === 0 && event.to !== 0) this.counters.leaderChanges += 1;
        this.#leaderSinceMs = event.to === 0 ? 0 : this.#host.wallMs();
        if (event.to === this.memberId) this.#host.leadershipChanged(this, true);
        break;
      case 'role':
        if (event.role !== 'leader') this.#stopLeading();
        break;
      default:
        break;
    }
  }

  #stopLeading(): void {
    this.#proposer.stop();
    this.submissions.lostLeadership(this.#state === 'stopping' ? 'STOPPING' : 'NOT_LEADER');
    this.#host.leadershipChanged(this, false);
  }

  /** Proposes a configuration that may follow the one in force; false if this is no leader or Raft does not take it. */
  proposeConfig(config: ChannelConfig): boolean {
    return this.#raft.isLeader && this.#proposer.proposeConfig(config);
  }

  // Ends.

  /** Hands leadership over if it can; true if there is nothing (left) to hand over. */
  prepareToStop(): boolean {
    if (this.#state === 'active') this.#state = 'stopping';
    return !this.isLeader || !this.handOver();
  }

  /** Gives leadership to the best successor; false if there is nobody to give it to. */
  handOver(): boolean {
    const status = this.#raft.status;
    // Once asked, a successor is left in peace: a second one would stand against it.
    if (status.transferee !== 0) return true;
    const target = bestSuccessor(status);
    if (target !== null) this.transferTo(target);
    return target !== null || status.conf.voters.length > 1;
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

/** The voter with the longest known log among those heard of lately. */
function bestSuccessor({ id: self, progress, conf }: RaftStatus): MemberId | null {
  const candidates = progress.filter(
    ({ id, active }) => id !== self && active && conf.voters.includes(id),
  );
  candidates.sort((left, right) => right.match - left.match || left.id - right.id);
  return candidates[0]?.id ?? null;
}
