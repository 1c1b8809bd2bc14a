/**
 * As many seeds as some 45 seconds of two cores allow, each of two simulated minutes: the same ones in every test run. A
 * night of fresh ones is `npm run sim`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import type { Failure } from './run.ts';

const SEEDS = 300;

/** The built one: its workers are processes of their own, which end with this one. */
async function builtFleet(): Promise<typeof import('./fleet.ts')> {
  const path = join(checkout, 'test', 'dist', 'simulation', 'fleet.js');
  return import(pathToFileURL(path).href);
}

test('every seed of a few keeps every promise for two minutes', { timeout: 600_000 }, async () => {
  const { sail } = await builtFleet();
  const seeds = Array.from({ length: SEEDS }, (_, at) => at + 1);
  const failures = new Map<number, Failure | 'died' | null>();
  await sail({
    workers: 2,
    orders: seeds.map((seed) => ({ seed, profile: 'light', safetyMs: 120_000 })),
    done: ({ seed }, outcome) =>
      failures.set(seed, outcome === 'died' ? outcome : outcome.result.failure),
  });
  expect(failures).toEqual(new Map(seeds.map((seed) => [seed, null])));
});
