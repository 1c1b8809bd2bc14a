/**
 * Every judge of a run, in the order in which they are told: the one place to add an invariant to all seeds.
 */
import type { Cluster } from './cluster.ts';
import { allOracles as invariants } from './oracle/index.ts';
import type { Observer, Verdict } from './oracle/observer.ts';

export type MakeOracles = (cluster: Cluster, verdict: Verdict) => readonly Partial<Observer>[];

export const allOracles: MakeOracles = invariants;
