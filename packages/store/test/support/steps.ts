/**
 * Random but lawful updates: what a Raft member could ask its store to do.
 */

import type { EntryKind, Index, Term } from '@cairn/raft';
import fc from 'fast-check';
import type { ChannelUpdate, EntryToWrite, IndexBatch } from '../../src/index.ts';
import { sourceOf } from './index-batch.ts';
import { hardState, type ModelState, newestNumber } from './model.ts';

/** Fractions of what is possible at the moment a step is taken: every draw is lawful in every state. */
export interface StepDraw {
  readonly termStep: number;
  readonly vote: number;
  readonly commitShare: number;
  readonly truncateShare: number | null;
  readonly kinds: readonly EntryKind[];
  readonly markShare: number | null;
  readonly content: number;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });

export const stepDraw: fc.Arbitrary<StepDraw> = fc.record({
  termStep: fc.constantFrom(0, 0, 0, 1, 2),
  vote: fc.integer({ min: 0, max: 3 }),
  commitShare: share,
  truncateShare: fc.option(share, { freq: 2 }),
  kinds: fc.array(fc.constantFrom<EntryKind>('noop', 'data', 'data', 'config'), { maxLength: 4 }),
  markShare: fc.option(share, { freq: 2 }),
  content: fc.integer({ min: 0, max: 0xffff }),
});

export function updateFrom(state: ModelState, draw: StepDraw): ChannelUpdate {
  const term = state.term + draw.termStep;
  const mayVote = draw.termStep > 0 || state.vote === 0;
  const vote = mayVote ? draw.vote : state.vote;
  const { from, kept } = truncationOf(state, draw.truncateShare);
  const entries = entriesOf(kept, term, draw);
  const log = [
    ...kept,
    ...entries.map(({ index, block }) => ({ index, number: block?.number ?? null })),
  ];
  const commit = state.commit + Math.floor(draw.commitShare * (log.length - state.commit));
  const committed = log.slice(0, commit).findLast(({ number }) => number !== null)!.number!;
  return {
    hard: hardState(term, vote, commit),
    truncateFrom: from as Index,
    entries,
    snapshot: null,
    index: draw.markShare === null ? null : batchOf(state, committed, draw.markShare, draw.content),
  };
}

function truncationOf(state: ModelState, truncateShare: number | null) {
  const free = state.log.length - state.commit;
  if (truncateShare === null || free === 0) return { from: 0, kept: state.log };
  const from = state.commit + 1 + Math.floor(truncateShare * (free - 1));
  return { from, kept: state.log.slice(0, from - 1) };
}

function entriesOf(kept: ModelState['log'], term: number, { kinds, content }: StepDraw) {
  let number = newestNumber(kept);
  return kinds.map((kind, at): EntryToWrite => {
    const index = (kept.length + at + 1) as Index;
    if (kind === 'noop') return { index, term: term as Term, kind, block: null };
    number += 1;
    const bytes = new Uint8Array(100 + (content % 4_000)).fill(content + at);
    return { index, term: term as Term, kind, block: { number, bytes } };
  });
}

function batchOf(
  state: ModelState,
  committed: number,
  markShare: number,
  content: number,
): IndexBatch {
  const mark = state.mark + Math.floor(markShare * (committed - state.mark));
  const sources = [];
  for (let block = state.mark + 1; block <= mark; block += 1) {
    const ids = Array.from({ length: (content + block) % 3 }, (_, index) => {
      return `${((content * 31 + block * 7) % 97).toString(36)}-${block}-${index}`;
    });
    sources.push(sourceOf(block, ids, (index) => new Uint8Array(32).fill(block + index)));
  }
  return { mark, sources };
}
