/**
 * The log's stable part for Raft: from memory where it still is, otherwise from disk.
 */
import { type Entry, type EntryReader, type Index, toIndex } from '@cairn/raft';
import type { ChannelStore } from '@cairn/store';
import type { ChainLog } from './chain-log.ts';

const NO_BYTES = new Uint8Array(0);

export function logReader(log: ChainLog, store: ChannelStore): EntryReader {
  return {
    entries(low, high, bytesMax) {
      if (low > log.base.index) return tailEntries(log, low, high, bytesMax);
      const upTo = Math.min(high, log.base.index + 1) as Index;
      return store.entries(low, upTo, bytesMax).map(({ index, term, kind, block }) => ({
        index,
        term,
        kind,
        data: block ?? NO_BYTES,
      }));
    },
  };
}

function tailEntries(log: ChainLog, low: Index, high: Index, bytesMax: number): readonly Entry[] {
  const entries: Entry[] = [];
  let bytes = 0;
  for (let at = low; at < high; at = toIndex(at + 1)) {
    const { index, term, kind, block } = log.entryAt(at)!;
    const data = block?.bytes ?? NO_BYTES;
    bytes += data.length;
    if (entries.length > 0 && bytes > bytesMax) break;
    entries.push({ index, term, kind, data });
  }
  return entries;
}
