/**
 * The fixed numbers of the ledger format, in one place, and the relations between them.
 * A channel's own limits (its `batch` configuration) lie within these.
 */
import { assert } from './errors.ts';

export const HASH_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SEED_BYTES = 32;
export const SIGNATURE_BYTES = 64;
export const HEADER_BYTES = 142;

/** Where a block's body begins: after header and signature. */
export const BODY_OFFSET = HEADER_BYTES + SIGNATURE_BYTES;

/** Length field and RFC 6962 leaf prefix before each transaction of a body. */
export const TRANSACTION_PREFIX_BYTES = 5;

/** Version, flags, id length, one byte of id, one byte of payload. */
export const TRANSACTION_BYTES_MIN = 5;

export const ID_BYTES_MAX = 64;

/** No block is larger than this, so that a block with its frame fits NATS' default `max_payload`. */
export const BLOCK_BYTES_MAX = 640 * 1024;
export const BODY_BYTES_MAX = BLOCK_BYTES_MAX - BODY_OFFSET;
export const TRANSACTIONS_MAX = 5000;
export const TRANSACTION_BYTES_MAX = BODY_BYTES_MAX - TRANSACTION_PREFIX_BYTES;

/** Enough for some four hundred members; a config document is parsed by JSON, so it is bounded. */
export const CONFIG_BYTES_MAX = 64 * 1024;

/** The last millisecond RFC 3339 can write: 9999-12-31T23:59:59.999Z. */
export const TIMESTAMP_MS_MAX = 253_402_300_799_999;

export const U32_MAX = 0xffff_ffff;

const NATS_MAX_PAYLOAD_DEFAULT = 1024 * 1024;
assert(BLOCK_BYTES_MAX < NATS_MAX_PAYLOAD_DEFAULT, 'a block must fit one NATS message');
assert(CONFIG_BYTES_MAX < BODY_BYTES_MAX, 'a config document must fit one block');
