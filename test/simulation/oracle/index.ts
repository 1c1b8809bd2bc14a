/**
 * The oracle: every invariant of the catalogue, checked at the event that could break it, one family a file.
 *
 *   I-1 I-2 I-3          elections.ts       I-4 I-13 I-15        durability.ts     I-5 I-6 I-7 I-8      logs.ts
 *   I-9 I-10 I-11 I-12   commit.ts          I-14                 configuration.ts  I-16 I-24            honesty.ts
 *   I-17                 reads.ts           I-18                 snapshots.ts      I-19                 bounds.ts
 *   I-21                 fail-stop.ts       I-23                 wire.ts
 *
 * I-20 is the liveness phase of a run, I-22 the comparison of two runs of one seed.
 */
import type { Cluster } from '../cluster.ts';
import { bounds } from './bounds.ts';
import { commits } from './commit.ts';
import { configuration } from './configuration.ts';
import { durability } from './durability.ts';
import { elections } from './elections.ts';
import { failStop } from './fail-stop.ts';
import { honesty } from './honesty.ts';
import { logs } from './logs.ts';
import { type Judge, Model, type Watched } from './model.ts';
import type { Observer, Verdict } from './observer.ts';
import { reads } from './reads.ts';
import { snapshots } from './snapshots.ts';
import { watchedOf } from './watched.ts';
import { wire } from './wire.ts';

const families: readonly ((model: Model, verdict: Verdict) => Judge)[] = [
  elections,
  durability,
  logs,
  commits,
  configuration,
  snapshots,
  bounds,
  failStop,
  wire,
  honesty,
  reads,
];

export function allOracles(cluster: Cluster, verdict: Verdict): readonly Partial<Observer>[] {
  return oraclesOver(watchedOf(cluster), verdict);
}

/** The model is told first: the judges see what follows from an event before they are told the event itself. */
export function oraclesOver(watched: Watched, verdict: Verdict): readonly Partial<Observer>[] {
  const model = new Model(watched, verdict);
  const judges = families.map((family) => family(model, verdict));
  model.tell(judges);
  return [model, ...judges];
}
