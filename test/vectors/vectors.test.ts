/**
 * The golden vectors: fixed bytes that every version must read and write alike.
 *
 * Three things agree here: the committed JSON, the second writing it was made with, and the ledger.
 * UPDATE_VECTORS=1 writes the JSON anew; a change of existing vectors is a change of the format.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  advanceChain,
  asHash,
  type ChainState,
  canonicalJson,
  checkGenesis,
  decodeBlock,
  decodeTransaction,
  encodeConfig,
  encodeHeader,
  encodeTransaction,
  fromHex,
  type JsonValue,
  LedgerError,
  leafHash,
  nobleCrypto,
  orThrow,
  parseConfig,
  parseTxId,
  rootOf,
  signTransaction,
  startChain,
  toHex,
  utf8,
  verifyChain,
} from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { blockVectors, chainVectors, configVectors, transactionVectors } from './make-vectors.ts';

function vectorsOf<T>(name: string, make: () => T): T {
  const file = new URL(`./${name}.json`, import.meta.url);
  if (process.env.UPDATE_VECTORS === '1') {
    writeFileSync(file, `${JSON.stringify(make(), null, 2)}\n`);
  }
  const committed = JSON.parse(readFileSync(file, 'utf8')) as T;
  test(`${name}.json is what the second writing makes`, () => {
    expect(committed).toEqual(make());
  });
  return committed;
}

function codeOf(value: unknown): unknown {
  return value instanceof LedgerError ? value.code : 'accepted';
}

describe('transactions', () => {
  const vectors = vectorsOf('transactions', transactionVectors);

  test.each(vectors.good)('$id has these bytes and this leaf', (vector) => {
    const bytes = fromHex(vector.bytes);
    const decoded = orThrow(decodeTransaction(bytes));
    expect(decoded.id).toBe(vector.id);
    expect(toHex(decoded.payload)).toBe(vector.payload);
    expect(toHex(encodeTransaction(decoded))).toBe(vector.bytes);
    expect(toHex(leafHash(nobleCrypto, bytes))).toBe(vector.leaf);
  });

  test('an author signs these bytes', () => {
    const { author, signature, id, payload } = vectors.good.at(-1)!;
    const signer = nobleCrypto.createSigner(fromHex(vectors.signing.seed));
    const channelId = asHash(fromHex(vectors.signing.channelId));
    const content = { id: parseTxId(id), payload: fromHex(payload) };
    const signed = signTransaction(nobleCrypto, signer, channelId, content);
    expect(toHex(signed.author)).toBe(author);
    expect(toHex(signed.signature)).toBe(signature);
  });

  test.each(vectors.hostile)('refused: $name', ({ bytes, code }) => {
    expect(codeOf(decodeTransaction(fromHex(bytes)))).toBe(code);
  });
});

describe('blocks', () => {
  const vectors = vectorsOf('blocks', blockVectors);

  test.each(vectors.good)('block $number has these hashes', (vector) => {
    const bytes = fromHex(vector.bytes);
    const block = orThrow(decodeBlock(nobleCrypto, bytes));
    const { number, kind, transactionCount, bodyBytes } = block.header;
    expect(vector).toMatchObject({ number, kind, transactionCount, bodyBytes });
    expect(toHex(block.hash)).toBe(vector.hash);
    expect(toHex(rootOf(nobleCrypto, block))).toBe(vector.transactionsRoot);
    expect(toHex(encodeHeader(block.header))).toBe(vector.bytes.slice(0, 284));
  });

  test.each(vectors.hostile)('refused: $name', ({ bytes, code }) => {
    const zeros = /^zeros:(\d+)$/.exec(bytes);
    const hostile = zeros ? new Uint8Array(Number(zeros[1])) : fromHex(bytes);
    expect(codeOf(decodeBlock(nobleCrypto, hostile))).toBe(code);
  });
});

describe('chains', () => {
  const vectors = vectorsOf('chains', chainVectors);
  const chain = vectors.chain.map(fromHex);

  function stateAfter(number: number): ChainState {
    const verdict = verifyChain(nodeCrypto, chain.slice(0, number + 1));
    if (!verdict.ok) throw new Error(verdict.message);
    return verdict.state;
  }

  test.each([
    ['noble', nobleCrypto],
    ['node:crypto', nodeCrypto],
  ])('the whole chain verifies with %s', (_, crypto) => {
    expect(verifyChain(crypto, chain)).toMatchObject({ ok: true, state: { number: 5 } });
  });

  test('the channel id is the hash of block 0', () => {
    const genesis = orThrow(decodeBlock(nodeCrypto, chain[0]!));
    expect(checkGenesis(nodeCrypto, genesis)).not.toBeInstanceOf(LedgerError);
    expect(toHex(orThrow(startChain(nodeCrypto, genesis)).channelId)).toBe(vectors.channelId);
  });

  test.each(vectors.faults)('refused after block $after: $name', ({ after, block, reason }) => {
    const decoded = orThrow(decodeBlock(nodeCrypto, fromHex(block)));
    const verdict = advanceChain(nodeCrypto, stateAfter(after), decoded);
    expect(verdict.ok ? 'accepted' : verdict.reason).toBe(reason);
  });
});

describe('configurations', () => {
  const vectors = vectorsOf('configs', configVectors);

  test('the canonical text reads and writes to itself', () => {
    for (const document of vectors.good) {
      const config = orThrow(parseConfig(utf8(document)));
      expect(Buffer.from(encodeConfig(config)).toString()).toBe(document);
      expect(canonicalJson(config as unknown as JsonValue)).toBe(document);
    }
  });

  test.each(vectors.hostile)('refused: $name', ({ document, code }) => {
    expect(codeOf(parseConfig(utf8(document)))).toBe(code);
  });
});
