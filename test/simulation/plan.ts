/**
 * What goes wrong in a run, as data: a list of `[timeMs, action]`, in order of time.
 *
 * A plan is made from the seed before the run begins, or read from a file. Nothing in it depends on what the run does; what
 * is only known then is named by role (`leader`). An action that breaks something says for how long, so that leaving any
 * action out leaves a plan.
 */

import type { Fate } from './fates.ts';
import type { NetworkBehaviour } from './network.ts';
import type { CrashPoint } from './node.ts';
import type { NodeName } from './oracle/observer.ts';
import type { Profile } from './profile.ts';

/** A node by name, or whoever leads the first channel when the action is carried out. */
export type Target = NodeName | 'leader';

export type Action =
  | { readonly kind: 'crash'; readonly node: Target; readonly downMs: number }
  /** The next time the node passes this point, it dies. */
  | {
      readonly kind: 'crashAt';
      readonly node: Target;
      readonly point: CrashPoint;
      readonly downMs: number;
    }
  /** Whoever next becomes a candidate dies there. */
  | {
      readonly kind: 'ambush';
      readonly point: CrashPoint | { readonly at: 'later'; readonly afterMs: number };
      readonly downMs: number;
    }
  /** So many submissions to the first channel at once. */
  | { readonly kind: 'flood'; readonly count: number }
  | { readonly kind: 'crashAll'; readonly downMs: number }
  | { readonly kind: 'stop'; readonly node: Target; readonly downMs: number }
  | { readonly kind: 'pause'; readonly node: Target; readonly forMs: number }
  /** No message gets from one to the other. */
  | {
      readonly kind: 'cut';
      readonly pairs: readonly (readonly [Target, Target])[];
      readonly forMs: number;
    }
  /** One against all others, in one or both directions. */
  | {
      readonly kind: 'isolate';
      readonly node: Target;
      readonly direction: 'both' | 'from' | 'to';
      readonly forMs: number;
    }
  | { readonly kind: 'clog'; readonly from: Target; readonly to: Target; readonly forMs: number }
  | {
      readonly kind: 'network';
      readonly behaviour: Partial<NetworkBehaviour>;
      readonly forMs: number;
    }
  | { readonly kind: 'reconnect'; readonly node: Target; readonly awayMs: number }
  /** The broker restarts: everybody is away. */
  | { readonly kind: 'broker'; readonly awayMs: number }
  | {
      readonly kind: 'capacity';
      readonly node: Target;
      readonly messages: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'slowDisk';
      readonly node: Target;
      readonly meanMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'stallDisk'; readonly node: Target; readonly forMs: number }
  | { readonly kind: 'failDisk'; readonly node: Target; readonly failure: 'error' | 'full' }
  /** What it calls durable is lost, if the node dies within this time. */
  | { readonly kind: 'lie'; readonly node: Target; readonly forMs: number }
  | { readonly kind: 'damage'; readonly node: Target; readonly damage: 'bitFlip' | 'tornRecord' }
  | { readonly kind: 'backUp'; readonly node: NodeName }
  | { readonly kind: 'rollBack'; readonly node: NodeName; readonly downMs: number }
  | { readonly kind: 'wipe'; readonly node: Target; readonly downMs: number }
  | { readonly kind: 'wallClock'; readonly node: Target; readonly aheadMs: number }
  | { readonly kind: 'transfer'; readonly to: NodeName }
  | {
      readonly kind: 'member';
      readonly node: Target;
      readonly change: 'demote' | 'promote' | 'remove';
    }
  | { readonly kind: 'batch'; readonly maxTransactions: number; readonly timeoutMs: number };

export type PlannedAction = readonly [timeMs: number, action: Action];

/** All that a run needs beside the code: `seed` still drives latencies, workload and elections. */
export interface Plan {
  readonly seed: number;
  readonly profile: string;
  readonly safetyMs: number;
  readonly actions: readonly PlannedAction[];
  /** What befalls messages, instead of chance at the rates of the actions. */
  readonly fates?: readonly Fate[];
  /** What is other than the profile and the seed have it. */
  readonly change?: ProfileChange;
}

/** All of a profile that a run asks for, as data. */
export type ProfileChange = Partial<Omit<Profile, 'name' | 'families' | 'everyMs'>>;

export function describeAction(action: Action): string {
  const { kind, ...rest } = action;
  const parts = Object.entries(rest).map(([name, value]) =>
    typeof value === 'object' ? `${name} ${JSON.stringify(value)}` : `${name} ${value}`,
  );
  return `${kind}: ${parts.join(', ')}`;
}
