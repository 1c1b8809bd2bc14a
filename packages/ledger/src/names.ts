/**
 * The domain's words as types that cannot be mixed up. A value of a branded type exists only after
 * its checking constructor has accepted it.
 */
import { LedgerError, orThrow } from './errors.ts';
import { HASH_BYTES, ID_BYTES_MAX } from './limits.ts';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type ChannelName = Branded<string, 'ChannelName'>;
export type OrdererName = Branded<string, 'OrdererName'>;
/** 1 to 64 characters of 0x21..0x7E. */
export type TxId = Branded<string, 'TxId'>;
/** Counts from 0, the genesis block, without gaps; a safe integer. */
export type BlockNumber = Branded<number, 'BlockNumber'>;
/** 32 bytes of SHA-256. */
export type Hash = Branded<Uint8Array, 'Hash'>;

/** Words of the service's subjects: a permission for one would reach a channel of that name. */
export const RESERVED_NAMES: readonly string[] = [
  'submit',
  'batch',
  'fetch',
  'deliver',
  'transaction',
  'info',
  'events',
  'raft',
  'heartbeat',
  'admin',
  'members',
];

const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;
const ID_PATTERN = /^[\x21-\x7e]{1,64}$/;

/** Ids that begin so belong to config blocks. */
export const CONFIG_ID_PREFIX = 'config-';

export function isName(text: string): boolean {
  return NAME_PATTERN.test(text) && !RESERVED_NAMES.includes(text);
}

export function checkChannelName(text: string): ChannelName | LedgerError {
  return isName(text) ? (text as ChannelName) : refuseName('BAD_CHANNEL_NAME', 'channel', text);
}

/** Throws `BAD_CHANNEL_NAME`. */
export function parseChannelName(text: string): ChannelName {
  return orThrow(checkChannelName(text));
}

export function checkOrdererName(text: string): OrdererName | LedgerError {
  return isName(text) ? (text as OrdererName) : refuseName('BAD_ORDERER_NAME', 'orderer', text);
}

/** Throws `BAD_ORDERER_NAME`. */
export function parseOrdererName(text: string): OrdererName {
  return orThrow(checkOrdererName(text));
}

function refuseName(
  code: 'BAD_CHANNEL_NAME' | 'BAD_ORDERER_NAME',
  kind: string,
  text: string,
): LedgerError {
  const shown = JSON.stringify(text.slice(0, ID_BYTES_MAX));
  const rule = `it must match ${NAME_PATTERN.source} and be none of ${RESERVED_NAMES.join(', ')}`;
  return new LedgerError(code, `${shown} is not a ${kind} name: ${rule}`);
}

/** Any id that may stand in a block, `config-` ids included. */
export function checkTxId(text: string): TxId | LedgerError {
  if (ID_PATTERN.test(text)) return text as TxId;
  return new LedgerError('BAD_TX_ID', 'a transaction id is 1 to 64 characters of 0x21 to 0x7E');
}

/** Throws `BAD_TX_ID`. */
export function parseTxId(text: string): TxId {
  return orThrow(checkTxId(text));
}

/** An id a client may choose: refuses `config-...` with `RESERVED_ID`. */
export function checkClientTxId(text: string): TxId | LedgerError {
  const id = checkTxId(text);
  if (id instanceof LedgerError || !isReservedId(id)) return id;
  return new LedgerError('RESERVED_ID', `ids beginning with ${CONFIG_ID_PREFIX} are reserved`);
}

/** Throws `BAD_TX_ID` or `RESERVED_ID`. */
export function parseClientTxId(text: string): TxId {
  return orThrow(checkClientTxId(text));
}

export function isReservedId(id: string): boolean {
  return id.startsWith(CONFIG_ID_PREFIX);
}

/** The id of the one transaction of the config block with this number. */
export function configTxId(number: BlockNumber): TxId {
  return `${CONFIG_ID_PREFIX}${number}` as TxId;
}

/** Throws `BAD_BLOCK_NUMBER`. */
export function parseBlockNumber(value: number): BlockNumber {
  if (Number.isSafeInteger(value) && value >= 0) return value as BlockNumber;
  throw new LedgerError('BAD_BLOCK_NUMBER', 'a block number is a non-negative safe integer');
}

/** Decimal without sign, spaces or leading zeros. Throws `BAD_BLOCK_NUMBER`. */
export function parseBlockNumberText(text: string): BlockNumber {
  return parseBlockNumber(/^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN);
}

/** Throws `BAD_HASH` unless 32 bytes long. Does not copy. */
export function asHash(bytes: Uint8Array): Hash {
  if (bytes.length === HASH_BYTES) return bytes as Hash;
  throw new LedgerError('BAD_HASH', `a hash is ${HASH_BYTES} bytes, not ${bytes.length}`);
}

/** Stands for "none": previous hash and channel id of block 0. Never write to it. */
export const ZERO_HASH: Hash = asHash(new Uint8Array(HASH_BYTES));
