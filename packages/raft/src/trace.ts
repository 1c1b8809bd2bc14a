/**
 * What happened, in the words of etcd's Raft: so an election reads in our log the way operators know.
 *
 * Pure text; the level is what etcd logs at. The host binds channel and node names.
 */

import { unreachable } from './assert.ts';
import { isJoint } from './confchange.ts';
import type { ConfState, MemberId, OwnLog, RaftEvent, Role, Term } from './types.ts';

export interface TraceLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

type Judged = Extract<RaftEvent, { type: 'voteCast' | 'voteRejected' | 'voteIgnored' }>;

const roleNames: Readonly<Record<Role, string>> = {
  follower: 'follower',
  preCandidate: 'pre-candidate',
  candidate: 'candidate',
  leader: 'leader',
};

export const requestName = (pre: boolean): string => (pre ? 'MsgPreVote' : 'MsgVote');
export const responseName = (pre: boolean): string => (pre ? 'MsgPreVoteResp' : 'MsgVoteResp');

/** The log line for `event` on member `id`, or null for what etcd does not log. */
export function renderEvent(id: MemberId, event: RaftEvent): TraceLine | null {
  if (event.type === 'trace') return { level: event.level, text: event.text };
  const text = textOf(id, event);
  return text === null ? null : { level: levelOf(event), text };
}

/** What etcd's node says beside its Raft when the leader it knows is another one; null for anything else. */
export function renderLeaderChange(id: MemberId, event: RaftEvent): string | null {
  if (event.type !== 'leader') return null;
  const { from, to } = event;
  const found = from === 0 ? `elected leader ${to}` : `changed leader from ${from} to ${to}`;
  return `raft.node: ${id} ${to === 0 ? `lost leader ${from}` : found}${at(event)}`;
}

function levelOf(event: RaftEvent): TraceLine['level'] {
  return event.type === 'steppedDown' && event.reason !== 'higherTerm' ? 'warn' : 'info';
}

function textOf(id: MemberId, event: Exclude<RaftEvent, { type: 'trace' }>): string | null {
  switch (event.type) {
    case 'role':
      return `${id} became ${roleNames[event.role]} at term ${event.term}`;
    case 'leader':
      return `Raft leader changed: ${event.from} -> ${event.to}`;
    case 'electionStarted':
      return `${id} is starting a new election at term ${event.term}`;
    case 'votesCounted':
      return `${id} [quorum:${event.quorum}] has received ${votes(event)}`;
    case 'votesRequested':
      return `${place(id, event)} sent ${requestName(event.pre)} request to ${event.to}${at(event)}`;
    case 'voteReceived':
      return `${id} received ${ballot(event)} from ${event.from}${at(event)}`;
    case 'voteCast':
      return judged(id, event, 'cast', `for ${event.to}`);
    case 'voteRejected':
      return judged(id, event, 'rejected', `from ${event.to}`);
    case 'voteIgnored':
      return `${judged(id, event, 'ignored', `from ${event.from}`)}: ${lease(event.remainingTicks)}`;
    case 'steppedDown':
      return steppedDown(id, event.reason);
    case 'confApplied':
      return `${id} switched to configuration ${renderConf(event.conf)}`;
    case 'transfer':
      return transfer(id, event.state, event.to);
    case 'truncated':
      return `${id} truncated its log from index ${event.from}`;
    default:
      return unreachable(event);
  }
}

const at = (event: { readonly term: Term }): string => ` at term ${event.term}`;

const place = (id: MemberId, log: Omit<OwnLog, 'vote'>): string =>
  `${id} [logterm: ${log.lastTerm}, index: ${log.lastIndex}]`;

const lease = (ticks: number): string => `lease is not expired (remaining ticks: ${ticks})`;

function votes(event: Extract<RaftEvent, { type: 'votesCounted' }>): string {
  return `${event.granted} ${responseName(event.pre)} votes and ${event.rejected} vote rejections`;
}

function ballot(event: Extract<RaftEvent, { type: 'voteReceived' }>): string {
  return event.granted ? responseName(event.pre) : `${responseName(event.pre)} rejection`;
}

/** `2 [logterm: 1, index: 2, vote: 0] cast MsgVote for 1 [logterm: 1, index: 2] at term 1` */
function judged(id: MemberId, event: Judged, verb: string, whom: string): string {
  const { own, lastTerm, lastIndex, pre } = event;
  const judge = `${id} [logterm: ${own.lastTerm}, index: ${own.lastIndex}, vote: ${own.vote}]`;
  const candidate = `${whom} [logterm: ${lastTerm}, index: ${lastIndex}]`;
  return `${judge} ${verb} ${requestName(pre)} ${candidate}${at(event)}`;
}

function steppedDown(
  id: MemberId,
  reason: Extract<RaftEvent, { type: 'steppedDown' }>['reason'],
): string | null {
  switch (reason) {
    case 'quorumInactive':
      return `${id} stepped down to follower since quorum is not active`;
    case 'removed':
      return `${id} stepped down to follower since it is no longer a voter`;
    case 'higherTerm':
      return null;
    default:
      return unreachable(reason);
  }
}

function transfer(id: MemberId, state: 'started' | 'done' | 'aborted', to: MemberId): string {
  switch (state) {
    case 'started':
      return `${id} starts to transfer leadership to ${to}`;
    case 'done':
      return `${id} handed leadership over to ${to}`;
    case 'aborted':
      return `${id} gave up transferring leadership to ${to}`;
    default:
      return unreachable(state);
  }
}

/** `voters=(2 3 4)&&(1 2 3) learners=(5) autoleave`, ids in hex as etcd writes them. */
export function renderConf(conf: ConfState): string {
  const parts = [`voters=${ids(conf.voters)}${isJoint(conf) ? `&&${ids(conf.outgoing)}` : ''}`];
  if (conf.learners.length > 0) parts.push(`learners=${ids(conf.learners)}`);
  if (conf.learnersNext.length > 0) parts.push(`learners_next=${ids(conf.learnersNext)}`);
  if (conf.autoLeave) parts.push('autoleave');
  return parts.join(' ');
}

const ids = (members: readonly MemberId[]): string =>
  `(${members.map((id) => id.toString(16)).join(' ')})`;
