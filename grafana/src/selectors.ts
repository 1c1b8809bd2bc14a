/**
 * Selectors of PromQL as the dashboards use them: a metric of the one table, and the dashboard's variables as matchers.
 *
 * A metric that does not exist is an error of the compiler here, not an empty panel later.
 */
import type { metricNames } from '@cairn/orderer/settings';

export type MetricName = (typeof metricNames)[number];

/** Of the process and of Node.js, as prom-client names them. */
export type ProcessMetric =
  | 'nodejs_eventloop_lag_mean_seconds'
  | 'nodejs_eventloop_lag_p99_seconds'
  | 'nodejs_gc_duration_seconds_sum'
  | 'nodejs_heap_size_used_bytes'
  | 'nodejs_external_memory_bytes'
  | 'process_cpu_seconds_total'
  | 'process_open_fds'
  | 'process_resident_memory_bytes'
  | 'process_start_time_seconds';

type Part = '' | '_bucket' | '_sum' | '_count';

const matchers = (...all: readonly string[]): string =>
  `{${all.filter((one) => one !== '').join(',')}}`;

/** The series of the channels and the cluster that are chosen. `more` is one more matcher. */
export function ofChannel(metric: `${MetricName}${Part}`, more = ''): string {
  return `${metric}${matchers('job="$job"', 'channel=~"$channel"', more)}`;
}

/** The series of the orderers that are chosen. */
export function ofOrderer(metric: `${MetricName}${Part}` | ProcessMetric, more = ''): string {
  return `${metric}${matchers('job="$job"', 'instance=~"$instance"', more)}`;
}

export const rateOf = (selector: string): string => `rate(${selector}[$__rate_interval])`;

/** How often something happened. Rounded: Prometheus stretches what it saw to the whole interval, and says 1.3 elections. */
export const timesOf = (selector: string): string =>
  `round(increase(${selector}[$__rate_interval]))`;

export function sumBy(labels: readonly string[], expression: string): string {
  return `sum by (${labels.join(', ')}) (${expression})`;
}

export function maxBy(labels: readonly string[], expression: string): string {
  return `max by (${labels.join(', ')}) (${expression})`;
}

/**
 * The middle of what all members say. Who catches up counts old blocks fast: the highest would be thousands a second that
 * nobody has submitted.
 */
export function medianBy(labels: readonly string[], expression: string): string {
  return `quantile by (${labels.join(', ')}) (0.5, ${expression})`;
}

/** A quantile of a histogram, from the rates of its buckets. `by` are the labels that stay beside `le`. */
export function quantileOf(quantile: number, by: readonly string[], buckets: string): string {
  return `histogram_quantile(${quantile}, ${sumBy([...by, 'le'], rateOf(buckets))})`;
}

/** Votes that are needed: more than half of the voters. */
export const neededOf = (clusterSize: string): string => `floor(${clusterSize} / 2) + 1`;
