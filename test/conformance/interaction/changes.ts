/**
 * How configuration changes travel in the entries of this harness, and etcd's text for them.
 *
 * No data is the empty change, which leaves a joint configuration; otherwise a readable line such as
 * `v2 auto v3 l4`: the entry kind, the transition, the operations.
 */

import type { ConfChange, ConfChangeOperation, Entry } from '@cairn/raft';
import { parseOperations } from '../confchange.ts';

const letters: Readonly<Record<ConfChangeOperation['kind'], string>> = {
  addVoter: 'v',
  addLearner: 'l',
  remove: 'r',
  update: 'u',
};

const operationText = (operation: ConfChangeOperation): string =>
  `${letters[operation.kind]}${operation.id}`;

export function encodeChange(change: ConfChange, v1: boolean): Uint8Array {
  if (change.operations.length === 0 && change.transition === 'auto') return new Uint8Array(0);
  const operations = change.operations.map(operationText);
  const words = [v1 ? 'v1' : 'v2', change.transition, ...operations];
  return new TextEncoder().encode(words.join(' '));
}

function wordsOf(data: Uint8Array): readonly string[] {
  return data.byteLength === 0 ? ['v2', 'auto'] : new TextDecoder().decode(data).split(' ');
}

export function decodeChange(entry: Entry): ConfChange {
  const [, transition, ...operations] = wordsOf(entry.data);
  return {
    transition: transition as ConfChange['transition'],
    operations: parseOperations(operations.join(' ')),
  };
}

/** `EntryConfChangeV2 v3 l4` */
export function describeChange(data: Uint8Array): string {
  const [kind, , ...operations] = wordsOf(data);
  return [kind === 'v1' ? 'EntryConfChange' : 'EntryConfChangeV2', ...operations].join(' ');
}
