/**
 * What the orderer tells about itself: plain counters that a scrape reads, and observations that need a histogram.
 *
 * The core counts in numbers, so that the simulator pays nothing and production reads them when Prometheus asks.
 */

export interface ChannelObserver {
  /** Submit to commit, for `count` transactions of one request. */
  submitted(seconds: number, count: number): void;
  blockCut(transactions: number, bytes: number, fillSeconds: number): void;
}

export interface StoreObserver {
  persisted(seconds: number): void;
}

export const silentChannelObserver: ChannelObserver = { submitted: () => {}, blockCut: () => {} };
export const silentStoreObserver: StoreObserver = { persisted: () => {} };

/** Counts by a small, fixed set of reasons. */
export type ReasonCounts = Map<string, number>;

export function countReason(counts: ReasonCounts, reason: string, by = 1): void {
  counts.set(reason, (counts.get(reason) ?? 0) + by);
}

/** One channel's counters since the process started; only ever grow. */
export interface ChannelCounters {
  leaderChanges: number;
  elections: number;
  proposalsData: number;
  proposalsConfig: number;
  transactions: number;
  duplicates: number;
  readonly proposalsFailed: ReasonCounts;
  readonly refused: ReasonCounts;
  readonly verifyFailures: ReasonCounts;
  readonly dropped: ReasonCounts;
  clockSkewed: number;
}

export function newChannelCounters(): ChannelCounters {
  return {
    leaderChanges: 0,
    elections: 0,
    proposalsData: 0,
    proposalsConfig: 0,
    transactions: 0,
    duplicates: 0,
    proposalsFailed: new Map(),
    refused: new Map(),
    verifyFailures: new Map(),
    dropped: new Map(),
    clockSkewed: 0,
  };
}

/** Log lines: bound to channel and node by whoever makes it; the term is given with each line. */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
