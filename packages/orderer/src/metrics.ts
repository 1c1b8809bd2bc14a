/**
 * The metrics of one orderer process, in a registry of their own.
 *
 * The core counts in plain numbers; a scrape reads them. Only distributions are observed as they happen, in histograms
 * that take a whole request or block at once. Whatever is registered comes from the one table in `metrics/table.ts`.
 */
import type { Bus } from '@cairn/transport';
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import { assert } from './errors.ts';
import { readings, type Snapshot } from './metrics/readings.ts';
import type { Surroundings } from './metrics/surroundings.ts';
import {
  type HistogramName,
  type MetricName,
  metricNames,
  metricTable,
  type ReadingName,
} from './metrics/table.ts';
import type { Orderer } from './orderer.ts';
import type { ChannelObserver, ReasonCounts, StoreObserver } from './telemetry.ts';
import { version } from './version.ts';
import { WeightedHistogram } from './weighted-histogram.ts';

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

interface Watched {
  readonly orderer: Orderer;
  readonly bus: Bus;
  readonly surroundings: Surroundings;
}

export class Metrics {
  readonly busDropped: ReasonCounts = new Map();
  readonly storeObserver: StoreObserver;
  readonly #registry = new Registry();
  readonly #histograms = new Map<HistogramName, Map<string, WeightedHistogram>>();
  readonly #observers = new Map<string, ChannelObserver>();
  #watched: Watched | null = null;
  #snapshot: Snapshot | null = null;

  constructor() {
    for (const name of metricNames) this.#register(name);
    collectDefaultMetrics({ register: this.#registry });
    const persisted = this.#histogram('cairn_store_persist_seconds', '');
    this.storeObserver = { persisted: (seconds) => persisted.observe(seconds) };
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  channelObserver(channel: string): ChannelObserver {
    const known = this.#observers.get(channel);
    if (known !== undefined) return known;
    const submitSeconds = this.#histogram('cairn_submit_seconds', channel);
    const transactions = this.#histogram('cairn_ledger_block_transactions', channel);
    const bytes = this.#histogram('cairn_ledger_block_bytes', channel);
    const fillSeconds = this.#histogram('cairn_ledger_block_fill_seconds', channel);
    const observer: ChannelObserver = {
      submitted: (seconds, count) => submitSeconds.observe(seconds, count),
      blockCut: (count, byteCount, seconds) => {
        transactions.observe(count);
        bytes.observe(byteCount);
        fillSeconds.observe(seconds);
      },
    };
    this.#observers.set(channel, observer);
    return observer;
  }

  /** From now on a scrape reads this orderer. */
  watch(orderer: Orderer, bus: Bus, surroundings: Surroundings): void {
    this.#watched = { orderer, bus, surroundings };
  }

  /** Everything in Prometheus' text format; all of Cairn's own values are of the same moment. */
  async text(): Promise<string> {
    this.#snapshot = this.#takeSnapshot();
    return this.#registry.metrics();
  }

  #takeSnapshot(): Snapshot | null {
    if (this.#watched === null) return null;
    const { orderer, bus, surroundings } = this.#watched;
    return {
      version,
      channels: orderer.channels.map((channel) => ({ channel, status: channel.status })),
      traffic: orderer.traffic,
      busDropped: this.busDropped,
      connected: bus.connected && orderer.connected,
      diskBytes: orderer.store.diskBytes(),
      diskFreeBytes: surroundings.diskFreeBytes(),
      credentialsExpireSeconds: surroundings.credentialsExpireSeconds,
    };
  }

  /** The registry only ever asks a metric for its name and its values. */
  #register(name: MetricName): void {
    const { type, help } = metricTable[name];
    const get = async () => ({ name, help, type, values: this.#valuesOf(name) });
    this.#registry.registerMetric({ name, get } as unknown as Metric);
  }

  #valuesOf(name: MetricName): readonly Value[] {
    if (isHistogram(name)) return this.#histogramValues(name);
    return this.#snapshot === null ? [] : readings[name as ReadingName](this.#snapshot);
  }

  #histogramValues(name: HistogramName): readonly Value[] {
    const series = this.#histograms.get(name) ?? new Map<string, WeightedHistogram>();
    return Array.from(series, ([channel, histogram]) =>
      histogram.samples(name, channel === '' ? {} : { channel }),
    ).flat();
  }

  /** The series of a channel; of the process itself for ''. */
  #histogram(name: HistogramName, channel: string): WeightedHistogram {
    const { buckets, labels } = metricTable[name];
    assert((labels.length === 0) === (channel === ''), `${name} is labelled as its table row says`);
    const histogram = new WeightedHistogram(buckets);
    const series = this.#histograms.get(name) ?? new Map<string, WeightedHistogram>();
    this.#histograms.set(name, series.set(channel, histogram));
    return histogram;
  }
}

function isHistogram(name: MetricName): name is HistogramName {
  return metricTable[name].type === 'histogram';
}
