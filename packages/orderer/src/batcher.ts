/**
 * When a block is cut: the five rules as one pure function.
 *
 *   waiting  in flight           since first   | outcome
 *   -------  ------------------  ------------  | ---------------------------------------------
 *   none     any                 any           | wait, no timer
 *   some     pipeline full       any           | wait, a commit will ask again
 *   some     none                any           | cut at once (rule 1)
 *   some     some, room left     any           | cut if a whole block waits (rules 2 and 3)
 *   some     some, room left     >= timeout    | cut what waits (rule 4)
 *   some     some, room left     <  timeout    | wait, timer for the rest
 *
 * Rule 5, a config block is cut alone, is the fence of the channel: it is asked before this function is.
 * How much goes into the block is `countToCut`, the only place that knows rules 2 and 3.
 */

export interface BatchLimits {
  readonly maxTransactions: number;
  readonly preferredBytes: number;
  readonly timeoutMs: number;
}

export interface PipelineLimits {
  readonly blocksInFlightMax: number;
  readonly bytesInFlightMax: number;
}

export interface BatchSituation {
  readonly waitingTransactions: number;
  readonly waitingBytes: number;
  readonly waitedMs: number;
  readonly blocksInFlight: number;
  readonly bytesInFlight: number;
}

export type BatchDecision =
  | { readonly kind: 'cut' }
  | { readonly kind: 'wait'; readonly againInMs: number | null };

const cut: BatchDecision = { kind: 'cut' };
const waitForEvent: BatchDecision = { kind: 'wait', againInMs: null };

export function decideBatch(
  situation: BatchSituation,
  batch: BatchLimits,
  pipeline: PipelineLimits,
): BatchDecision {
  if (situation.waitingTransactions === 0) return waitForEvent;
  if (situation.blocksInFlight === 0) return cut;
  if (situation.blocksInFlight >= pipeline.blocksInFlightMax) return waitForEvent;
  if (situation.bytesInFlight >= pipeline.bytesInFlightMax) return waitForEvent;
  if (situation.waitingTransactions >= batch.maxTransactions) return cut;
  if (situation.waitingBytes >= batch.preferredBytes) return cut;
  const againInMs = batch.timeoutMs - situation.waitedMs;
  return againInMs <= 0 ? cut : { kind: 'wait', againInMs };
}

/**
 * How many of the waiting transactions the next block takes, given their sizes in body form, oldest first.
 * At least one: a transaction over `preferredBytes` is a block of its own.
 */
export function countToCut(sizes: Iterable<number>, batch: BatchLimits): number {
  let count = 0;
  let bytes = 0;
  for (const size of sizes) {
    bytes += size;
    if (count === batch.maxTransactions || bytes > batch.preferredBytes) return Math.max(count, 1);
    count += 1;
  }
  return count;
}
