/**
 * Checks that stay on in production, and the constructors of the branded numbers.
 *
 * A violated invariant means that going on could lose or fork committed data: the error stops the
 * group. Nothing another member sends may ever lead here; such input is ignored where it enters.
 */

import type { Index, MemberId, Term } from './types.ts';

/** The core's state contradicts itself; the host must stop the group and keep the evidence. */
export class RaftInvariantError extends Error {
  readonly code = 'RAFT_INVARIANT';

  constructor(sentence: string) {
    super(sentence);
    this.name = 'RaftInvariantError';
  }
}

export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new RaftInvariantError(sentence);
}

/**
 * As `assert`, for a sentence with values where every entry or every turn passes: `if (wrong) violated(...)`, so that
 * the sentence is made only when it is said.
 */
export function violated(sentence: string): never {
  throw new RaftInvariantError(sentence);
}

/** For the default branch of a switch over a closed union. */
export function unreachable(value: never): never {
  throw new RaftInvariantError(`unexpected variant ${JSON.stringify(value)}`);
}

export const toIndex = (value: number): Index => natural(value, 'index') as Index;
export const toTerm = (value: number): Term => natural(value, 'term') as Term;
export const toMemberId = (value: number): MemberId => natural(value, 'member id') as MemberId;

function natural(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  return violated(`${what} ${value} is not a safe integer >= 0`);
}

export const NO_MEMBER = 0 as MemberId;
export const NO_INDEX = 0 as Index;
export const NO_TERM = 0 as Term;

/** The index `count` places after `index`. */
export const indexAfter = (index: Index, count = 1): Index => toIndex(index + count);
export const indexBefore = (index: Index): Index => toIndex(index - 1);
export const lowerIndex = (a: Index, b: Index): Index => (a < b ? a : b);
export const higherIndex = (a: Index, b: Index): Index => (a > b ? a : b);
