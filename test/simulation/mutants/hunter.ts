/**
 * The process that runs one mutant: it is told a seed or a scenario, and tells what was found. It ends with whoever started
 * it.
 */
import { run } from '../run.ts';
import { scenarioNamed } from '../scenarios/all.ts';
import { play } from '../scenarios/play.ts';

export type Hunt =
  | {
      readonly kind: 'seed';
      readonly seed: number;
      readonly profile: string;
      readonly safetyMs: number;
    }
  | { readonly kind: 'scenario'; readonly scenario: string; readonly seed: number };

/** Null: nothing was found. */
export interface Found {
  readonly by: string;
  readonly sentence: string;
}

export function hunt(order: Hunt): Found | null {
  const failure =
    order.kind === 'seed'
      ? run(order).failure
      : play(scenarioNamed(order.scenario), order.seed).failure;
  return failure && { by: failure.invariant, sentence: failure.sentence };
}

if (process.send !== undefined && process.argv[3] === 'hunt') {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (order) => {
    const found = hunt(order as Hunt);
    if (Reflect.get(globalThis, 'mutant') !== process.argv[2]) {
      throw new Error(`this process does not run the mutant ${process.argv[2]}`);
    }
    process.send!({ found });
  });
}
