/**
 * What the doctor says: one sentence for each thing that was looked at, and what to do about it where it is not well.
 */

export type FindingState = 'ok' | 'warning' | 'problem';

export interface Finding {
  /** What was looked at: stable, for programs. */
  readonly check: CheckName;
  /** An address, an orderer, a channel. */
  readonly subject: string;
  readonly state: FindingState;
  readonly message: string;
  /** What to do; null where nothing has to be done. */
  readonly remedy: string | null;
}

export type CheckName =
  | 'node'
  | 'nats-program'
  | 'cluster'
  | 'configuration'
  | 'keys'
  | 'genesis'
  | 'data'
  | 'disk'
  | 'ports'
  | 'readiness'
  | 'nats'
  | 'login'
  | 'permissions'
  | 'channel'
  | 'clocks';

/** Findings of one check about one subject. */
export function findingsOf(check: CheckName, subject: string) {
  return {
    ok: (message: string): Finding => ({ check, subject, state: 'ok', message, remedy: null }),
    warning: (message: string, remedy: string): Finding => ({
      check,
      subject,
      state: 'warning',
      message,
      remedy,
    }),
    problem: (message: string, remedy: string): Finding => ({
      check,
      subject,
      state: 'problem',
      message,
      remedy,
    }),
  };
}

export const isProblem = ({ state }: Finding): boolean => state === 'problem';
export const isWarning = ({ state }: Finding): boolean => state === 'warning';

/** 1073741824 as `1.0 GiB`. */
export function inBinaryUnits(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
