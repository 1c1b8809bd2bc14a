/**
 * The quorum directives: `committed` and `vote`, answered by the functions the core counts with.
 */

import {
  type Ballot,
  jointIndex,
  jointVote,
  majorityIndex,
  majorityVote,
  type VoteResult,
} from '@cairn/raft';
import { type Case, valuesOf } from './datadriven.ts';

interface Sets {
  readonly incoming: readonly number[];
  /** Null: not a joint configuration. */
  readonly outgoing: readonly number[] | null;
  readonly all: readonly number[];
}

const resultNames: Readonly<Record<VoteResult, string>> = {
  won: 'VoteWon',
  lost: 'VoteLost',
  pending: 'VotePending',
};

export function runQuorum(test: Case): string {
  const sets = setsOf(test);
  switch (test.command) {
    case 'committed':
      return committed(sets, valuesOf(test.args, 'idx'));
    case 'vote':
      return vote(sets, valuesOf(test.args, 'votes'));
    default:
      return `unknown command ${test.command}`;
  }
}

function setsOf(test: Case): Sets {
  const incoming = valuesOf(test.args, 'cfg').map(Number);
  const joint = test.args.find((arg) => arg.key === 'cfgj');
  const outgoing = joint === undefined ? null : idsOf(joint.values);
  return { incoming, outgoing, all: [...new Set([...incoming, ...(outgoing ?? [])])] };
}

const idsOf = (values: readonly string[]): number[] =>
  values.length === 1 && values[0] === 'zero' ? [] : values.map(Number);

/** Values belong to voters in order of first mention; `_` says nothing is known. */
function assign(sets: Sets, values: readonly string[]): Map<number, string> | null {
  if (values.length !== sets.all.length) return null;
  return new Map(sets.all.map((id, at) => [id, values[at] as string]));
}

function mismatch(sets: Sets, values: readonly string[]): string {
  const ids = [...sets.all].sort((a, b) => a - b).map((id) => `${id}:{}`);
  const what = 'error: mismatched input (explicit or _) for voters';
  return `${what} map[${ids.join(' ')}]: [${values.map(codeOf).join(' ')}]`;
}

/** How the reference's harness stores a value: votes as 1 and 2, nothing known as 0. */
function codeOf(value: string): string {
  const codes: Readonly<Record<string, string>> = { _: '0', n: '1', y: '2' };
  return codes[value] ?? value;
}

function committed(sets: Sets, values: readonly string[]): string {
  const given = assign(sets, values);
  if (given === null) return mismatch(sets, values);
  const matches = (ids: readonly number[]): { readonly match: number }[] =>
    ids.map((id) => ({ match: given.get(id) === '_' ? 0 : Number(given.get(id)) }));
  const incoming = matches(sets.incoming);
  const index =
    sets.outgoing === null ? majorityIndex(incoming) : jointIndex(incoming, matches(sets.outgoing));
  return `${table(sets.all, given)}${index === Number.POSITIVE_INFINITY ? '∞' : index}`;
}

function table(all: readonly number[], given: ReadonlyMap<number, string>): string {
  if (all.length === 0) return '<empty majority quorum>';
  const ids = [...all].sort((a, b) => a - b);
  const header = `${' '.repeat(ids.length)}    idx\n`;
  return header + ids.map((id) => `${row(id, ids, given)}\n`).join('');
}

function row(id: number, ids: readonly number[], given: ReadonlyMap<number, string>): string {
  const indexOf = (member: number): number =>
    given.get(member) === '_' ? 0 : Number(given.get(member));
  const known = given.get(id) !== '_';
  const lower = ids.filter((member) => indexOf(member) < indexOf(id)).length;
  const bar = known
    ? `${'x'.repeat(lower)}>${' '.repeat(ids.length - lower)}`
    : `?${' '.repeat(ids.length)}`;
  return `${bar} ${String(indexOf(id)).padStart(5)}    (id=${id.toString(16)})`;
}

function vote(sets: Sets, values: readonly string[]): string {
  const given = assign(sets, values);
  if (given === null) return mismatch(sets, values);
  const ballots = (ids: readonly number[]): Ballot[] =>
    ids.map((id) => (given.get(id) === '_' ? null : given.get(id) === 'y'));
  const incoming = ballots(sets.incoming);
  const result =
    sets.outgoing === null ? majorityVote(incoming) : jointVote(incoming, ballots(sets.outgoing));
  return resultNames[result];
}
