/**
 * Several writes of one channel as one: what the disk gets when more was issued while it was busy.
 *
 * Pure. The merged write leaves the log and the hard state as the writes would have, one after the other.
 */
import type { Index } from '@cairn/raft';
import type { ChannelWrite } from '@cairn/store';
import { assert } from './errors.ts';

export function mergeWrites(earlier: ChannelWrite, later: ChannelWrite): ChannelWrite {
  assert(earlier.channel === later.channel, 'writes of one channel are merged');
  assert(earlier.index === null || later.index === null, 'one index batch goes out at a time');
  const kept = earlier.entries.filter(
    ({ index }) => later.truncateFrom === 0 || index < later.truncateFrom,
  );
  return {
    channel: earlier.channel,
    hard: later.hard ?? earlier.hard,
    truncateFrom: lowestCut(earlier, later, kept.length > 0),
    entries: [...kept, ...later.entries],
    snapshot: null,
    index: later.index ?? earlier.index,
  };
}

/** The later cut reaches the disk only where it goes below what the earlier write adds. */
function lowestCut(earlier: ChannelWrite, later: ChannelWrite, entriesKept: boolean): Index {
  if (later.truncateFrom === 0 || entriesKept) return earlier.truncateFrom;
  if (earlier.truncateFrom === 0) return later.truncateFrom;
  return Math.min(earlier.truncateFrom, later.truncateFrom) as Index;
}
