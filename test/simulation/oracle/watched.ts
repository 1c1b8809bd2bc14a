/**
 * The little that the judges ask of a cluster beside what they are told.
 */
import { configOf, decodeBlock, decodeBlockHead, idsOf, orThrow, toHex } from '@cairn/ledger';
import { type Cluster, standardLimits } from '../cluster.ts';
import { RecordReader } from '../record-reader.ts';
import type { Watched } from './model.ts';

export function watchedOf(cluster: Cluster): Watched {
  const { crypto, world } = cluster;
  const hashOf = remembered((block) => toHex(orThrow(decodeBlockHead(crypto, block)).hash));
  const idsIn = remembered((block) => idsOf(orThrow(decodeBlock(crypto, block)).body));
  return {
    eventNumber: () => world.events,
    nowMs: () => world.nowMs,
    statusOf: (node, channel) => cluster.node(node).channel(channel)?.status,
    stored: (node) => {
      const { content } = cluster.node(node).disk;
      const operations = content.keys().map((text) => {
        const key = Uint8Array.from(Buffer.from(text, 'latin1'));
        return { type: 'put' as const, key, value: content.get(key)! };
      });
      return new RecordReader().read(0, operations);
    },
    configIn: (block) => orThrow(configOf(orThrow(decodeBlock(crypto, block)))),
    hashOf,
    idsIn,
    loadOf: (node, channel) => {
      const queue = cluster.node(node).channel(channel)?.submissions.queue;
      if (queue === undefined) return undefined;
      const { transactionsMax, bytesMax } = standardLimits.queue;
      return {
        queued: queue.count,
        queuedBytes: queue.bytes,
        queuedMax: transactionsMax,
        queuedBytesMax: bytesMax,
      };
    },
  };
}

/** The tree has each block once, and asks the same of it many times. */
function remembered<Found>(read: (block: Uint8Array) => Found): (block: Uint8Array) => Found {
  const known = new Map<Uint8Array, Found>();
  return (block) => {
    let found = known.get(block);
    if (found === undefined) {
      found = read(block);
      known.set(block, found);
    }
    return found;
  };
}
