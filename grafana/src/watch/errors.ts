/** A sentence for the person at the terminal, and the exit code that goes with it: those of the command `cairn`. */

export const exitCodes = {
  done: 0,
  /** A log line or a query was not as in the blog, or Prometheus ended by itself. */
  failed: 1,
  usage: 2,
  notFound: 3,
  /** No cluster, no Prometheus, no port. */
  unavailable: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export class WatchError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, sentence: string) {
    super(sentence);
    this.exitCode = exitCode;
  }
}
