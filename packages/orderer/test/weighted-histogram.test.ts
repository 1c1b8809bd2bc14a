import * as fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { WeightedHistogram } from '../src/weighted-histogram.ts';

const BOUNDS = [0.1, 1, 2.5, 10];

function ours(observations: readonly (readonly [number, number])[]) {
  const histogram = new WeightedHistogram(BOUNDS);
  for (const [value, weight] of observations) histogram.observe(value, weight);
  return histogram.samples('h', {}).map(({ metricName, labels, value }) => ({
    metricName,
    labels,
    value,
  }));
}

async function theirs(observations: readonly (readonly [number, number])[]) {
  const registers = [new Registry()];
  const histogram = new Histogram({ name: 'h', help: 'h', buckets: BOUNDS, registers });
  for (const [value, weight] of observations) {
    for (let i = 0; i < weight; i++) histogram.observe(value);
  }
  return (await histogram.get()).values;
}

describe('a weighted histogram', () => {
  test("has the buckets, sum and count of prom-client's for the same observations", async () => {
    const quarters = fc.integer({ min: 0, max: 60 }).map((count) => count / 4);
    const observations = fc.array(fc.tuple(quarters, fc.integer({ min: 1, max: 20 })));
    await fc.assert(
      fc.asyncProperty(observations, async (each) => {
        const expected = (await theirs(each)).map(({ metricName, labels, value }) => ({
          metricName,
          labels,
          value,
        }));
        expect(ours(each)).toEqual(expected);
      }),
    );
  });

  test('counts a value on a bound into the bucket of that bound', () => {
    expect(ours([[1, 3]])[1]).toEqual({ metricName: 'h_bucket', labels: { le: 1 }, value: 3 });
  });
});
