/**
 * The rules of the bytes of a chain, written a second time, from their description alone: nothing but `node:crypto`, and no
 * package of ours is imported. If this and the software agree on a chain, a misreading would have to be made twice.
 *
 * Input: the bytes of block 0, 1, 2, ... as an orderer serves or stores them. The first rule that is broken ends it.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

const HEADER_BYTES = 142;
const SIGNATURE_BYTES = 64;
const SMALLEST_BLOCK_BYTES = HEADER_BYTES + SIGNATURE_BYTES + 5 + 5;

export interface VerifiedTransaction {
  readonly id: string;
  readonly index: number;
  readonly payload: Buffer;
}

export interface ConfigMember {
  readonly id: number;
  readonly name: string;
  readonly key: string;
  readonly role: string;
}

interface Config {
  readonly version: number;
  readonly channel: string;
  readonly createdMs: number;
  readonly members: readonly ConfigMember[];
  readonly outgoing: readonly number[];
  readonly batch: { readonly maxTransactions: number; readonly maxTransactionBytes: number };
}

interface Header {
  readonly kind: number;
  readonly channelId: Buffer;
  readonly number: number;
  readonly previousHash: Buffer;
  readonly root: Buffer;
  readonly count: number;
  readonly bodyBytes: number;
  readonly timestampMs: number;
  readonly term: number;
  readonly proposer: number;
  readonly configNumber: number;
}

export class ChainFault extends Error {}

export class IndependentVerifier {
  readonly #seen = new Set<string>();
  #channelId: Buffer = Buffer.alloc(32);
  #hash: Buffer = Buffer.alloc(32);
  #header: Header | null = null;
  #config: Config | null = null;
  #configNumber = 0;
  #configBefore: Config | null = null;

  /** Blocks accepted so far. */
  get height(): number {
    return this.#header === null ? 0 : this.#header.number + 1;
  }

  /** Hex; the channel's identity once block 0 is in. */
  get channelId(): string {
    return this.#channelId.toString('hex');
  }

  get newestHash(): string {
    return this.#hash.toString('hex');
  }

  /** The transactions of the block. Throws a `ChainFault` that names number and rule. */
  add(bytes: Buffer): readonly VerifiedTransaction[] {
    requireRule(bytes.length >= SMALLEST_BLOCK_BYTES, this.height, 'the block is too short');
    const header = readHeader(bytes, this.height);
    const hash = sha256(Buffer.from([0x02]), bytes.subarray(0, HEADER_BYTES));
    const signature = bytes.subarray(HEADER_BYTES, HEADER_BYTES + SIGNATURE_BYTES);
    const body = bytes.subarray(HEADER_BYTES + SIGNATURE_BYTES);
    const slices = readBody(header, body);
    const leaves = slices.map((slice) => sha256(slice));
    requireRule(merkleRoot(leaves).equals(header.root), header.number, 'the root is another');
    const transactions = slices.map((slice, index) => readTransaction(header.number, slice, index));
    if (header.number === 0) this.#acceptGenesis(header, hash, signature, transactions);
    else this.#acceptNext(header, hash, signature, transactions);
    this.#hash = hash;
    this.#header = header;
    return transactions;
  }

  #acceptGenesis(
    header: Header,
    hash: Buffer,
    signature: Buffer,
    transactions: readonly VerifiedTransaction[],
  ): void {
    const rule = (holds: boolean, sentence: string) => requireRule(holds, 0, sentence);
    rule(header.kind === 1, 'it is no config block');
    rule(isZero(header.channelId), 'its channel id is not zeros');
    rule(isZero(header.previousHash), 'its previous hash is not zeros');
    rule(header.term === 1, 'its term is not 1');
    rule(header.proposer === 0, 'its proposer is not 0');
    rule(header.configNumber === 0, 'its config number is not 0');
    rule(isZero(signature), 'its signature is not zeros');
    this.#channelId = Buffer.from(hash);
    this.#takeConfig(0, transactions);
    rule(header.timestampMs === this.#config?.createdMs, 'its time is not createdMs');
  }

  #acceptNext(
    header: Header,
    hash: Buffer,
    signature: Buffer,
    transactions: readonly VerifiedTransaction[],
  ): void {
    const rule = (holds: boolean, sentence: string) => requireRule(holds, header.number, sentence);
    const before = this.#header;
    if (before === null || this.#config === null) throw new ChainFault('there is no block 0');
    rule(header.channelId.equals(this.#channelId), 'it is of another channel');
    rule(header.previousHash.equals(this.#hash), 'it does not follow the block before');
    rule(header.timestampMs >= before.timestampMs, 'time went back');
    rule(header.term >= before.term, 'the term went back');
    const isConfig = header.kind === 1;
    const configNumber = isConfig ? header.number : this.#configNumber;
    rule(header.configNumber === configNumber, 'its config number is another');
    rule(header.count <= this.#config.batch.maxTransactions, 'it has too many transactions');
    rule(
      verify(
        null,
        Buffer.concat([Buffer.from('cairn-block-v1\0', 'latin1'), hash]),
        this.#keyOf(header.proposer, header.number),
        signature,
      ),
      'the signature does not verify',
    );
    this.#checkIds(header, transactions);
    if (isConfig) this.#takeConfig(header.number, transactions);
  }

  #checkIds(header: Header, transactions: readonly VerifiedTransaction[]): void {
    for (const { id } of transactions) {
      requireRule(!this.#seen.has(id), header.number, `the id ${id} is in the chain twice`);
      this.#seen.add(id);
      const isReserved = id.startsWith('config-');
      requireRule(isReserved === (header.kind === 1), header.number, `the id ${id} is not allowed`);
    }
  }

  /** The configuration with a smaller number than the block's; voters of either set may propose during a change. */
  #keyOf(proposer: number, number: number): KeyObject {
    const config = this.#config!;
    const current = config.members.find(({ id, role }) => id === proposer && role === 'voter');
    const isOutgoing = config.outgoing.includes(proposer);
    const former = this.#configBefore?.members.find(({ id }) => id === proposer);
    const member = current ?? (isOutgoing ? former : undefined);
    if (member === undefined) throw new ChainFault(`block ${number}: ${proposer} may not propose`);
    return publicKeyOf(member.key);
  }

  #takeConfig(number: number, transactions: readonly VerifiedTransaction[]): void {
    const [only] = transactions;
    requireRule(transactions.length === 1, number, 'a config block holds one transaction');
    requireRule(only!.id === `config-${number}`, number, 'the id of the configuration is another');
    const text = only!.payload.toString('utf8');
    const config = JSON.parse(text) as Config;
    requireRule(canonicalJson(config) === text, number, 'the configuration is not canonical JSON');
    requireRule(config.version === 1, number, 'the version of the configuration is not 1');
    this.#configBefore = this.#config;
    this.#config = config;
    this.#configNumber = number;
  }
}

function requireRule(holds: boolean, number: number, sentence: string): void {
  if (!holds) throw new ChainFault(`block ${number}: ${sentence}`);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function readU64(bytes: Buffer, at: number, number: number): number {
  const value = bytes.readBigUInt64BE(at);
  requireRule(value <= BigInt(Number.MAX_SAFE_INTEGER), number, 'a number is too large');
  return Number(value);
}

function readHeader(bytes: Buffer, number: number): Header {
  const kind = bytes[1]!;
  requireRule(bytes[0] === 0x01, number, 'the version of the header is not 1');
  requireRule(kind === 0 || kind === 1, number, 'its kind is unknown');
  const header = {
    kind,
    channelId: bytes.subarray(2, 34),
    number: readU64(bytes, 34, number),
    previousHash: bytes.subarray(42, 74),
    root: bytes.subarray(74, 106),
    count: bytes.readUInt32BE(106),
    bodyBytes: bytes.readUInt32BE(110),
    timestampMs: readU64(bytes, 114, number),
    term: readU64(bytes, 122, number),
    proposer: bytes.readUInt32BE(130),
    configNumber: readU64(bytes, 134, number),
  };
  requireRule(header.number === number, number, `its number is ${header.number}`);
  return header;
}

/** The slices from each 0x00 to the end of its transaction: what a leaf is the hash of. */
function readBody({ number, bodyBytes, count }: Header, body: Buffer): Buffer[] {
  requireRule(body.length === bodyBytes, number, 'the length of the body is another');
  const slices: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    requireRule(at + 5 <= body.length, number, 'bytes are left over');
    const end = at + 5 + body.readUInt32BE(at);
    requireRule(end <= body.length, number, 'a length reaches beyond the body');
    requireRule(body[at + 4] === 0x00, number, 'a leaf prefix is missing');
    slices.push(body.subarray(at + 4, end));
    at = end;
  }
  requireRule(slices.length === count, number, 'the count of transactions is another');
  requireRule(count >= 1, number, 'it is empty');
  return slices;
}

/** RFC 6962: split at the largest power of two below the count. */
function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = merkleRoot(leaves.slice(0, split));
  const right = merkleRoot(leaves.slice(split));
  return sha256(Buffer.from([0x01]), left, right);
}

function readTransaction(number: number, slice: Buffer, index: number): VerifiedTransaction {
  const rule = (holds: boolean, sentence: string) =>
    requireRule(holds, number, `transaction ${index}: ${sentence}`);
  rule(slice.length >= 6, 'it is too short');
  const flags = slice[2]!;
  const idBytes = slice[3]!;
  const payloadAt = 4 + idBytes + (flags === 1 ? 96 : 0);
  rule(slice[1] === 0x01, 'its version is not 1');
  rule(flags === 0 || flags === 1, 'a flag is unknown');
  rule(idBytes >= 1 && idBytes <= 64, 'the length of its id is not allowed');
  rule(slice.length > payloadAt, 'it has no payload');
  const id = slice.subarray(4, 4 + idBytes);
  rule(
    id.every((byte) => byte >= 0x21 && byte <= 0x7e),
    'its id holds a byte that is not allowed',
  );
  return { id: id.toString('latin1'), index, payload: slice.subarray(payloadAt) };
}

/** RFC 8785 for what a configuration may hold: maps, lists, texts, whole numbers. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const USER_PREFIX = 20 << 3;
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const keys = new Map<string, KeyObject>();

/** A key in the spelling of nkeys: base 32 of prefix byte, 32 bytes, CRC-16/XMODEM in little-endian order. */
function publicKeyOf(text: string): KeyObject {
  const known = keys.get(text);
  if (known !== undefined) return known;
  const bytes = base32(text);
  if (bytes.length !== 35 || bytes[0] !== USER_PREFIX || bytes.readUInt16LE(33) !== crc16(bytes)) {
    throw new ChainFault(`${text} is no public key`);
  }
  const der = Buffer.concat([ED25519_SPKI, bytes.subarray(1, 33)]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  keys.set(text, key);
  return key;
}

function base32(text: string): Buffer {
  let bits = 0n;
  for (const letter of text) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(letter));
  const surplus = BigInt((text.length * 5) % 8);
  return Buffer.from((bits >> surplus).toString(16).padStart(70, '0'), 'hex');
}

/** Of all but the last two bytes. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes.subarray(0, -2)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    }
    crc &= 0xffff;
  }
  return crc;
}
