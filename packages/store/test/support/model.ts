/**
 * A naive store: one channel as plain arrays, every rule written the obvious way, nothing shared with the real code.
 */

import type { EntryKind, HardState, Index, MemberId, Term } from '@cairn/raft';
import { expect } from 'vitest';
import type { ChannelStore, ChannelUpdate } from '../../src/index.ts';
import { indexedBy } from './index-batch.ts';

export interface ModelEntry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  readonly number: number | null;
  readonly bytes: Uint8Array | null;
}

export interface ModelState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
  /** From index 1, block 0, on. */
  readonly log: readonly ModelEntry[];
  readonly mark: number;
  readonly indexed: ReadonlyMap<string, { block: number; index: number; leaf: Uint8Array }>;
}

export const hardState = (term: number, vote: number, commit: number): HardState => ({
  term: term as Term,
  vote: vote as MemberId,
  commit: commit as Index,
});

export const NOTHING: ChannelUpdate = {
  hard: null,
  truncateFrom: 0 as Index,
  entries: [],
  snapshot: null,
  index: null,
};

export function modelAfterGenesis(genesis: Uint8Array): ModelState {
  const entry: ModelEntry = { index: 1, term: 1, kind: 'config', number: 0, bytes: genesis };
  return { term: 1, vote: 0, commit: 1, log: [entry], mark: -1, indexed: new Map() };
}

/** Newest block number in the log. */
export const newestNumber = (log: readonly ModelEntry[]): number =>
  log.findLast(({ number }) => number !== null)!.number!;

export function modelAfter(state: ModelState, update: ChannelUpdate): ModelState {
  const { hard, truncateFrom, entries, index } = update;
  const kept = truncateFrom === 0 ? state.log : state.log.slice(0, truncateFrom - 1);
  const added = entries.map((entry) => ({
    index: entry.index,
    term: entry.term,
    kind: entry.kind,
    number: entry.block?.number ?? null,
    bytes: entry.block?.bytes ?? null,
  }));
  const indexed = new Map(state.indexed);
  for (const { id, ...record } of index === null ? [] : indexedBy(index)) indexed.set(id, record);
  return {
    term: hard?.term ?? state.term,
    vote: hard?.vote ?? state.vote,
    commit: hard?.commit ?? state.commit,
    log: [...kept, ...added],
    mark: index?.mark ?? state.mark,
    indexed,
  };
}

/** Everything the store says must be what the model says. `readableLast`: reads end here for now. */
export function expectSame(channel: ChannelStore, model: ModelState, readableLast?: number): void {
  const last = model.log.length;
  expect(channel.load()).toEqual({
    hard: { term: model.term, vote: model.vote, commit: model.commit },
    terms: termRunsOf(model.log),
    first: 2,
    last,
    snapshot: { index: 1, term: 1 },
    newestNumber: newestNumber(model.log),
    configBlocks: model.log
      .filter(({ kind }) => kind === 'config')
      .map(({ index, number }) => ({ index, number })),
    indexMark: model.mark,
  });
  expectSameLog(channel, model.log.slice(0, readableLast ?? last));
  expectSameIndex(channel, model);
}

function termRunsOf(log: readonly ModelEntry[]) {
  return log
    .filter(({ term }, at) => at === 0 || log[at - 1]!.term !== term)
    .map(({ index, term }) => ({ first: index, term }));
}

function expectSameLog(channel: ChannelStore, log: readonly ModelEntry[]): void {
  const told = log.map((entry) => toldOf(channel, entry));
  const wanted = log.map((entry) => wantedOf(entry, newestNumber(log.slice(0, entry.index))));
  expect(told).toEqual(wanted);
  const beyond = (log.length + 1) as Index;
  expect(channel.block(newestNumber(log) + 1)).toBeNull();
  expect(channel.indexOfBlock(newestNumber(log) + 1)).toBeNull();
  expect(channel.entryAt(beyond)).toBeNull();
  expect(channel.numberAtIndex(beyond)).toBeNull();
}

/** One line an entry: all that the store says of it, by every way there is. */
function toldOf(channel: ChannelStore, { index, number }: ModelEntry) {
  const at = index as Index;
  const block = number === null ? null : hexOf(channel.block(number));
  const place = number === null ? null : channel.indexOfBlock(number);
  const numberAt = channel.numberAtIndex(at);
  if (index === 1) return { numberAt, block, place };
  const [entry] = channel.entries(at, (at + 1) as Index, 0);
  const read = { ...entry, block: hexOf(entry?.block ?? null) };
  return { numberAt, block, place, at: channel.entryAt(at), entry: read };
}

function wantedOf({ index, term, kind, number, bytes }: ModelEntry, numberAt: number) {
  const block = hexOf(bytes);
  const place = number === null ? null : index;
  if (index === 1) return { numberAt, block, place };
  const at = { index, term, kind, number };
  return { numberAt, block, place, at, entry: { ...at, block } };
}

const hexOf = (bytes: Uint8Array | null): string | null =>
  bytes && Buffer.from(bytes).toString('base64');

function expectSameIndex(channel: ChannelStore, { indexed }: ModelState): void {
  const told = [...indexed.keys()].map((id) => ({ id, ...channel.lookup(id) }));
  const wanted = [...indexed].map(([id, { block, index, leaf }]) => ({
    id,
    block,
    index,
    leaf16: Uint8Array.from(leaf.subarray(0, 16)),
  }));
  expect(told).toEqual(wanted);
  const absent = [...indexed.keys()].flatMap((id) => [`${id}!`, `!${id}`]);
  expect(absent.filter((id) => channel.lookup(id) !== null)).toEqual([]);
  const greatest = [...indexed.keys()].sort().at(-1);
  expect(channel.greatestId()).toBe(greatest ?? null);
}
