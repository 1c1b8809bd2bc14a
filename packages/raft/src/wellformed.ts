/**
 * Which messages are worth judging at all: types promise numbers, not sensible ones.
 *
 * What fails here contradicts itself and is ignored; it changes nothing and is not answered.
 */

import type { Entry, Message } from './types.ts';

/** Room above any honest term, so that a liar cannot exhaust the numbers. */
const termMax = 2 ** 52;

export function isWellFormed(message: Message): boolean {
  if (message.from === 0 || message.from === message.to) return false;
  if (!isNatural(message.term) || message.term === 0 || message.term > termMax) return false;
  switch (message.type) {
    case 'append':
      return isNatural(message.prevIndex) && isNatural(message.commit) && followsPrevious(message);
    case 'appendResponse':
      return isNatural(message.index) && (!message.reject || isNatural(message.hintIndex));
    case 'heartbeat':
      return isNatural(message.commit);
    case 'vote':
      return isNatural(message.lastIndex) && message.lastTerm <= message.term;
    case 'snapshot':
      return isNatural(message.snapshot.index) && message.snapshot.term <= message.term;
    case 'voteResponse':
    case 'heartbeatResponse':
    case 'timeoutNow':
      return true;
  }
}

/** Entries begin right after prevIndex, without gaps, their terms never fall nor pass the leader's. */
function followsPrevious(message: Extract<Message, { type: 'append' }>): boolean {
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

const isNatural = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
