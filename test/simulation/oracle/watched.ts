/**
 * The little that the judges ask of a cluster beside what they are told.
 */
import { configOf, decodeBlock, decodeBlockHead, idsOf, orThrow, toHex } from '@cairn/ledger';
import { type Cluster, standardLimits } from '../cluster.ts';
import { RecordReader } from '../record-reader.ts';
import type { Watched } from './model.ts';

export function watchedOf(cluster: Cluster): Watched {
  const { crypto, world } = cluster;
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
    hashOf: (block) => toHex(orThrow(decodeBlockHead(crypto, block)).hash),
    idsIn: (block) => idsOf(orThrow(decodeBlock(crypto, block)).body),
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
