/**
 * The proof vectors of transparency-dev/merkle: every JSON file under `inclusion` and `consistency`
 * of a directory, `test/data/merkle` or the one named by MERKLE_VECTORS.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nobleCrypto, verifyConsistency, verifyInclusion } from '@cairn/ledger';
import { describe, expect, test } from 'vitest';

const committed = fileURLToPath(new URL('../../../test/data/merkle', import.meta.url));
const directory = process.env.MERKLE_VECTORS ?? committed;

interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string | null;
  readonly leafHash: string | null;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyVector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string | null;
  readonly root2: string | null;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

function vectorsIn<T>(kind: string): [string, T][] {
  const folder = join(directory, kind);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort()
    .map((path) => [path, JSON.parse(readFileSync(join(folder, path), 'utf8')) as T]);
}

function bytes(base64: string | null): Uint8Array {
  return Uint8Array.from(Buffer.from(base64 ?? '', 'base64'));
}

describe('inclusion proofs of transparency-dev/merkle', () => {
  test.each(vectorsIn<InclusionVector>('inclusion'))('%s', (_, vector) => {
    const claim = {
      leaf: bytes(vector.leafHash),
      index: vector.leafIdx,
      treeSize: vector.treeSize,
      proof: (vector.proof ?? []).map(bytes),
      root: bytes(vector.root),
    };
    expect(verifyInclusion(nobleCrypto, claim)).toBe(!vector.wantErr);
  });
});

describe('consistency proofs of transparency-dev/merkle', () => {
  test.each(vectorsIn<ConsistencyVector>('consistency'))('%s', (_, vector) => {
    const claim = {
      oldSize: vector.size1,
      newSize: vector.size2,
      proof: (vector.proof ?? []).map(bytes),
      oldRoot: bytes(vector.root1),
      newRoot: bytes(vector.root2),
    };
    expect(verifyConsistency(nobleCrypto, claim)).toBe(!vector.wantErr);
  });
});
