/**
 * The logs on the disks, as tables: what each entry holds, or its term alone, as the paper draws it.
 */
import {
  type ChannelConfig,
  configOf,
  decodeBlock,
  orThrow,
  raftConfOf,
  transactionAt,
  utf8Decode,
} from '@cairn/ledger';
import type { EntryKind } from '@cairn/raft';
import type { Cluster } from '../simulation/cluster.ts';
import { keyedHashCrypto } from '../simulation/crypto.ts';
import type { ChannelRecordWrite, WrittenEntry } from '../simulation/oracle/observer.ts';
import { watchedOf } from '../simulation/oracle/watched.ts';
import { tableOf } from './columns.ts';

export function textOfEntry(kind: EntryKind, bytes: Uint8Array | null): string {
  if (bytes === null) return kind === 'noop' ? 'no-op' : '';
  const block = orThrow(decodeBlock(keyedHashCrypto, bytes));
  if (block.header.number === 0) return 'block 0';
  if (kind === 'config') return textOfConfig(orThrow(configOf(block)));
  const at = Array.from({ length: block.header.transactionCount }, (_, each) => each);
  return at.map((each) => utf8Decode(transactionAt(block.body, each).payload)).join('; ');
}

/** As Raft's log lines write a configuration. */
function textOfConfig(config: ChannelConfig): string {
  const { voters, outgoing } = raftConfOf(config);
  const isJoint = outgoing.length > 0;
  return `(${voters.join(' ')})${isJoint ? `&&(${outgoing.join(' ')})` : ''}`;
}

interface StoredLog extends ChannelRecordWrite {
  readonly node: string;
  readonly isDown: boolean;
  readonly commit: number;
}

function storedLogs(cluster: Cluster): StoredLog[] {
  const { stored } = watchedOf(cluster);
  return cluster.nodes.flatMap((node) =>
    stored(node.name).channels.map((record) => {
      const commit = node.view(record.channel)?.commit ?? record.hard.commit;
      return { ...record, node: node.name, isDown: !node.isAlive, commit };
    }),
  );
}

/** `shown` makes the cell of an entry. */
function tableOfLogs(cluster: Cluster, shown: (entry: WrittenEntry) => string): string[] {
  const logs = storedLogs(cluster);
  const longest = Math.max(...logs.map(({ last }) => last));
  const indexes = Array.from({ length: longest }, (_, at) => at + 1);
  const rows = logs.map(({ node, isDown, commit, entries, last }) => {
    const cells = indexes.map((index) => {
      const entry = entries.find((each) => each.index === index);
      return entry === undefined || index > last ? '' : shown(entry);
    });
    return [node, ...cells, `commit ${commit}${isDown ? ', down' : ''}`];
  });
  return tableOf([['index', ...indexes.map(String)], ...rows]);
}

export const tableOfEntries = (cluster: Cluster): string[] =>
  tableOfLogs(cluster, ({ term, kind, block }) => `t${term} ${textOfEntry(kind, block)}`);

export const tableOfTerms = (cluster: Cluster): string[] =>
  tableOfLogs(cluster, ({ term }) => String(term));
