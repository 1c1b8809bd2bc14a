/**
 * Seeds of two simulated minutes each, the same ones in every test run: many of the swarm under little load, a few of the
 * swarm as it is. A night of fresh ones is `npm run sim`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import type { Failure } from './run.ts';

const SAFETY_MS = 120_000;

/** The built one: its workers are processes of their own, which end with this one. */
async function builtFleet(): Promise<typeof import('./fleet.ts')> {
  const path = join(checkout, 'test', 'dist', 'simulation', 'fleet.js');
  return import(pathToFileURL(path).href);
}

test.each([
  { profile: 'light', count: 300 },
  { profile: 'swarm', count: 12 },
])(
  '$count seeds of $profile keep every promise for two minutes',
  { timeout: 600_000 },
  async ({ profile, count }) => {
    const { sail } = await builtFleet();
    const seeds = Array.from({ length: count }, (_, at) => at + 1);
    const failures = new Map<number, Failure | 'died' | null>();
    await sail({
      workers: 2,
      orders: seeds.map((seed) => ({ seed, profile, safetyMs: SAFETY_MS })),
      done: ({ seed }, outcome) =>
        failures.set(seed, outcome === 'died' ? outcome : outcome.result.failure),
    });
    expect(failures).toEqual(new Map(seeds.map((seed) => [seed, null])));
  },
);
