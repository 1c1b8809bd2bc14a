/**
 * How one configuration becomes the next: pure, total, no knowledge of logs or messages.
 *
 * Invariants of every configuration returned:
 * C1 it has at least one incoming voter.
 * C2 without joint consensus at most one voter differs from the configuration before.
 * C3 nobody is voter and learner at once; a demoted outgoing voter waits in `learnersNext`.
 * C4 outside a joint configuration `outgoing` and `learnersNext` are empty and `autoLeave` is false.
 *
 * Source: Raft thesis chapter 4; the joint rules are those of etcd's confchange package.
 */

import { assert, unreachable } from './assert.ts';
import type { ConfChange, ConfChangeOperation, ConfState, MemberId } from './types.ts';

export type ConfChangeResult =
  | { readonly ok: true; readonly conf: ConfState; readonly created: ReadonlySet<MemberId> }
  | { readonly ok: false; readonly problem: string };

export const EMPTY_CONF: ConfState = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};

interface Draft {
  readonly voters: Set<MemberId>;
  readonly outgoing: Set<MemberId>;
  readonly learners: Set<MemberId>;
  readonly learnersNext: Set<MemberId>;
  /** Members whose progress starts anew: not tracked before, or removed and added again. */
  readonly created: Set<MemberId>;
}

export const isJoint = (conf: ConfState): boolean => conf.outgoing.length > 0;

/** Everyone who may vote under `conf`, ascending, each once. */
export function votersOf(conf: ConfState): readonly MemberId[] {
  return isJoint(conf) ? sorted(new Set([...conf.voters, ...conf.outgoing])) : conf.voters;
}

/** Everyone the leader replicates to, ascending. */
export function membersOf(conf: ConfState): readonly MemberId[] {
  return sorted(new Set([...conf.voters, ...conf.outgoing, ...conf.learners]));
}

/** The configuration that `change` makes of `conf`, by the way its transition asks for. */
export function applyConfChange(conf: ConfState, change: ConfChange): ConfChangeResult {
  if (change.operations.length === 0) return leaveJoint(conf);
  if (change.transition === 'auto' && change.operations.length === 1) {
    return simpleChange(conf, change.operations);
  }
  return enterJoint(conf, change.transition !== 'explicit', change.operations);
}

export function simpleChange(
  conf: ConfState,
  operations: readonly ConfChangeOperation[],
): ConfChangeResult {
  if (isJoint(conf)) return refuse("can't apply simple config change in joint config");
  const draft = draftOf(conf);
  operate(draft, operations);
  if (draft.voters.size === 0) return refuse('removed all voters');
  if (differing(conf.voters, draft.voters) > 1) {
    return refuse('more than one voter changed without entering joint config');
  }
  return finish(draft, false);
}

export function enterJoint(
  conf: ConfState,
  autoLeave: boolean,
  operations: readonly ConfChangeOperation[],
): ConfChangeResult {
  if (isJoint(conf)) return refuse('config is already joint');
  if (conf.voters.length === 0) return refuse("can't make a zero-voter config joint");
  const draft = { ...draftOf(conf), outgoing: new Set(conf.voters) };
  operate(draft, operations);
  if (draft.voters.size === 0) return refuse('removed all voters');
  return finish(draft, autoLeave);
}

export function leaveJoint(conf: ConfState): ConfChangeResult {
  if (!isJoint(conf)) return refuse("can't leave a non-joint config");
  const draft = draftOf(conf);
  for (const id of draft.learnersNext) draft.learners.add(id);
  draft.learnersNext.clear();
  draft.outgoing.clear();
  return finish(draft, false);
}

function operate(draft: Draft, operations: readonly ConfChangeOperation[]): void {
  for (const operation of operations) {
    if (operation.id !== 0) operateOne(draft, operation);
  }
}

function operateOne(draft: Draft, operation: ConfChangeOperation): void {
  switch (operation.kind) {
    case 'addVoter':
      addVoter(draft, operation.id);
      return;
    case 'addLearner':
      addLearner(draft, operation.id);
      return;
    case 'remove':
      remove(draft, operation.id);
      return;
    case 'update':
      return;
    default:
      unreachable(operation);
      return;
  }
}

function addVoter(draft: Draft, id: MemberId): void {
  if (!isTracked(draft, id)) draft.created.add(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  draft.voters.add(id);
}

function addLearner(draft: Draft, id: MemberId): void {
  if (draft.learners.has(id)) return;
  if (!isTracked(draft, id)) draft.created.add(id);
  draft.voters.delete(id);
  if (draft.outgoing.has(id)) draft.learnersNext.add(id);
  else draft.learners.add(id);
}

function remove(draft: Draft, id: MemberId): void {
  draft.voters.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
}

function isTracked(draft: Draft, id: MemberId): boolean {
  return draft.voters.has(id) || draft.outgoing.has(id) || draft.learners.has(id);
}

function draftOf(conf: ConfState): Draft {
  return {
    voters: new Set(conf.voters),
    outgoing: new Set(conf.outgoing),
    learners: new Set(conf.learners),
    learnersNext: new Set(conf.learnersNext),
    created: new Set(),
  };
}

function finish(draft: Draft, autoLeave: boolean): ConfChangeResult {
  const conf: ConfState = {
    voters: sorted(draft.voters),
    outgoing: sorted(draft.outgoing),
    learners: sorted(draft.learners),
    learnersNext: sorted(draft.learnersNext),
    autoLeave,
  };
  assertConf(conf);
  return { ok: true, conf, created: draft.created };
}

/** Why `conf` cannot be a configuration (C3 and C4), or null. An empty one means: not known yet. */
export function confProblem(conf: ConfState): string | null {
  const voters = new Set([...conf.voters, ...conf.outgoing]);
  if (conf.learners.some((id) => voters.has(id))) return 'a learner is also a voter';
  if (conf.learnersNext.some((id) => !conf.outgoing.includes(id))) {
    return 'a staged learner is not an outgoing voter';
  }
  if (isJoint(conf)) return conf.voters.length === 0 ? 'a joint configuration has no voters' : null;
  if (conf.learnersNext.length > 0) return 'staged learners outside a joint configuration';
  return conf.autoLeave ? 'autoLeave outside a joint configuration' : null;
}

export function assertConf(conf: ConfState): void {
  const problem = confProblem(conf);
  assert(problem === null, problem ?? '');
}

function differing(before: readonly MemberId[], after: ReadonlySet<MemberId>): number {
  const kept = before.filter((id) => after.has(id)).length;
  return before.length - kept + (after.size - kept);
}

const sorted = (ids: ReadonlySet<MemberId>): readonly MemberId[] => [...ids].sort((a, b) => a - b);

const refuse = (problem: string): ConfChangeResult => ({ ok: false, problem });
