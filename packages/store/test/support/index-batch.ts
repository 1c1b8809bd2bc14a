/**
 * Index batches from plain lists, and back: what a batch says, read the naive way.
 */

import type { IndexBatch, IndexSource } from '../../src/index.ts';

export interface Indexed {
  readonly id: string;
  readonly block: number;
  /** Position in the block. */
  readonly index: number;
  /** 32 bytes. */
  readonly leaf: Uint8Array;
}

/** The ids of one block by position, with other bytes between them. `order`: ascending or any other. */
export function sourceOf(
  block: number,
  ids: readonly string[],
  leafOf: (position: number) => Uint8Array,
  order: readonly number[] = [...ids.keys()],
): IndexSource {
  const idStarts = new Uint32Array(ids.length);
  const idLengths = Uint8Array.from(ids, ({ length }) => length);
  let text = '';
  for (const [position, id] of ids.entries()) {
    text += '###';
    idStarts[position] = text.length;
    text += id;
  }
  return {
    block,
    ids: { bytes: Buffer.from(text, 'latin1'), count: ids.length, idStarts, idLengths },
    order: Uint32Array.from(order),
    leaves: Buffer.concat(ids.map((_, position) => leafOf(position))),
  };
}

export function indexedBy({ sources }: IndexBatch): Indexed[] {
  return sources.flatMap(({ block, ids, leaves }) =>
    Array.from({ length: ids.count }, (_, index) => {
      const start = ids.idStarts[index]!;
      const id = Buffer.from(ids.bytes).toString('latin1', start, start + ids.idLengths[index]!);
      return { id, block, index, leaf: leaves.subarray(32 * index, 32 * index + 32) };
    }),
  );
}
