/**
 * What a command ends with when it cannot do what was asked: one sentence, a stable code, an exit code.
 *
 * Exit codes: 0 done, 1 refused, 2 usage, 3 not found, 4 unavailable, 5 verification failed, 130 interrupted. Errors of
 * other packages carry their own code; whatever has none is a bug and says so, without a stack trace.
 */
import type { StoreError, StoreErrorCode } from '@cairn/store';
import { CairnError, errorRow, exitCodeOfError, exitCodes } from '@cairn/transport';

export type CommandErrorCode =
  | 'USAGE'
  | 'NOT_FOUND'
  | 'NOT_INITIALISED'
  | 'NOT_RUNNING'
  | 'PORT_IN_USE'
  | 'NATS_SERVER_MISSING'
  | 'START_FAILED'
  | 'STOP_FAILED'
  | 'CHANNEL_FILE_INVALID'
  | 'CLUSTER_MISMATCH'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'CREDENTIALS_INVALID'
  | 'NO_LEADER'
  | 'REFUSED'
  | 'VERIFICATION_FAILED'
  | 'INTERRUPTED';

export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  readonly exitCode: number;

  constructor(code: CommandErrorCode, exitCode: number, message: string) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): CommandError =>
  new CommandError('USAGE', exitCodes.usage, message);

export const unavailable = (code: CommandErrorCode, message: string): CommandError =>
  new CommandError(code, exitCodes.unavailable, message);

export const interrupted = (): CommandError =>
  new CommandError('INTERRUPTED', exitCodes.interrupted, 'Interrupted.');

export interface Failure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
}

const storeExitCodes: Partial<Record<StoreErrorCode, number>> = {
  DATA_DIRECTORY_IN_USE: exitCodes.unavailable,
  DATA_FILE_UNUSABLE: exitCodes.notFound,
  STORE_MISSING: exitCodes.notFound,
  DATA_FILE_DAMAGED: exitCodes.verificationFailed,
  RECORD_DAMAGED: exitCodes.verificationFailed,
};

/** By name: loading the store, with its database, only to ask for its class would make every command slow. */
function isStoreError(error: unknown): error is StoreError {
  return error instanceof Error && error.name === 'StoreError';
}

interface TypedError extends Error {
  readonly code: string;
  readonly exitCode: number;
}

function isTyped(error: unknown): error is TypedError {
  return (
    error instanceof Error &&
    typeof Reflect.get(error, 'code') === 'string' &&
    typeof Reflect.get(error, 'exitCode') === 'number'
  );
}

function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What the ledger says of bytes begins small, as part of a sentence. */
const capitalised = (text: string): string => text.replace(/^an? /, (word) => `A${word.slice(1)}`);

interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof Reflect.get(error, 'syscall') === 'string';
}

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
  ENOSPC: 'the disk is full',
  EMFILE: 'too many files are open',
};

/** What the operating system said, in words. */
export function systemReason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return systemReasons[code] ?? message;
}

function systemSentence(error: SystemError): string {
  return `Cannot use ${error.path ?? error.syscall}: ${systemReason(error)}.`;
}

/** A message of its own says what to do by itself; the table's does not. */
function sentenceOf({ code, message, refusal }: CairnError): string {
  const row = errorRow(code);
  const { height } = refusal.error;
  const known = height === undefined ? '' : ` Its height is ${height}.`;
  const advice = message === row.meaning ? ` ${row.whatToDo}` : '';
  return `${withFullStop(capitalised(message))}${known}${advice}`;
}

/** The sentence, code and exit code for whatever was thrown. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CairnError) {
    return { code: error.code, exitCode: exitCodeOfError(error), message: sentenceOf(error) };
  }
  if (isTyped(error)) {
    return { code: error.code, exitCode: error.exitCode, message: error.message };
  }
  if (isStoreError(error)) {
    const exitCode = storeExitCodes[error.code] ?? exitCodes.refused;
    return { code: error.code, exitCode, message: error.message };
  }
  if (isSystemError(error)) {
    return { code: error.code, exitCode: exitCodes.refused, message: systemSentence(error) };
  }
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: 'INTERNAL',
    exitCode: exitCodes.refused,
    message: `internal error, please report it: ${withFullStop(text.split('\n')[0] ?? '')}`,
  };
}
