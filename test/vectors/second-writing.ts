/**
 * The byte format written a second time, with Node's Buffer and crypto only and nothing of the
 * ledger package, to make the golden vectors. Plain on purpose: it is read beside the specification.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

export interface PlainTransaction {
  readonly id: string;
  readonly payload: Buffer;
  readonly author?: Buffer;
  readonly signature?: Buffer;
}

export interface PlainHeader {
  readonly kind: 0 | 1;
  readonly channelId: Buffer;
  readonly number: number;
  readonly previousHash: Buffer;
  readonly timestampMs: number;
  readonly term: number;
  readonly proposer: number;
  readonly configNumber: number;
}

export const zeros = (length: number) => Buffer.alloc(length);

export function hash(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function transaction({ id, author, signature, payload }: PlainTransaction): Buffer {
  const authorship = author && signature ? [author, signature] : [];
  return Buffer.concat([
    Buffer.of(0x01, authorship.length > 0 ? 1 : 0, id.length),
    Buffer.from(id, 'latin1'),
    ...authorship,
    payload,
  ]);
}

export function leaf(transactionBytes: Buffer): Buffer {
  return hash(Buffer.of(0x00), transactionBytes);
}

/** RFC 6962 section 2.1, as it stands there. */
export function root(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hash(Buffer.of(0x01), root(leaves.slice(0, split)), root(leaves.slice(split)));
}

export function body(transactions: readonly Buffer[]): Buffer {
  return Buffer.concat(
    transactions.flatMap((bytes) => [u32(bytes.length), Buffer.of(0x00), bytes]),
  );
}

export function header(fields: PlainHeader, transactions: readonly Buffer[]): Buffer {
  return Buffer.concat([
    Buffer.of(0x01, fields.kind),
    fields.channelId,
    u64(fields.number),
    fields.previousHash,
    root(transactions.map(leaf)),
    u32(transactions.length),
    u32(body(transactions).length),
    u64(fields.timestampMs),
    u64(fields.term),
    u32(fields.proposer),
    u64(fields.configNumber),
  ]);
}

export function blockHash(headerBytes: Buffer): Buffer {
  return hash(Buffer.of(0x02), headerBytes);
}

export function block(
  fields: PlainHeader,
  transactions: readonly Buffer[],
  seed: Buffer | null,
): Buffer {
  const headerBytes = header(fields, transactions);
  const message = Buffer.concat([Buffer.from('cairn-block-v1\0'), blockHash(headerBytes)]);
  const signature = seed === null ? zeros(64) : ed25519(seed, message);
  return Buffer.concat([headerBytes, signature, body(transactions)]);
}

export function authored(
  channelId: Buffer,
  seed: Buffer,
  { id, payload }: PlainTransaction,
): PlainTransaction {
  const author = publicKey(seed);
  const message = Buffer.concat([
    Buffer.from('cairn-transaction-v1\0'),
    channelId,
    author,
    leaf(transaction({ id, payload })),
  ]);
  return { id, payload, author, signature: ed25519(seed, message) };
}

function privateKey(seed: Buffer) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

export function publicKey(seed: Buffer): Buffer {
  return createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(-32);
}

export function ed25519(seed: Buffer, message: Buffer): Buffer {
  return sign(null, message, privateKey(seed));
}

/** `U...`: base32 of prefix 0xA0, key and CRC-16/XMODEM, by way of a string of bits. */
export function nkey(key: Buffer): string {
  const prefixed = Buffer.concat([Buffer.of(0xa0), key]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(prefixed));
  const bits = [...prefixed, ...checksum].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const quintets = bits.match(/.{5}/g) ?? [];
  return quintets.map((text) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number(`0b${text}`)]).join('');
}

function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

/** RFC 8785 for plain data with ASCII keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
