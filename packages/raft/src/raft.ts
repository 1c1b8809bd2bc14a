/**
 * The consensus core of one group on one member: every input and the one output.
 *
 * Synchronous, total, deterministic: time is `tick`, chance is injected, disk and network are effects
 * that `take` hands out as data. Whatever another member sends, `step` never throws; only a violated
 * invariant does, and then the group must stop.
 *
 * Invariants:
 * I1 every message is judged by its term first, in step.ts and nowhere else (paper, 5.1).
 * I2 term, vote, commit, cuts, entries and snapshot of one turn are one write (`take`).
 * I3 what promises something about the disk leaves only after that write (outbox.ts).
 * I4 calls with nothing to do cost a few comparisons and allocate nothing.
 */

import { assert, indexAfter, NO_INDEX, NO_MEMBER, toMemberId, toTerm } from './assert.ts';
import { ownVotePersisted, standForElection } from './election.ts';
import { RaftLog } from './log.ts';
import { appliedTo, propose } from './membership.ts';
import { emptyOutbox, isEmpty } from './outbox.ts';
import {
  hearQuietHeartbeat,
  hearQuietResponse,
  passQuietTicks,
  quietTicksOf,
  tickQuietly,
} from './quiet.ts';
import { countOwnDisk, memberSnapshotDone, memberUnreachable } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { NOT_DRAWN, type RaftState } from './state.ts';
import { stepMessage } from './step.ts';
import { tickOnce } from './ticks.ts';
import { trackerOf } from './tracker.ts';
import { startTransfer } from './transfer.ts';
import type {
  Effects,
  HardState,
  Index,
  MemberId,
  Message,
  ProposeResult,
  RaftDependencies,
  RaftInit,
  RaftOptions,
  RaftStanding,
  RaftStatus,
  Role,
  Term,
  Write,
} from './types.ts';

const nothing: Effects = Object.freeze({
  send: [],
  write: null,
  afterWrite: [],
  commit: [],
  events: [],
});

export class RaftCore {
  readonly #state: RaftState;
  /** Term, vote and commit as of the last write given out. */
  #hardIssued: HardState;
  #commitWanted = false;

  constructor(options: RaftOptions, init: RaftInit, dependencies: RaftDependencies) {
    assertOptions(options);
    const log = new RaftLog(init, dependencies.reader);
    const term = toTerm(init.hard.term);
    const empty = log.last < log.first;
    assert(empty || log.lastTerm <= term, 'the log holds a term that was never persisted');
    const next = indexAfter(log.last);
    this.#state = {
      id: toMemberId(options.id),
      options,
      dependencies,
      log,
      outbox: emptyOutbox(),
      tracker: trackerOf(options.id, init.conf, next, options),
      role: 'follower',
      term,
      vote: toMemberId(init.hard.vote),
      leader: NO_MEMBER,
      electionElapsed: 0,
      heartbeatElapsed: 0,
      electionTimeout: NOT_DRAWN,
      ownVoteSeq: 0,
      transferee: NO_MEMBER,
      pendingConfigIndex: NO_INDEX,
      uncommitted: [],
      uncommittedBytes: 0,
    };
    this.#hardIssued = init.hard;
    becomeFollower(this.#state, term, NO_MEMBER);
  }

  /** One unit of time has passed. */
  tick(): void {
    tickOnce(this.#state);
  }

  /** So many ticks from now would do nothing, if nothing else happens meanwhile. */
  get quietTicks(): number {
    return quietTicksOf(this.#state);
  }

  /** As that many calls of `tick`, of which there are at most `quietTicks`. */
  passQuietTicks(count: number): void {
    passQuietTicks(this.#state, count);
  }

  /**
   * As `tick`, if all that comes of it are heartbeats: then it is true, and `send` was given each of them: of this term,
   * with this commit index and probe 0. Only where nothing waits to be sent, which they would overtake.
   */
  tickQuietly(send: (to: MemberId, commit: Index) => void): boolean {
    return isEmpty(this.#state.outbox) && tickQuietly(this.#state, send);
  }

  /** As `step` with this heartbeat, if it changes nothing: then it is true, and an answer is due. */
  hearQuietHeartbeat(from: MemberId, term: Term, commit: Index): boolean {
    return hearQuietHeartbeat(this.#state, from, term, commit);
  }

  /** As `step` with this answer to a heartbeat, if there is nothing to send then. */
  hearQuietResponse(from: MemberId, term: Term): boolean {
    return hearQuietResponse(this.#state, from, term);
  }

  /** A message from another member. Never throws on anything well-typed. */
  step(message: Message): void {
    stepMessage(this.#state, message);
  }

  /** Leader only: orders `data`. (term, index) tell its fate: applied at index with that term, or lost. */
  propose(data: Uint8Array): ProposeResult {
    return propose(this.#state, 'data', data);
  }

  /** Leader only: proposes a configuration change, encoded as `confChangeOf` reads it. */
  proposeConfig(data: Uint8Array): ProposeResult {
    return propose(this.#state, 'config', data);
  }

  /** Writes up to number `seq` are on disk. */
  persisted(seq: number): void {
    const state = this.#state;
    state.log.persisted(seq);
    ownVotePersisted(state, seq);
    if (state.role === 'leader') countOwnDisk(state);
  }

  /** Entries up to `index`, handed out by `take`, have been applied. */
  applied(index: Index): void {
    appliedTo(this.#state, index);
  }

  unreachable(id: MemberId): void {
    memberUnreachable(this.#state, id);
  }

  /** The snapshot sent to `id` arrived, or failed to. */
  snapshotDone(id: MemberId, ok: boolean): void {
    memberSnapshotDone(this.#state, id, ok);
  }

  transferTo(id: MemberId): void {
    startTransfer(this.#state, id);
  }

  /** Stands for election now; a voter that starts does so as its first act. */
  campaign(): void {
    standForElection(this.#state, false);
  }

  /** The reader no longer offers entries at or below `index`, which has been applied. */
  compact(index: Index): void {
    this.#state.log.compact(index);
  }

  /** The next `take` writes a commit index not yet written, even if nothing else is to be written. */
  persistCommit(): void {
    this.#commitWanted = this.#state.log.commit > this.#hardIssued.commit;
  }

  hasEffects(): boolean {
    const { outbox, log, options } = this.#state;
    return !isEmpty(outbox) || this.#mustWrite() || log.canHandOut(options.applyBytesMax);
  }

  /** All there is to do is to send messages. */
  get hasOnlyMessages(): boolean {
    const { outbox, log, options } = this.#state;
    const { send, afterWrite, events } = outbox;
    if (send.length === 0 || afterWrite.length > 0 || events.length > 0) return false;
    return !this.#mustWrite() && !log.canHandOut(options.applyBytesMax);
  }

  /** `take`, where there are only messages. */
  takeMessages(): readonly Message[] {
    assert(this.hasOnlyMessages, 'only messages are taken, and all else stays together');
    const { outbox } = this.#state;
    const { send } = outbox;
    outbox.send = [];
    return send;
  }

  /** Drains what is to be done. */
  take(): Effects {
    if (!this.hasEffects()) return nothing;
    const { outbox, log, options } = this.#state;
    this.#assertSound();
    const write = this.#mustWrite() ? this.#issueWrite() : null;
    const commit = log.handOut(options.applyBytesMax);
    const { send, afterWrite, events } = outbox;
    outbox.send = [];
    outbox.afterWrite = [];
    outbox.events = [];
    return { send, write, afterWrite, commit, events };
  }

  #mustWrite(): boolean {
    const { term, vote, log } = this.#state;
    const issued = this.#hardIssued;
    if (term !== issued.term || vote !== issued.vote || log.hasUnwritten) return true;
    return this.#commitWanted;
  }

  #issueWrite(): Write {
    const { term, vote, log } = this.#state;
    const issued = this.#hardIssued;
    const hard: HardState = { term, vote, commit: log.commit };
    const moved = term !== issued.term || vote !== issued.vote || log.commit !== issued.commit;
    const { truncateFrom, entries, snapshot } = log.takeUnwritten();
    this.#hardIssued = hard;
    this.#commitWanted = false;
    const seq = log.disk.issue(log.last, log.commit);
    return { seq, hard: moved ? hard : null, truncateFrom, entries, snapshot };
  }

  #assertSound(): void {
    const { log, tracker, role, leader, id } = this.#state;
    log.assertSound();
    assert((role === 'leader') === (leader === id), 'leader and role disagree');
    if (role === 'leader') for (const member of tracker.members) member.assertSound();
  }

  get role(): Role {
    return this.#state.role;
  }
  get isLeader(): boolean {
    return this.#state.role === 'leader';
  }
  /** A leader that hands leadership over takes no proposals until that is done or given up. */
  get isTransferring(): boolean {
    return this.#state.transferee !== NO_MEMBER;
  }
  get leader(): MemberId {
    return this.#state.leader;
  }
  get term(): Term {
    return this.#state.term;
  }
  get commit(): Index {
    return this.#state.log.commit;
  }
  /** The commit index that a restart would find. */
  get commitPersisted(): Index {
    return this.#state.log.disk.commit;
  }
  get firstIndex(): Index {
    return this.#state.log.first;
  }
  get lastIndex(): Index {
    return this.#state.log.last;
  }
  /** Payload bytes of this leader's proposals that are not committed. */
  get uncommittedBytes(): number {
    return this.#state.uncommittedBytes;
  }
  /** The term at `index`, or null where the log does not reach. */
  termAt(index: Index): Term | null {
    return this.#state.log.termAt(index);
  }

  /** The part of `status` that costs nothing to ask for, after every event if need be. */
  get standing(): RaftStanding {
    const { role, term, leader, log } = this.#state;
    return { role, term, leader, commit: log.commit, applied: log.applied, last: log.last };
  }

  /** A copy, for tests, metrics and people. */
  get status(): RaftStatus {
    const { id, role, leader, term, vote, log, tracker, transferee } = this.#state;
    return {
      id,
      role,
      leader,
      term,
      vote,
      commit: log.commit,
      applied: log.applied,
      first: log.first,
      last: log.last,
      conf: tracker.conf,
      transferee,
      progress: role === 'leader' ? tracker.members.map((member) => member.status) : [],
    };
  }
}

function assertOptions(options: RaftOptions): void {
  assert(options.id > 0, 'a member id is above 0');
  assert(options.heartbeatTicks > 0, 'heartbeatTicks is above 0');
  assert(options.electionTicks > options.heartbeatTicks, 'electionTicks is above heartbeatTicks');
  assert(options.inflightAppendsMax > 0, 'inflightAppendsMax is above 0');
  assert(options.inflightBytesMax > 0, 'inflightBytesMax is above 0');
}
