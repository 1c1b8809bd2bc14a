/**
 * Configurations in the log: when one may be proposed, and what happens when it is applied.
 *
 * A configuration takes effect when its entry is applied, under four guards:
 * G1 one at a time: proposed only when everything that may hold another one is applied.
 * G2 own-term commit first: a new leader proposes none before its own empty entry is applied.
 * G3 no election with a committed configuration not yet applied (see election.ts, E2).
 * G4 commit is persisted in the same write as the append that carried it (see raft.ts, take).
 */

import { assert, higherIndex, indexAfter, NO_MEMBER, toIndex } from './assert.ts';
import { applyConfChange, isJoint, votersOf } from './confchange.ts';
import {
  abortTransfer,
  advanceCommit,
  appendOwn,
  broadcastAppend,
  probeMembers,
} from './replication.ts';
import { becomeFollower } from './roles.ts';
import { emit, note, type RaftState } from './state.ts';
import { trackerOf } from './tracker.ts';
import type { Entry, EntryKind, Index, ProposeResult } from './types.ts';

type Refusal = Extract<ProposeResult, { ok: false }>['reason'];

export function propose(state: RaftState, kind: EntryKind, data: Uint8Array): ProposeResult {
  const reason = refusalOf(state, kind, data);
  if (reason !== null) return { ok: false, reason, leader: state.leader };
  const entry = appendOwn(state, kind, data);
  if (kind === 'config') state.pendingConfigIndex = entry.index;
  broadcastAppend(state);
  return { ok: true, term: entry.term, index: entry.index };
}

function refusalOf(state: RaftState, kind: EntryKind, data: Uint8Array): Refusal | null {
  if (state.role !== 'leader' || state.tracker.self === null) return 'notLeader';
  if (state.transferee !== NO_MEMBER) return 'transferring';
  if (exceedsUncommitted(state, data.byteLength)) return 'uncommittedLimit';
  if (kind !== 'config' || !state.options.validateConfChange) return null;
  if (state.pendingConfigIndex > state.log.applied) return 'configPending';
  return isApplicable(state, data) ? null : 'invalid';
}

/** One proposal over the limit is let through when nothing else waits; empty ones always are. */
function exceedsUncommitted(state: RaftState, bytes: number): boolean {
  if (bytes === 0 || state.uncommittedBytes === 0) return false;
  return state.uncommittedBytes + bytes > state.options.uncommittedBytesMax;
}

function isApplicable(state: RaftState, data: Uint8Array): boolean {
  const { conf } = state.tracker;
  const candidate: Entry = {
    index: indexAfter(state.log.last),
    term: state.term,
    kind: 'config',
    data,
  };
  return applyConfChange(conf, state.dependencies.confChangeOf(candidate, conf)).ok;
}

/** The host has applied everything up to `index`: configurations among it take effect, in order. */
export function appliedTo(state: RaftState, index: Index): void {
  const { log } = state;
  let config = log.nextConfig;
  while (config !== null && config.index <= index) {
    log.appliedTo(config.index);
    applyConfig(state, config);
    config = log.nextConfig;
  }
  log.appliedTo(index);
  leaveJointIfDue(state);
}

/** A change that does not fit (only possible unvalidated) is without effect, on every member alike. */
function applyConfig(state: RaftState, entry: Entry): void {
  const { conf } = state.tracker;
  // Otherwise a newcomer that adds itself to nothing would be a quorum of one.
  assert(conf.voters.length > 0, 'a change applies to a configuration that is not known');
  const result = applyConfChange(conf, state.dependencies.confChangeOf(entry, conf));
  if (!result.ok) {
    note(state, 'error', `${state.id} ignored config entry ${entry.index}: ${result.problem}`);
    return;
  }
  // A new member is asked for the newest entry first: whether it has it tells where to begin.
  const next = higherIndex(state.log.last, toIndex(1));
  const before = state.tracker;
  state.tracker = trackerOf(state.id, result.conf, next, state.options, before, result.created);
  emit(state, { type: 'confApplied', index: entry.index, conf: result.conf });
  if (state.role === 'leader') leadUnderNewConfig(state);
}

function leadUnderNewConfig(state: RaftState): void {
  const self = state.tracker.self;
  if (self === null || self.learner) {
    if (state.options.stepDownOnRemoval) stepDownRemoved(state);
    return;
  }
  if (advanceCommit(state)) broadcastAppend(state);
  else probeMembers(state);
  if (!votersOf(state.tracker.conf).includes(state.transferee)) abortTransfer(state);
}

function stepDownRemoved(state: RaftState): void {
  emit(state, { type: 'steppedDown', reason: 'removed', term: state.term });
  becomeFollower(state, state.term, NO_MEMBER);
}

/**
 * Leaves a joint configuration whose entry asked for it. Checked whenever something was applied and
 * when a transfer ends, so a new leader picks up what the old one could not propose.
 */
export function leaveJointIfDue(state: RaftState): void {
  const { conf } = state.tracker;
  const leave = state.dependencies.autoLeaveEntry;
  if (state.role !== 'leader' || !conf.autoLeave || !isJoint(conf) || leave === null) return;
  if (state.transferee !== NO_MEMBER || state.tracker.self === null) return;
  if (state.pendingConfigIndex > state.log.applied) return;
  const entry = appendOwn(state, 'config', leave());
  state.pendingConfigIndex = entry.index;
  const what = `${state.id} initiating automatic transition out of joint configuration`;
  note(state, 'info', `${what} at index ${entry.index}`);
  broadcastAppend(state);
}
