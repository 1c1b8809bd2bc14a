/**
 * From a channel's state and an update to the next state: pure, and the place where every rule that protects the log is
 * checked before a byte is handed to the disk.
 *
 * I1  The term never falls; within a term a vote, once cast, never changes; the commit index never falls.
 * I2  Nothing at or below the commit index is ever removed, and the commit index is never beyond the log.
 * I3  Entries are contiguous, their terms never fall along the log nor pass the current term.
 * I4  Block numbers are contiguous along the log; a no-op has no block, every other entry has one.
 * I5  The index mark never falls and never passes the newest committed block.
 */

import type { HardState, Index, TermRun } from '@cairn/raft';
import { assert } from './errors.ts';
import type { IndexRun } from './index-run.ts';
import type {
  ChannelState,
  ChannelUpdate,
  ConfigBlockPlace,
  EntryToWrite,
  SnapshotToInstall,
} from './types.ts';

/** Newest block number at or below a log index that is issued, durable or not. */
export type NumberAt = (index: Index) => number;

/** `index`: the records of the update's index batch, if it has one. */
export function advance(
  before: ChannelState,
  update: ChannelUpdate,
  index: IndexRun | null,
  numberAt: NumberAt,
): ChannelState {
  const hard = update.hard ?? before.hard;
  checkHardState(before.hard, hard);
  let state = before;
  if (update.snapshot !== null) {
    assert(
      update.entries.length === 0 && update.truncateFrom === 0,
      'a snapshot is installed without entries or truncation beside it',
    );
    state = installed({ ...before, hard }, before.hard.commit, update.snapshot, numberAt);
  }
  if (update.truncateFrom !== 0) {
    state = truncated(state, before.hard.commit, update.truncateFrom, numberAt);
  }
  for (const entry of update.entries) checkEntry(hard, entry);
  state = appended(state, hard, update);
  assert(hard.commit <= state.last, 'the commit index is within the log');
  return index === null ? state : indexed(state, update, index, numberAt);
}

function checkHardState(before: HardState, after: HardState): void {
  assert(after.term >= before.term, 'the term never falls');
  assert(
    after.term > before.term || before.vote === 0 || after.vote === before.vote,
    'a vote never changes within its term',
  );
  assert(after.commit >= before.commit, 'the commit index never falls');
}

function truncated(
  state: ChannelState,
  commit: Index,
  from: Index,
  numberAt: NumberAt,
): ChannelState {
  assert(from > commit, 'nothing at or below the commit index is truncated');
  assert(from >= state.first && from <= state.last + 1, 'a truncation begins within the log');
  return {
    ...state,
    last: (from - 1) as Index,
    newestNumber: numberAt((from - 1) as Index),
    terms: state.terms.filter(({ first }) => first < from),
    configBlocks: state.configBlocks.filter(({ index }) => index < from),
  };
}

function checkEntry(hard: HardState, { term, kind, block }: EntryToWrite): void {
  assert(term <= hard.term, "an entry's term is not beyond the current term");
  assert((kind === 'noop') === (block === null), 'a no-op has no block, every other entry has one');
}

function appended(state: ChannelState, hard: HardState, { entries }: ChannelUpdate): ChannelState {
  let { last, newestNumber } = state;
  const terms: TermRun[] = [];
  const configBlocks: ConfigBlockPlace[] = [];
  let newestTerm = state.terms.at(-1)!.term;
  for (const { index, term, kind, block } of entries) {
    assert(index === last + 1, 'entries are contiguous and begin where the log ends');
    assert(term >= newestTerm, 'terms never fall along the log');
    if (term > newestTerm) terms.push({ first: index, term });
    if (block !== null) {
      assert(block.number === newestNumber + 1, 'block numbers are contiguous');
      newestNumber = block.number;
      if (kind === 'config') configBlocks.push({ number: block.number, index });
    }
    last = index;
    newestTerm = term;
  }
  // Written out: every write passes here, and a spread of this many fields costs more than all the checks.
  return {
    hard,
    terms: terms.length === 0 ? state.terms : [...state.terms, ...terms],
    first: state.first,
    last,
    snapshot: state.snapshot,
    newestNumber,
    configBlocks:
      configBlocks.length === 0 ? state.configBlocks : [...state.configBlocks, ...configBlocks],
    indexMark: state.indexMark,
    indexCount: state.indexCount,
    greatestId: state.greatestId,
    adopted: state.adopted,
  };
}

function indexed(
  state: ChannelState,
  { entries }: ChannelUpdate,
  { mark, blocks, count, greatestId }: IndexRun,
  numberAt: NumberAt,
): ChannelState {
  const committed = newestCommitted(state, entries, numberAt);
  assert(mark >= state.indexMark, 'the index mark never falls');
  assert(mark <= committed, 'the index mark never passes the newest committed block');
  assert(
    blocks.every((block) => block > state.indexMark && block <= mark),
    'an index record belongs to a block between the old mark and the new',
  );
  const { hard, terms, first, last, snapshot, newestNumber, configBlocks, adopted } = state;
  return {
    hard,
    terms,
    first,
    last,
    snapshot,
    newestNumber,
    configBlocks,
    indexMark: mark,
    indexCount: state.indexCount + count,
    greatestId: greaterOf(state.greatestId, greatestId),
    adopted,
  };
}

function greaterOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}

function newestCommitted(
  { hard: { commit }, last, newestNumber }: ChannelState,
  entries: readonly EntryToWrite[],
  numberAt: NumberAt,
): number {
  if (commit === last) return newestNumber;
  const own = entries.findLast(({ index, block }) => index <= commit && block !== null);
  if (own !== undefined) return own.block!.number;
  const before = (entries[0]?.index ?? commit + 1) - 1;
  return numberAt(Math.min(commit, before) as Index);
}

function installed(
  state: ChannelState,
  commit: Index,
  snapshot: SnapshotToInstall,
  numberAt: NumberAt,
): ChannelState {
  const kept = numberAt(commit);
  assert(snapshot.index > commit, 'a snapshot reaches beyond the commit index');
  assert(snapshot.index <= state.hard.commit, 'an installed snapshot is committed');
  assert(snapshot.number >= kept, 'a snapshot does not take back committed blocks');
  assert(snapshot.term <= state.hard.term, "a snapshot's term is not beyond the current term");
  assert(
    snapshot.configNumbers.every((number) => number > kept && number <= snapshot.number),
    'config blocks of a snapshot are among the adopted blocks',
  );
  const range = { from: kept + 1, to: snapshot.number };
  return {
    ...state,
    first: (snapshot.index + 1) as Index,
    last: snapshot.index,
    snapshot: { index: snapshot.index, term: snapshot.term },
    newestNumber: snapshot.number,
    terms: [{ first: snapshot.index, term: snapshot.term }],
    configBlocks: [
      ...state.configBlocks.filter(({ number }) => number <= kept),
      ...snapshot.configNumbers.map((number) => ({ number, index: 0 as Index })),
    ],
    adopted: range.to < range.from ? state.adopted : [...state.adopted, range],
  };
}
