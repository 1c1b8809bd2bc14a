/**
 * One transaction:
 *
 *   0x01 | flags | id length | id | [author 32 | signature 64] | payload
 *
 * Bit 0 of flags says that author and signature are there; all other bits are 0. The payload is
 * opaque and at least one byte. A transaction has exactly one encoding.
 */
import { concatBytes, readAscii, utf8, writeU32 } from './bytes.ts';
import type { Crypto, Signer, Verifier } from './crypto.ts';
import { assert, LedgerError } from './errors.ts';
import {
  HASH_BYTES,
  ID_BYTES_MAX,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_PREFIX_BYTES,
} from './limits.ts';
import { asHash, type Hash, type TxId } from './names.ts';

export const TRANSACTION_VERSION = 0x01;
export const FLAG_SIGNED = 0x01;
export const LEAF_PREFIX = 0x00;

/** Bytes before the id. */
export const TRANSACTION_FIXED_BYTES = 3;
const AUTHORSHIP_BYTES = PUBLIC_KEY_BYTES + SIGNATURE_BYTES;
const SIGNING_DOMAIN = utf8('cairn-transaction-v1\0');

/** Who says so: 32 bytes of public key, 64 of signature. */
export interface Authorship {
  readonly author: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Transaction {
  readonly id: TxId;
  /** At least one byte. */
  readonly payload: Uint8Array;
  /** Present together with `signature`, or not at all. */
  readonly author?: Uint8Array;
  readonly signature?: Uint8Array;
}

export function encodedTransactionBytes(transaction: Transaction): number {
  const authorship = transaction.author === undefined ? 0 : AUTHORSHIP_BYTES;
  return TRANSACTION_FIXED_BYTES + transaction.id.length + authorship + transaction.payload.length;
}

/** Throws `TX_ID`, `TX_PAYLOAD_EMPTY`, `TX_TOO_LARGE` or `TX_SIGNATURE`. */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const bytes = new Uint8Array(encodedTransactionBytes(transaction));
  writeTransaction(transaction, bytes, 0);
  return bytes;
}

/** The form a transaction has in a block body or batch frame: length u32 | 0x00 | transaction. */
export function encodeBodyTransaction(transaction: Transaction): Uint8Array {
  const bytes = new Uint8Array(TRANSACTION_PREFIX_BYTES + encodedTransactionBytes(transaction));
  writeBodyTransaction(transaction, bytes, 0);
  return bytes;
}

/** The same form written into `target`, which has room for it; returns where it ends. */
export function writeBodyTransaction(
  transaction: Transaction,
  target: Uint8Array,
  start: number,
): number {
  const length = encodedTransactionBytes(transaction);
  writeU32(target, start, length);
  target[start + 4] = LEAF_PREFIX;
  writeTransaction(transaction, target, start + TRANSACTION_PREFIX_BYTES);
  return start + TRANSACTION_PREFIX_BYTES + length;
}

function writeTransaction(transaction: Transaction, target: Uint8Array, start: number): void {
  checkEncodable(transaction);
  const { id, author, signature, payload } = transaction;
  target[start] = TRANSACTION_VERSION;
  target[start + 1] = author === undefined ? 0 : FLAG_SIGNED;
  target[start + 2] = id.length;
  let offset = start + TRANSACTION_FIXED_BYTES;
  writeId(target, offset, id);
  offset += id.length;
  if (author !== undefined && signature !== undefined) {
    target.set(author, offset);
    target.set(signature, offset + PUBLIC_KEY_BYTES);
    offset += AUTHORSHIP_BYTES;
  }
  target.set(payload, offset);
  offset += payload.length;
  assert(offset === start + encodedTransactionBytes(transaction), 'a transaction fills its bytes');
}

/** Checks each character as it writes it: clients write some 50,000 ids in a second. */
function writeId(target: Uint8Array, start: number, id: TxId): void {
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    if (code < 0x21 || code > 0x7e) throw badId();
    target[start + i] = code;
  }
}

/** All but the characters of the id. */
function checkEncodable(transaction: Transaction): void {
  const { id, author, signature, payload } = transaction;
  if (id.length < 1 || id.length > ID_BYTES_MAX) throw badId();
  if (payload.length === 0) throw emptyPayload();
  if (encodedTransactionBytes(transaction) > TRANSACTION_BYTES_MAX) {
    throw tooLarge(TRANSACTION_BYTES_MAX);
  }
  const authorOk = author === undefined || author.length === PUBLIC_KEY_BYTES;
  const signatureOk = signature === undefined || signature.length === SIGNATURE_BYTES;
  if (!authorOk || !signatureOk || (author === undefined) !== (signature === undefined)) {
    throw new LedgerError(
      'TX_SIGNATURE',
      'author (32 bytes) and signature (64 bytes) are given together or not at all',
    );
  }
}

/** Reads a whole transaction without its body prefix. Author, signature and payload are views. */
export function decodeTransaction(
  bytes: Uint8Array,
  bytesMax: number = TRANSACTION_BYTES_MAX,
): Transaction | LedgerError {
  return (
    checkTransaction(bytes, 0, bytes.length, bytesMax) ?? readTransaction(bytes, 0, bytes.length)
  );
}

/**
 * The rules of one transaction that lies at [start, end) of `bytes`; null if it keeps them.
 * The one place where they are written: the body scan uses it too.
 */
export function checkTransaction(
  bytes: Uint8Array,
  start: number,
  end: number,
  bytesMax: number,
): LedgerError | null {
  if (end - start > bytesMax) return tooLarge(bytesMax);
  if (end - start < TRANSACTION_FIXED_BYTES) return truncated();
  if (bytes[start] !== TRANSACTION_VERSION) {
    return new LedgerError('TX_VERSION', 'a transaction begins with version 0x01');
  }
  const flags = bytes[start + 1]!;
  if ((flags & ~FLAG_SIGNED) !== 0) {
    return new LedgerError('TX_FLAGS', "only bit 0 of a transaction's flags may be set");
  }
  const idStart = start + TRANSACTION_FIXED_BYTES;
  const idEnd = idStart + bytes[start + 2]!;
  if (idEnd > end) return truncated();
  if (idEnd === idStart || idEnd - idStart > ID_BYTES_MAX) return badId();
  for (let i = idStart; i < idEnd; i++) {
    if (bytes[i]! < 0x21 || bytes[i]! > 0x7e) return badId();
  }
  const payloadStart = idEnd + flags * AUTHORSHIP_BYTES;
  if (payloadStart > end) return truncated();
  return payloadStart === end ? emptyPayload() : null;
}

/** Reads a transaction that `checkTransaction` has accepted. Views, not copies. */
export function readTransaction(bytes: Uint8Array, start: number, end: number): Transaction {
  const idStart = start + TRANSACTION_FIXED_BYTES;
  const idEnd = idStart + bytes[start + 2]!;
  const id = readAscii(bytes, idStart, idEnd - idStart) as TxId;
  if (bytes[start + 1] !== FLAG_SIGNED) return { id, payload: bytes.subarray(idEnd, end) };
  const authorEnd = idEnd + PUBLIC_KEY_BYTES;
  const signatureEnd = authorEnd + SIGNATURE_BYTES;
  return {
    id,
    author: bytes.subarray(idEnd, authorEnd),
    signature: bytes.subarray(authorEnd, signatureEnd),
    payload: bytes.subarray(signatureEnd, end),
  };
}

/** RFC 6962 leaf: hash(0x00 | transaction). */
export function leafHash(crypto: Crypto, transactionBytes: Uint8Array): Hash {
  return asHash(crypto.sha256(concatBytes(Uint8Array.of(LEAF_PREFIX), transactionBytes)));
}

/**
 * What an author signs: domain | channel id | author | leaf of the transaction without authorship.
 * It binds the signature to one channel, one author, one id and one payload.
 */
export function transactionSigningBytes(
  crypto: Crypto,
  channelId: Hash,
  author: Uint8Array,
  content: { readonly id: TxId; readonly payload: Uint8Array },
): Uint8Array {
  assert(author.length === PUBLIC_KEY_BYTES, 'an author is a 32-byte public key');
  assert(channelId.length === HASH_BYTES, 'a channel id is a 32-byte hash');
  const unsigned = encodeTransaction({ id: content.id, payload: content.payload });
  return concatBytes(SIGNING_DOMAIN, channelId, author, leafHash(crypto, unsigned));
}

export function signTransaction(
  crypto: Crypto,
  signer: Signer,
  channelId: Hash,
  content: { readonly id: TxId; readonly payload: Uint8Array },
): Transaction & Authorship {
  const message = transactionSigningBytes(crypto, channelId, signer.publicKey, content);
  return { ...content, author: signer.publicKey, signature: signer.sign(message) };
}

/** False also for an unsigned transaction. `verifier` is the one of the transaction's author. */
export function verifyTransactionSignature(
  crypto: Crypto,
  verifier: Verifier,
  channelId: Hash,
  transaction: Transaction,
): boolean {
  const { author, signature } = transaction;
  if (author === undefined || signature === undefined) return false;
  return verifier.verify(
    transactionSigningBytes(crypto, channelId, author, transaction),
    signature,
  );
}

function truncated(): LedgerError {
  return new LedgerError('TX_TRUNCATED', 'the bytes end inside a transaction');
}

function badId(): LedgerError {
  return new LedgerError('TX_ID', 'a transaction id is 1 to 64 bytes of 0x21 to 0x7E');
}

function emptyPayload(): LedgerError {
  return new LedgerError('TX_PAYLOAD_EMPTY', 'a payload has at least one byte');
}

function tooLarge(bytesMax: number): LedgerError {
  return new LedgerError('TX_TOO_LARGE', `an encoded transaction has at most ${bytesMax} bytes`);
}
