/**
 * Author and signature of a bare submission, from its two headers: both, or neither (null).
 */
import { type Authorship, decodeKey, fromHex, LedgerError, SIGNATURE_BYTES } from '@cairn/ledger';
import { type ErrorCode, headerNames } from '@cairn/transport';
import type { HeaderSource } from './request-options.ts';

interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

export function authorshipOf(source: HeaderSource): Authorship | null | Problem {
  const author = source.header(headerNames.author) ?? '';
  const signature = source.header(headerNames.signature) ?? '';
  if (author === '' && signature === '') return null;
  if (author === '' || signature === '') {
    return badHeader('Cairn-Author and Cairn-Signature are given together or not at all.');
  }
  const key = decodeKey(author);
  if (key instanceof LedgerError) return badHeader(`Cairn-Author: ${key.message}`);
  const signatureBytes = hexOrNull(signature);
  if (signatureBytes?.length !== SIGNATURE_BYTES) {
    return badHeader('Cairn-Signature is 64 bytes in hexadecimal.');
  }
  return { author: key, signature: signatureBytes };
}

function hexOrNull(text: string): Uint8Array | null {
  try {
    return fromHex(text);
  } catch {
    return null;
  }
}

function badHeader(message: string): Problem {
  return { code: 'BAD_HEADER', message };
}
