import { describe, expect, test } from 'vitest';
import { mutants } from './all.ts';
import { Hound } from './hounds.ts';
import type { Hunt } from './hunter.ts';
import { readKills } from './report.ts';

const known = readKills();

/** Any of them will do: where chance draws anew because the simulator has changed, one of three still finds it. */
async function isKilled(name: string, orders: readonly Hunt[]): Promise<boolean> {
  const hound = new Hound(mutants.find((each) => each.name === name)!);
  try {
    for (const order of orders) {
      const found = await hound.ask(order);
      if (found !== null && found.by !== 'vacuity') return true;
    }
    return false;
  } finally {
    hound.end();
  }
}

test('every mutant was killed when it was last hunted', () => {
  expect(mutants.filter(({ name }) => !known[name]?.kills.length).map(({ name }) => name)).toEqual(
    [],
  );
});

describe.concurrent('killed is the mutant', () => {
  test.for(Object.entries(known))('%s', { timeout: 120_000 }, async ([name, record], context) => {
    const orders = record?.kills.map(({ order }) => order) ?? [];
    context.expect(await isKilled(name, orders)).toBe(true);
  });
});
