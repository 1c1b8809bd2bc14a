/**
 * Plays one scenario with one seed: the script is fixed, latencies and election time-outs are not.
 */
import type { Failure } from '../run.ts';
import type { Scenario } from './scenario.ts';
import { Curtain, Stage } from './stage.ts';

export interface Played {
  readonly failure: Failure | null;
  readonly stage: Stage;
}

export function play(scenario: Scenario, seed: number): Played {
  const stage = new Stage(seed, scenario.options ?? {});
  let thrown: Failure | null = null;
  try {
    scenario.play(stage);
  } catch (error) {
    if (!(error instanceof Curtain)) thrown = crashOf(error, stage);
  }
  return { failure: stage.failure ?? thrown, stage };
}

function crashOf(error: unknown, { cluster }: Stage): Failure {
  const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { invariant: 'crash', sentence, atMs: cluster.world.nowMs };
}
