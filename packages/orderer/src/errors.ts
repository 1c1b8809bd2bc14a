/**
 * Errors of the orderer process: broken invariants stop it, start-up problems tell the operator what to do.
 */

/** A rule that protects data is broken inside this process: it must not go on. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
  readonly code = 'INVARIANT_BROKEN';
}

export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new InvariantError(sentence);
}

export type StartErrorCode =
  | 'BAD_CONFIGURATION'
  | 'NO_NATS'
  | 'PORT_IN_USE'
  | 'DATA_DIRECTORY_IN_USE'
  | 'DATA_DAMAGED'
  | 'BAD_GENESIS'
  | 'VOTER_DIRECTORY_EMPTY'
  | 'DATA_OLDER_THAN_ACKNOWLEDGED';

const exitCodeOf: Readonly<Record<StartErrorCode, number>> = {
  BAD_CONFIGURATION: 2,
  NO_NATS: 4,
  PORT_IN_USE: 4,
  DATA_DIRECTORY_IN_USE: 4,
  DATA_DAMAGED: 5,
  BAD_GENESIS: 2,
  VOTER_DIRECTORY_EMPTY: 1,
  DATA_OLDER_THAN_ACKNOWLEDGED: 1,
};

/** Why the orderer does not run: one sentence that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    return exitCodeOf[this.code];
  }
}

export function unreachable(value: never): never {
  throw new InvariantError(`no case for ${JSON.stringify(value)}`);
}
