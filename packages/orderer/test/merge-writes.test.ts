import type { HardState, Index } from '@cairn/raft';
import type { ChannelStore, ChannelWrite } from '@cairn/store';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeWrites } from '../src/merge-writes.ts';

const channel = {} as ChannelStore;

interface Log {
  readonly entries: readonly number[];
  readonly hard: HardState;
}

/** What the store does with one write; entries begin at index 1 and are told by their term. */
function apply({ entries, hard }: Log, write: ChannelWrite): Log {
  const { truncateFrom } = write;
  expect(truncateFrom === 0 || truncateFrom <= entries.length + 1).toBe(true);
  const kept = truncateFrom === 0 ? [...entries] : entries.slice(0, truncateFrom - 1);
  for (const { index, term } of write.entries) {
    expect(index, 'entries follow what is there').toBe(kept.length + 1);
    kept.push(term);
  }
  return { entries: kept, hard: write.hard ?? hard };
}

interface Step {
  readonly cut: number;
  readonly add: number;
  readonly hard: boolean;
  readonly index: boolean;
}

const steps = fc.array(
  fc.record({ cut: fc.nat(3), add: fc.nat(4), hard: fc.boolean(), index: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
);

/** Writes as Raft issues them: what is cut is replaced, and every entry has a term of its own. */
function writesOf(list: readonly Step[], first: number): ChannelWrite[] {
  let length = first;
  let indexed = false;
  return list.map(({ cut, add, hard, index }, at) => {
    const from = cut > 0 && cut <= length && add > 0 ? length - cut + 1 : length + 1;
    const entries = Array.from({ length: add }, (_, each) => ({
      index: (from + each) as Index,
      term: (100 * (at + 1) + each) as never,
      kind: 'noop' as const,
      block: null,
    }));
    const truncateFrom = (from <= length ? from : 0) as Index;
    length = from + add - 1;
    const withIndex = index && !indexed;
    indexed ||= withIndex;
    return {
      channel,
      hard: hard ? ({ term: at, vote: 0, commit: 0 } as unknown as HardState) : null,
      truncateFrom,
      entries,
      snapshot: null,
      index: withIndex ? { mark: at, sources: [] } : null,
    };
  });
}

describe('merged writes', () => {
  test('leave the log and the hard state as one after the other would', () => {
    fc.assert(
      fc.property(steps, fc.nat(6), (list, first) => {
        const writes = writesOf(list, first);
        const start: Log = {
          entries: Array.from({ length: first }, () => 1),
          hard: { term: 0, vote: 0, commit: 0 } as unknown as HardState,
        };
        const merged = writes.reduce(mergeWrites);
        expect(apply(start, merged)).toEqual(writes.reduce(apply, start));
        expect(merged.index).toEqual(writes.find(({ index }) => index !== null)?.index ?? null);
      }),
      { numRuns: 1_000 },
    );
  });

  test('refuse two index batches', () => {
    const [write] = writesOf([{ cut: 0, add: 1, hard: false, index: true }], 0);
    expect(() => mergeWrites(write!, write!)).toThrow(/one index batch/);
  });
});
