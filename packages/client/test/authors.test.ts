import { asHash, parseTxId, signTransaction, utf8 } from '@cairn/ledger';
import { nodeCrypto } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { AuthorVerifier } from '../src/authors.ts';
import { signerOf } from './support/sample-channel.ts';

const channelId = asHash(new Uint8Array(32).fill(7));
const content = { id: parseTxId('order-17'), payload: utf8('hello') };
const signed = signTransaction(nodeCrypto, signerOf(4), channelId, content);
const verifier = new AuthorVerifier(nodeCrypto);

describe('the author of a transaction', () => {
  test('is proved by the signature', () => {
    expect(verifier.isSigned(signed, channelId)).toBe(true);
    expect(verifier.isSigned(signed, channelId)).toBe(true);
  });

  test('is not proved for other bytes, another id, another author or another channel', () => {
    const author = signerOf(5).publicKey;
    expect(verifier.isSigned({ ...signed, payload: utf8('other') }, channelId)).toBe(false);
    expect(verifier.isSigned({ ...signed, id: parseTxId('other') }, channelId)).toBe(false);
    expect(verifier.isSigned({ ...signed, author }, channelId)).toBe(false);
    expect(verifier.isSigned(signed, asHash(new Uint8Array(32)))).toBe(false);
  });

  test('is not proved without one, or with a key that may not stand for a signer', () => {
    expect(verifier.isSigned(content, channelId)).toBe(false);
    expect(verifier.isSigned({ ...signed, author: new Uint8Array(32) }, channelId)).toBe(false);
  });
});
