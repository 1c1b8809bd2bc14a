/**
 * What can be wrong with stored data, in words an operator can act on.
 *
 * One error class for the whole room: `code` is stable and may be matched, `message` is a sentence for people.
 */

export type StoreErrorCode =
  /** Another process, or this one, has the directory open. `details.pid` is its process id, if known. */
  | 'DATA_DIRECTORY_IN_USE'
  /** The directory or its data file cannot be used: missing, foreign, of another format, or not writable. */
  | 'DATA_FILE_UNUSABLE'
  /** The data file is shorter than its own header says, or its header contradicts itself. */
  | 'DATA_FILE_DAMAGED'
  /** A record is missing or does not match its checksum. `details` names channel and number. */
  | 'RECORD_DAMAGED'
  /** The store was written by a newer version of the software. */
  | 'STORE_TOO_NEW'
  /** The disk has no store yet and was opened without leave to create one. */
  | 'STORE_MISSING'
  | 'CHANNEL_EXISTS'
  | 'CHANNEL_UNKNOWN'
  /** A commit was refused by the disk, or did not settle in time. The process has to end. */
  | 'WRITE_FAILED'
  | 'WRITE_STALLED'
  /** The caller broke a rule that protects data: a bug, never an operating condition. */
  | 'RULE_BROKEN';

export interface StoreErrorDetails {
  readonly pid?: number | null;
  readonly path?: string;
  /** The channel's name. */
  readonly channel?: string;
  /** The block's number or, for records of the Raft log, the log index: `record` says which. */
  readonly number?: number;
  readonly record?: string;
}

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly details: StoreErrorDetails;

  constructor(
    code: StoreErrorCode,
    message: string,
    details: StoreErrorDetails = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
    this.details = details;
  }
}

/** Stays on in production: every use protects data. */
export function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new StoreError('RULE_BROKEN', `Store rule broken: ${rule}.`);
}
