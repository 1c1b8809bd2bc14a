/**
 * A histogram that takes many equal observations at once.
 *
 * At 50,000 transactions a second a histogram must cost next to nothing: `observe(value, weight)` is one walk over a dozen
 * bounds for a whole request or block. What Prometheus reads is the same as of prom-client's own histogram: cumulative
 * buckets up to `+Inf`, sum and count.
 */

export interface HistogramSample {
  /** Name of the series: the metric's with `_bucket`, `_sum` or `_count`. */
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export class WeightedHistogram {
  readonly #bounds: readonly number[];
  /** Not cumulative; one more than there are bounds, for what lies above the last. */
  readonly #weights: number[];
  #sum = 0;
  #count = 0;

  /** Bounds are upper bounds, included, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#weights = new Array<number>(bounds.length + 1).fill(0);
  }

  /** As `weight` observations of `value`. */
  observe(value: number, weight = 1): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    this.#weights[at]! += weight;
    this.#sum += value * weight;
    this.#count += weight;
  }

  samples(name: string, labels: Readonly<Record<string, string>>): HistogramSample[] {
    let below = 0;
    const buckets = this.#weights.map((weight, at) => {
      below += weight;
      const le = this.#bounds[at] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: this.#count },
    ];
  }
}
