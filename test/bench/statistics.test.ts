import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSpread, percentile, spreadOf } from './support/statistics.ts';

describe('the statistics of benchmarks', () => {
  test('the median of an even number of values lies between the two in the middle', () => {
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spreadOf([9])).toEqual({ median: 9, min: 9, max: 9 });
  });

  test('as many values lie at or below the median as at or above it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const { median } = spreadOf(values);
        const below = values.filter((value) => value <= median).length;
        const above = values.filter((value) => value >= median).length;
        return 2 * below >= values.length && 2 * above >= values.length;
      }),
    );
  });

  test('a percentile is a value that was measured', () => {
    const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(percentile(sorted, 0.5)).toBe(50);
    expect(percentile(sorted, 0.99)).toBe(99);
    expect(percentile(sorted, 1)).toBe(100);
    expect(percentile([7], 0.01)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  test('a figure is written with its spread', () => {
    expect(formatSpread({ median: 1234.5, min: 1000, max: 2000 }, 0)).toBe('1,235 (1,000..2,000)');
  });
});
