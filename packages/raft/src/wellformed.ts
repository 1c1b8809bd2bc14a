/**
 * Which messages are worth judging at all: types promise numbers, not sensible ones.
 *
 * What fails here contradicts itself and is ignored; it changes nothing and is not answered.
 */

import { unreachable } from './assert.ts';
import { confProblem } from './confchange.ts';
import type { Entry, Message, SnapshotMeta } from './types.ts';

/** Room above any honest term, so that a liar cannot exhaust the numbers. */
const termMax = 2 ** 52;

export function isWellFormed(message: Message): boolean {
  if (!isMember(message.from) || message.from === message.to) return false;
  if (!isNatural(message.term) || message.term === 0 || message.term > termMax) return false;
  switch (message.type) {
    case 'append':
      return allNatural(message.prevIndex, message.prevTerm, message.commit) && follows(message);
    case 'appendResponse':
      return isNatural(message.index) && (!message.reject || isHint(message));
    case 'heartbeat':
      return isNatural(message.commit);
    case 'vote':
      return allNatural(message.lastIndex, message.lastTerm) && message.lastTerm <= message.term;
    case 'snapshot':
      return isSnapshot(message.snapshot) && message.snapshot.term <= message.term;
    case 'voteResponse':
    case 'heartbeatResponse':
    case 'timeoutNow':
      return true;
    default:
      return unreachable(message);
  }
}

function isHint(message: Extract<Message, { type: 'appendResponse'; reject: true }>): boolean {
  return allNatural(message.hintIndex, message.hintTerm);
}

function isSnapshot({ index, term, conf }: SnapshotMeta): boolean {
  const members = [...conf.voters, ...conf.outgoing, ...conf.learners, ...conf.learnersNext];
  if (!allNatural(index, term) || index === 0 || term === 0) return false;
  return conf.voters.length > 0 && members.every(isMember) && confProblem(conf) === null;
}

/** Entries begin right after prevIndex, without gaps, their terms never fall nor pass the leader's. */
function follows(message: Extract<Message, { type: 'append' }>): boolean {
  let index: number = message.prevIndex;
  let term: number = message.prevTerm;
  for (const entry of message.entries) {
    if (entry.index !== index + 1 || entry.term < term) return false;
    index = entry.index;
    term = entry.term;
  }
  return term <= message.term && noEmptyTerm(message.entries);
}

const noEmptyTerm = (entries: readonly Entry[]): boolean =>
  entries.every((entry) => entry.term > 0);

const isMember = (id: number): boolean => isNatural(id) && id > 0;

const allNatural = (...values: readonly number[]): boolean => values.every(isNatural);

function isNatural(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
