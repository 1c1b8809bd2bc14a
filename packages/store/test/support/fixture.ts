/**
 * A store with known content: what block n holds can be said without having kept it.
 */

import type { Index, MemberId, Term } from '@cairn/raft';
import {
  type ChannelStore,
  type ChannelWrite,
  type Disk,
  type IndexBatch,
  Store,
} from '../../src/index.ts';
import { sourceOf } from './index-batch.ts';

export const CHANNEL_ID = new Uint8Array(32).fill(0xab);
export const CHANNEL = 'mychannel';

/** Deterministic, different for every number, between 200 bytes and 20 KB: inside pages and in pages of their own. */
export function blockBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(200 + ((number * 7919) % 20_000));
  for (let at = 0; at < bytes.length; at += 1)
    bytes[at] = (number * 31 + at * 7 + (at >> 8)) & 0xff;
  return bytes;
}

export const transactionId = (block: number, index: number): string =>
  `${String(block).padStart(6, '0')}-${index}`;

const leafOf = (block: number, index: number): Uint8Array =>
  new Uint8Array(32).fill((block * 5 + index) & 0xff);

/** Ids of a block; every second lookup in tests asks for something that is not there. */
export const TRANSACTIONS_PER_BLOCK = 4;

export function openStore(disk: Disk): Promise<ChannelStore & { readonly store: Store }> {
  const store = Store.open(disk, { incarnation: () => Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1) });
  const found = store.channels()[0];
  const ready = (channel: ChannelStore) => Object.assign(channel, { store });
  if (found !== undefined) return Promise.resolve(ready(store.channel(found.channelId)));
  const genesis = { name: CHANNEL, channelId: CHANNEL_ID, genesis: blockBytes(0) };
  return new Promise((resolve) => store.createChannel(genesis, (one) => resolve(ready(one))));
}

/**
 * The next block and everything before it committed: one turn. With the ids of all blocks before it in the index, unless an
 * index batch is still on its way to the disk.
 */
export function nextWrite(channel: ChannelStore, number: number, isIndexed = true): ChannelWrite {
  const index = (number + 1) as Index;
  const block = { number, bytes: blockBytes(number) };
  const kind = number % 10 === 0 ? 'config' : 'data';
  return {
    channel,
    hard: { term: 2 as Term, vote: 1 as MemberId, commit: number as Index },
    truncateFrom: 0 as Index,
    entries: [{ index, term: 2 as Term, kind, block }],
    snapshot: null,
    index: isIndexed ? indexOf(channel.load().indexMark + 1, number - 1) : null,
  };
}

function indexOf(from: number, mark: number): IndexBatch {
  const sources = [];
  for (let block = from; block <= mark; block += 1) {
    const ids = Array.from({ length: TRANSACTIONS_PER_BLOCK }, (_, at) => transactionId(block, at));
    sources.push(sourceOf(block, ids, (index) => leafOf(block, index)));
  }
  return { mark, sources };
}

/**
 * Null when all that the channel says is right; else what is wrong. Throws what the store throws. Blocks below `from`
 * are not looked at.
 */
export function firstWrong(channel: ChannelStore, blocks: number, from = 0): string | null {
  const { newestNumber, last, hard, indexMark, configBlocks } = channel.load();
  if (newestNumber !== blocks - 1) return `newest number ${newestNumber}`;
  if (last !== blocks || hard.commit !== blocks - 1) return `last ${last}, commit ${hard.commit}`;
  if (hard.term !== 2 || hard.vote !== 1) return `term ${hard.term}, vote ${hard.vote}`;
  if (indexMark > blocks - 2) return `index mark ${indexMark}`;
  if (configBlocks.length !== Math.ceil(blocks / 10)) return 'config blocks';
  for (let number = from; number < blocks; number += 1) {
    const bytes = channel.block(number);
    if (bytes === null || Buffer.compare(bytes, blockBytes(number)) !== 0) return `block ${number}`;
    if (channel.indexOfBlock(number) !== number + 1) return `index of block ${number}`;
  }
  return firstWrongEntry(channel, blocks) ?? firstWrongLookup(channel, indexMark, from);
}

function firstWrongEntry(channel: ChannelStore, blocks: number): string | null {
  const entries = channel.entries(2 as Index, (blocks + 1) as Index, 1e9);
  if (entries.length !== blocks - 1) return 'number of entries';
  const wrong = entries.find(
    ({ index, term, number }, at) => index !== at + 2 || term !== 2 || number !== at + 1,
  );
  return wrong === undefined ? null : `entry ${wrong.index}`;
}

function firstWrongLookup(channel: ChannelStore, mark: number, from: number): string | null {
  for (let block = from; block <= mark; block += 1) {
    for (let index = 0; index < TRANSACTIONS_PER_BLOCK; index += 1) {
      const id = transactionId(block, index);
      const found = channel.lookup(id);
      if (found?.block !== block || found.index !== index) return `lookup of ${id}`;
      if (Buffer.compare(found.leaf16, leafOf(block, index).subarray(0, 16)) !== 0) return id;
      if (channel.lookup(`${id}x`) !== null) return `lookup of ${id}x`;
    }
  }
  return null;
}
