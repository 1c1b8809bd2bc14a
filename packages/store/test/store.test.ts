import type { EntryKind, Index, MemberId, Term } from '@cairn/raft';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type ChannelStore,
  type ChannelUpdate,
  type IndexBatch,
  MemoryDisk,
  Store,
  StoreError,
} from '../src/index.ts';
import {
  channelKey,
  numberedKey,
  soleKey,
  storeKey,
  TABLES,
  tableRange,
  transactionIdOf,
  transactionKey,
} from '../src/keys.ts';
import { sealStore } from '../src/records.ts';
import { sourceOf } from './support/index-batch.ts';
import { hardState, NOTHING } from './support/model.ts';

const INCARNATION = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const options = { incarnation: () => INCARNATION };
const channelId = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A disk that works when told to, and a store with one channel on it. */
let actions: (() => void)[] = [];
let disk: MemoryDisk;
let store: Store;
let channel: ChannelStore;
const settle = (): void => {
  for (const action of actions.splice(0)) action();
};

beforeEach(() => {
  actions = [];
  disk = new MemoryDisk({ schedule: (action) => actions.push(action) });
  store = Store.open(disk, options);
  channel = created(store, 'mychannel', 1);
});

function created(inStore: Store, name: string, seed: number): ChannelStore {
  let ready: ChannelStore | undefined;
  inStore.createChannel({ name, channelId: channelId(seed), genesis: bytes(name) }, (one) => {
    ready = one;
  });
  settle();
  return ready!;
}

const entry = (index: number, term: number, kind: EntryKind, number: number | null) => ({
  index: index as Index,
  term: term as Term,
  kind,
  block: number === null ? null : { number, bytes: bytes(`block ${number} of term ${term}`) },
});

function write(update: Partial<ChannelUpdate>): void {
  store.commit([{ channel, ...NOTHING, ...update }], () => {});
  settle();
}

/** Entries 2 (no-op), 3 to 5 (blocks 1 to 3) of term 2; committed up to 4. */
function writeSome(): void {
  const entries = [
    entry(2, 2, 'noop', null),
    entry(3, 2, 'data', 1),
    entry(4, 2, 'config', 2),
    entry(5, 2, 'data', 3),
  ];
  write({ hard: hardState(2, 1, 4), entries });
}

const batch = (mark: number, ...ids: readonly [string, number][]): IndexBatch => ({
  mark,
  sources: ids.map(([id, block]) => sourceOf(block, [id], () => new Uint8Array(32).fill(3))),
});

const refused = (code: string) => expect.objectContaining({ code });

describe('a store', () => {
  test('is created once, keeps its incarnation, and says whether it was created', () => {
    expect(store.created).toBe(true);
    const again = Store.open(disk, { incarnation: () => new Uint8Array(8).fill(99) });
    expect(again.created).toBe(false);
    expect(again.incarnation).toEqual(INCARNATION);
  });

  test('is not created without leave', () => {
    const empty = new MemoryDisk({ schedule: () => {} });
    expect(() => Store.open(empty, { incarnation: null })).toThrow(refused('STORE_MISSING'));
  });

  test('of a newer format is refused, whatever follows the version', () => {
    const newer = sealStore(storeKey(), {
      formatVersion: 2,
      incarnation: INCARNATION,
      channelCount: 0,
    });
    disk.damage(storeKey(), () => newer);
    expect(() => Store.open(disk, options)).toThrow(refused('STORE_TOO_NEW'));
  });

  test('lists its channels in the order of their creation, each once it is durable', () => {
    let durable = false;
    const second = { name: 'second', channelId: channelId(2), genesis: bytes('g') };
    store.createChannel(second, () => {
      durable = true;
    });
    expect(store.channels().map(({ name }) => name)).toEqual(['mychannel']);
    expect(() => store.channel(channelId(2))).toThrow(refused('CHANNEL_UNKNOWN'));
    settle();
    expect(durable).toBe(true);
    expect(store.channels().map(({ name, slot }) => [name, slot])).toEqual([
      ['mychannel', 0],
      ['second', 1],
    ]);
    expect(Store.open(disk, options).channels()).toEqual(store.channels());
  });

  test('refuses a second channel of the same name or id, also while the first is not durable', () => {
    const second = { name: 'second', channelId: channelId(2), genesis: bytes('g') };
    store.createChannel(second, () => {});
    const sameName = { ...second, channelId: channelId(3) };
    const sameId = { ...second, name: 'third' };
    expect(() => store.createChannel(sameName, () => {})).toThrow(refused('CHANNEL_EXISTS'));
    expect(() => store.createChannel(sameId, () => {})).toThrow(refused('CHANNEL_EXISTS'));
  });

  test('keeps the channels apart and writes a turn of several as one transaction', () => {
    const second = created(store, 'second', 2);
    const update = (of: ChannelStore, block: number, id: string) => ({
      ...NOTHING,
      channel: of,
      hard: hardState(2, 0, 2),
      entries: [entry(2, 2, 'data', block)],
      index: batch(0, [id, 0]),
    });
    store.commit([update(channel, 1, 'a'), update(second, 1, 'b')], () => {});
    expect(disk.outstanding).toBe(1);
    settle();
    expect(channel.lookup('a')).not.toBeNull();
    expect(channel.lookup('b')).toBeNull();
    expect(second.lookup('b')).not.toBeNull();
    expect(second.greatestId()).toBe('b');
  });

  test('writes nothing of a turn in which one update breaks a rule', () => {
    const second = created(store, 'second', 2);
    const good = { ...NOTHING, channel, hard: hardState(5, 1, 1) };
    const bad = { ...NOTHING, channel: second, hard: hardState(1, 0, 7) };
    expect(() => store.commit([good, bad], () => {})).toThrow(refused('RULE_BROKEN'));
    expect(disk.outstanding).toBe(0);
    write({ hard: hardState(2, 1, 1) });
    expect(channel.load().hard.term).toBe(2);
  });
});

describe('a channel', () => {
  test('begins with block 0 at index 1, term 1, committed, and an empty log behind it', () => {
    expect(channel.load()).toEqual({
      hard: { term: 1, vote: 0, commit: 1 },
      terms: [{ first: 1, term: 1 }],
      first: 2,
      last: 1,
      snapshot: { index: 1, term: 1 },
      newestNumber: 0,
      configBlocks: [{ number: 0, index: 1 }],
      indexMark: -1,
    });
    expect(channel.block(0)).toEqual(bytes('mychannel'));
    expect(channel.entryAt(1 as Index)).toBeNull();
    expect(channel.numberAtIndex(1 as Index)).toBe(0);
  });

  test('shows nothing of an update before it is durable', () => {
    store.commit([{ channel, ...NOTHING, entries: [entry(2, 1, 'data', 1)] }], () => {});
    expect(channel.load().last).toBe(1);
    expect(channel.block(1)).toBeNull();
    expect(() => channel.entries(2 as Index, 3 as Index, 1)).toThrow(/only durable entries/);
    settle();
    expect(channel.load().last).toBe(2);
    expect(channel.block(1)).toEqual(bytes('block 1 of term 1'));
  });

  test('no longer shows what an issued truncation takes away, though it is not durable yet', () => {
    writeSome();
    const replacing = { truncateFrom: 5 as Index, entries: [entry(5, 3, 'noop', null)] };
    store.commit([{ channel, ...NOTHING, hard: hardState(3, 0, 4), ...replacing }], () => {});
    expect(channel.load().last).toBe(5);
    expect(channel.block(3)).toBeNull();
    expect(channel.entryAt(5 as Index)).toBeNull();
    expect(channel.block(2)).not.toBeNull();
    settle();
    expect(channel.entryAt(5 as Index)).toEqual({ index: 5, term: 3, kind: 'noop', number: null });
    expect(channel.block(3)).toBeNull();
    expect(channel.load().newestNumber).toBe(2);
  });

  test('leaves nothing behind of what was truncated', () => {
    writeSome();
    write({
      hard: hardState(3, 0, 4),
      entries: [entry(6, 3, 'config', 4), entry(7, 3, 'data', 5)],
    });
    write({ truncateFrom: 5 as Index, entries: [entry(5, 3, 'data', 3)] });
    const numbersIn = (table: 'log' | 'number' | 'block' | 'configBlock') =>
      disk
        .range({ ...tableRange(0, TABLES[table]), limit: 100 })
        .map(({ key }) => Number(Buffer.from(key).readBigUInt64BE(6)));
    expect(numbersIn('log')).toEqual([1, 2, 3, 4, 5]);
    expect(numbersIn('number')).toEqual([0, 1, 2, 3]);
    expect(numbersIn('block')).toEqual([0, 1, 2, 3]);
    expect(numbersIn('configBlock')).toEqual([0, 2]);
  });

  test('gives at least one entry, then as many as fit', () => {
    writeSome();
    const read = (bytesMax: number) =>
      channel.entries(2 as Index, 6 as Index, bytesMax).map(({ index }) => index);
    const one = bytes('block 1 of term 2').length;
    expect(read(0)).toEqual([2]);
    expect(read(one)).toEqual([2, 3]);
    expect(read(2 * one)).toEqual([2, 3, 4]);
    expect(channel.entries(3 as Index, 6 as Index, 0)).toHaveLength(1);
  });

  test('remembers incarnations of members', () => {
    const member = 3 as MemberId;
    expect(channel.memberIncarnation(member)).toBeNull();
    write({ memberIncarnations: [{ member, incarnation: INCARNATION }] });
    expect(channel.memberIncarnation(member)).toEqual(INCARNATION);
    expect(Store.open(disk, options).channel(channelId(1)).memberIncarnation(member)).toEqual(
      INCARNATION,
    );
  });
});

describe('rules that stay on in production', () => {
  const broken: Record<string, [Partial<ChannelUpdate>, RegExp]> = {
    'the term never falls': [{ hard: hardState(1, 1, 4) }, /term never falls/],
    'a vote never changes within its term': [{ hard: hardState(2, 3, 4) }, /vote never changes/],
    'a vote is not taken back within its term': [{ hard: hardState(2, 0, 4) }, /vote never/],
    'the commit index never falls': [{ hard: hardState(2, 1, 3) }, /commit index never falls/],
    'the commit index is within the log': [{ hard: hardState(2, 1, 6) }, /within the log/],
    'nothing committed is truncated': [{ truncateFrom: 4 as Index }, /at or below the commit/],
    'a truncation begins within the log': [{ truncateFrom: 7 as Index }, /within the log/],
    'entries follow the log': [{ entries: [entry(7, 2, 'data', 4)] }, /contiguous/],
    'entries do not overwrite without truncation': [
      { entries: [entry(5, 2, 'data', 3)] },
      /contiguous/,
    ],
    'terms never fall along the log': [{ entries: [entry(6, 1, 'data', 4)] }, /never fall along/],
    'no entry is of a later term than the current': [
      { entries: [entry(6, 3, 'data', 4)] },
      /not beyond the current term/,
    ],
    'block numbers are contiguous': [{ entries: [entry(6, 2, 'data', 5)] }, /block numbers/],
    'a replaced block keeps its number': [
      { truncateFrom: 5 as Index, entries: [entry(5, 2, 'data', 4)] },
      /block numbers/,
    ],
    'a no-op has no block': [{ entries: [entry(6, 2, 'noop', 4)] }, /no-op has no block/],
    'a data entry has one': [{ entries: [entry(6, 2, 'data', null)] }, /no-op has no block/],
    'the mark never passes the newest committed block': [
      { index: batch(3) },
      /never passes the newest committed/,
    ],
    'index records belong to new blocks': [{ index: batch(1, ['a', 2]) }, /old mark and the new/],
    'ids are printable': [{ index: batch(1, ['ä', 1]) }, /printable ASCII/],
  };
  test.each(Object.entries(broken))('%s', (_, [update, sentence]) => {
    writeSome();
    const attempt = () => store.commit([{ channel, ...NOTHING, ...update }], () => {});
    expect(attempt).toThrow(refused('RULE_BROKEN'));
    expect(attempt).toThrow(sentence);
    expect(disk.outstanding).toBe(0);
  });

  test('the mark never falls', () => {
    writeSome();
    write({ index: batch(2, ['a', 1]) });
    expect(() => write({ index: batch(1) })).toThrow(/mark never falls/);
  });

  test('they hold against what was issued, not only against what is durable', () => {
    writeSome();
    const commit = (update: Partial<ChannelUpdate>) =>
      store.commit([{ channel, ...NOTHING, ...update }], () => {});
    commit({ hard: hardState(3, 2, 5), entries: [entry(6, 3, 'data', 4)] });
    expect(() => commit({ hard: hardState(3, 1, 5) })).toThrow(/vote never changes/);
    expect(() => commit({ truncateFrom: 5 as Index })).toThrow(/at or below the commit/);
    commit({ truncateFrom: 6 as Index, entries: [entry(6, 3, 'noop', null)] });
    commit({ hard: hardState(3, 2, 6), entries: [entry(7, 3, 'data', 4)], index: batch(3) });
    settle();
    expect(channel.load()).toMatchObject({ last: 7, newestNumber: 4, indexMark: 3 });
  });

  test('a channel is written once in a turn', () => {
    const update = { channel, ...NOTHING };
    expect(() => store.commit([update, update], () => {})).toThrow(/once in a turn/);
  });
});

describe('damaged records', () => {
  beforeEach(writeSome);

  const flipped = (value: Uint8Array): Uint8Array => {
    const changed = Uint8Array.from(value);
    changed[changed.length >> 1]! ^= 4;
    return changed;
  };

  /** Every record of the channel, with a read that needs it. */
  const reads: Record<string, [() => Uint8Array, (of: ChannelStore) => unknown]> = {
    'the block': [() => numberedKey(0, TABLES.block, 2), (of) => of.block(2)],
    'its number record': [() => numberedKey(0, TABLES.number, 2), (of) => of.indexOfBlock(2)],
    'its log record': [() => numberedKey(0, TABLES.log, 4), (of) => of.entryAt(4 as Index)],
    'the newest log record': [() => numberedKey(0, TABLES.log, 5), () => reopened()],
    'the state': [() => soleKey(0, TABLES.state), () => reopened()],
    'the term runs': [() => soleKey(0, TABLES.terms), () => reopened()],
    'a config block record': [() => numberedKey(0, TABLES.configBlock, 2), () => reopened()],
    'the channel': [() => channelKey(0), () => reopened()],
    'the store': [() => storeKey(), () => reopened()],
  };
  const reopened = () => Store.open(disk, options).channel(channelId(1));

  test.each(Object.entries(reads))('%s: a flipped bit is told, never used', (_, [key, read]) => {
    disk.damage(key(), flipped);
    expect(() => read(channel)).toThrow(refused('RECORD_DAMAGED'));
  });

  test.each(Object.entries(reads))('%s: missing is damaged, never the end', (_, [key, read]) => {
    disk.damage(key(), () => null);
    expect(() => read(channel)).toThrow(refused('RECORD_DAMAGED'));
  });

  test('a block in the place of another is told, with channel and number', () => {
    const other = channel.block(1)!;
    disk.damage(numberedKey(0, TABLES.block, 2), () => other);
    const error = caught(() => channel.block(2));
    expect(error.details).toEqual({ channel: 'mychannel', record: 'block', number: 2 });
    expect(error.message).toMatch(/channel mychannel is damaged: block 2 does not match/);
  });

  test('a page of the index is verified before it says that an id is there, or that it is not', () => {
    write({ index: batch(2, ['a', 1], ['b', 1], ['c', 2]) });
    disk.damage(transactionKey(0, 'c'), flipped);
    for (const id of ['b', 'ab', 'bb', 'Z']) {
      expect(() => channel.lookup(id)).toThrow(refused('RECORD_DAMAGED'));
    }
    expect(channel.lookup('zzz')).toBeNull();
  });

  test('a page in the place of another cannot answer for it', () => {
    const many = Array.from({ length: 200 }, (_, at): [string, number] => [`id-${100 + at}`, 1]);
    write({ index: batch(2, ...many) });
    const { from, to } = tableRange(0, TABLES.transaction);
    const pages = disk.range({ from, to, limit: 9 });
    expect(pages.length).toBeGreaterThan(2);
    disk.damage(pages[1]!.key, () => null);
    const lost = many.map(([id]) => id).filter((id) => id > transactionIdOf(pages[0]!.key));
    expect(() => channel.lookup(lost[0]!)).toThrow(refused('RECORD_DAMAGED'));
    expect(channel.lookup('id-100')).not.toBeNull();
  });

  test('one damaged channel leaves the others at work', () => {
    created(store, 'second', 2);
    disk.damage(soleKey(0, TABLES.state), flipped);
    const again = Store.open(disk, options);
    expect(() => again.channel(channelId(1))).toThrow(refused('RECORD_DAMAGED'));
    expect(again.channel(channelId(2)).block(0)).toEqual(bytes('second'));
  });
});

function caught(action: () => unknown): StoreError {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return error;
  }
  throw new Error('expected a StoreError');
}
