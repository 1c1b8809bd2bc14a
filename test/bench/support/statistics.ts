/**
 * Medians, spreads and percentiles. A figure without its spread says nothing on a machine whose speed drifts.
 */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Nearest rank: the smallest value that is not below `fraction` of all; `sorted` ascends. NaN of nothing. */
export function percentile(sorted: ArrayLike<number>, fraction: number): number {
  const rank = Math.ceil(sorted.length * fraction);
  return sorted[Math.max(rank, 1) - 1] ?? Number.NaN;
}

/** Of an even number of values, the mean of the two in the middle. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return {
    median: (low + high) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** `median (min..max)`. */
export function formatSpread({ median, min, max }: Spread, digits: number): string {
  const text = (value: number) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text(median)} (${text(min)}..${text(max)})`;
}

export interface LatencyReport {
  readonly p50: number;
  readonly p99: number;
}

/** Sorts in place. */
export function latencyReportOf(latenciesMs: Float64Array): LatencyReport {
  latenciesMs.sort();
  return { p50: percentile(latenciesMs, 0.5), p99: percentile(latenciesMs, 0.99) };
}
