/**
 * Every way ledger data can be wrong, as one typed error with a stable code.
 *
 * Checking constructors throw a `LedgerError`; decoders return one, because bad bytes from a peer
 * are an ordinary outcome there. Codes are part of the public interface: never change one.
 */

export type LedgerErrorCode =
  // Names, numbers, encodings.
  | 'BAD_CHANNEL_NAME'
  | 'BAD_ORDERER_NAME'
  | 'BAD_TX_ID'
  | 'RESERVED_ID'
  | 'BAD_BLOCK_NUMBER'
  | 'BAD_HASH'
  | 'BAD_HEX'
  | 'BAD_BASE64'
  | 'BAD_KEY'
  | 'BAD_SEED'
  | 'BAD_TIME'
  // Transactions and block bodies.
  | 'TX_TRUNCATED'
  | 'TX_PREFIX'
  | 'TX_VERSION'
  | 'TX_FLAGS'
  | 'TX_ID'
  | 'TX_PAYLOAD_EMPTY'
  | 'TX_TOO_LARGE'
  | 'TX_SIGNATURE'
  | 'BODY_COUNT'
  | 'BODY_TRAILING_BYTES'
  // Headers and blocks.
  | 'HEADER_LENGTH'
  | 'HEADER_VERSION'
  | 'HEADER_KIND'
  | 'HEADER_NUMBER_RANGE'
  | 'HEADER_COUNT'
  | 'HEADER_CONFIG_COUNT'
  | 'BLOCK_TOO_LARGE'
  | 'BLOCK_BODY_BYTES'
  | 'BAD_GENESIS'
  // Channel configuration.
  | 'CONFIG_NOT_JSON'
  | 'CONFIG_NOT_CANONICAL'
  | 'CONFIG_FIELD'
  | 'CONFIG_MEMBERS'
  | 'CONFIG_LIMITS'
  | 'CONFIG_CHANGE'
  // Merkle proofs.
  | 'BAD_PROOF_RANGE'
  // A broken invariant of this package: a bug.
  | 'ASSERTION';

export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Turns the returned form into the thrown form. */
export function orThrow<T>(result: T | LedgerError): T {
  if (result instanceof LedgerError) throw result;
  return result;
}

/** Stays on in production: a false condition is a bug here or in the caller, never bad input. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new LedgerError('ASSERTION', sentence);
}

/** The default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new LedgerError('ASSERTION', `no case for ${String(value)}`);
}
