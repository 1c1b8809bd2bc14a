/**
 * A member far behind adopts blocks it has staged, in the one transaction that replaces its conflicting tail.
 */

import type { Index, Term } from '@cairn/raft';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ChannelStore, type ChannelUpdate, MemoryDisk, Store } from '../src/index.ts';
import { hardState, NOTHING } from './support/model.ts';

const CHANNEL_ID = new Uint8Array(32).fill(1);
const options = { incarnation: () => new Uint8Array(8) };
const blockOf = (number: number, author: string) => ({
  number,
  bytes: new TextEncoder().encode(`block ${number} of ${author}`),
});

let actions: (() => void)[] = [];
let disk: MemoryDisk;
let store: Store;
let channel: ChannelStore;
const schedule = (action: () => void): void => {
  actions.push(action);
};
const settle = (): void => {
  for (const action of actions.splice(0)) action();
};

/** Blocks 1 and 2 committed at indexes 2 and 3; block 3, a config block 4 and a no-op behind them are not. */
beforeEach(() => {
  actions = [];
  disk = new MemoryDisk({ schedule });
  store = Store.open(disk, options);
  const genesis = blockOf(0, 'genesis').bytes;
  store.createChannel({ name: 'mychannel', channelId: CHANNEL_ID, genesis }, (one) => {
    channel = one;
  });
  settle();
  const kinds = ['data', 'data', 'data', 'config'] as const;
  const entries = kinds.map((kind, at) => ({
    index: (at + 2) as Index,
    term: 2 as Term,
    kind,
    block: blockOf(at + 1, 'us'),
  }));
  const noop = { index: 6 as Index, term: 2 as Term, kind: 'noop' as const, block: null };
  write({ hard: hardState(2, 1, 3), entries: [...entries, noop] });
});

function write(update: Partial<ChannelUpdate>): void {
  store.commit([{ channel, ...NOTHING, ...update }], () => {});
  settle();
}

const snapshot = { index: 20 as Index, term: 4 as Term, number: 9, configNumbers: [5, 8] };
const install = { hard: hardState(5, 0, 20), snapshot };

function stage(from: number, to: number): void {
  const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  channel.stageBlocks(
    numbers.map((number) => blockOf(number, 'peers')),
    () => {},
  );
  settle();
}

describe('staged blocks', () => {
  test('stand beside the log: nothing else reads them', () => {
    const before = channel.load();
    stage(3, 9);
    expect(channel.load()).toEqual(before);
    expect(channel.block(3)).toEqual(blockOf(3, 'us').bytes);
    expect(channel.block(9)).toBeNull();
    expect(channel.stagedBlock(9)).toEqual(blockOf(9, 'peers').bytes);
    expect(channel.stagedBlock(10)).toBeNull();
  });

  test('survive a crash and may be staged again in any order', () => {
    stage(6, 9);
    disk = disk.afterCrash({ schedule });
    store = Store.open(disk, options);
    channel = store.channel(CHANNEL_ID);
    expect(channel.stagedBlock(7)).toEqual(blockOf(7, 'peers').bytes);
    stage(3, 6);
    write(install);
    expect(channel.load().newestNumber).toBe(9);
  });
});

describe('an installed snapshot', () => {
  const expectInstalled = (of: ChannelStore): void => {
    expect(of.load()).toEqual({
      hard: { term: 5, vote: 0, commit: 20 },
      terms: [{ first: 20, term: 4 }],
      first: 21,
      last: 20,
      snapshot: { index: 20, term: 4 },
      newestNumber: 9,
      configBlocks: [
        { number: 0, index: 1 },
        { number: 5, index: 0 },
        { number: 8, index: 0 },
      ],
      indexMark: -1,
    });
    const texts = Array.from({ length: 10 }, (_, number) =>
      new TextDecoder().decode(of.block(number)!),
    );
    expect(texts.slice(1, 3)).toEqual(['block 1 of us', 'block 2 of us']);
    expect(texts.slice(3)).toEqual(
      Array.from({ length: 7 }, (_, at) => `block ${at + 3} of peers`),
    );
    expect(of.indexOfBlock(2)).toBe(3);
    expect(of.indexOfBlock(3)).toBeNull();
    expect(of.numberAtIndex(20 as Index)).toBe(9);
    expect(of.numberAtIndex(10 as Index)).toBeNull();
    expect(of.entryAt(20 as Index)).toBeNull();
  };

  test('replaces the uncommitted tail and shows the adopted blocks, also after a restart', () => {
    stage(3, 9);
    write(install);
    expectInstalled(channel);
    expectInstalled(Store.open(disk, options).channel(CHANNEL_ID));
  });

  test('is all or nothing in a crash', () => {
    stage(3, 9);
    const before = channel.load();
    store.commit([{ channel, ...NOTHING, ...install }], () => {});
    const lost = disk.afterCrash({ schedule });
    expect(Store.open(lost, options).channel(CHANNEL_ID).load()).toEqual(before);
    expect(Store.open(lost, options).channel(CHANNEL_ID).block(4)).toEqual(blockOf(4, 'us').bytes);
  });

  test('is followed by ordinary entries, and by another snapshot later', () => {
    stage(3, 9);
    write(install);
    const index = 21 as Index;
    const entry = { index, term: 5 as Term, kind: 'data' as const, block: blockOf(10, 'us') };
    write({ entries: [entry] });
    expect(channel.block(10)).toEqual(blockOf(10, 'us').bytes);
    expect(channel.indexOfBlock(10)).toBe(21);
    stage(10, 12);
    const second = { index: 30 as Index, term: 5 as Term, number: 12, configNumbers: [] };
    write({ hard: hardState(5, 0, 30), snapshot: second, index: { mark: 11, sources: [] } });
    expect(channel.block(10)).toEqual(blockOf(10, 'peers').bytes);
    expect(channel.block(9)).toEqual(blockOf(9, 'peers').bytes);
    expect(channel.load()).toMatchObject({ first: 31, last: 30, newestNumber: 12, indexMark: 11 });
  });

  test.each([
    ['blocks that were not staged', () => install, /staged block 3 is missing/],
    [
      'an index that is not beyond the commit index',
      () => ({ ...install, snapshot: { ...snapshot, index: 3 as Index } }),
      /beyond the commit index/,
    ],
    [
      'a commit index that does not reach it',
      () => ({ ...install, hard: hardState(5, 0, 19) }),
      /installed snapshot is committed/,
    ],
    [
      'fewer blocks than are committed',
      () => ({ ...install, snapshot: { ...snapshot, number: 1, configNumbers: [] } }),
      /does not take back committed blocks/,
    ],
    [
      'entries beside it',
      () => ({
        ...install,
        entries: [{ index: 21 as Index, term: 5 as Term, kind: 'noop' as const, block: null }],
      }),
      /without entries/,
    ],
  ])('is refused with %s', (_, update, sentence) => {
    expect(() => write(update())).toThrow(sentence);
    expect(channel.load().last).toBe(6);
  });

  test('protects what it adopted from being staged over', () => {
    stage(3, 9);
    write(install);
    expect(() => stage(9, 9)).toThrow(/adopted block is not staged again/);
  });
});
