/**
 * Every scenario; what the catalogue of known bugs has beside them is in `not-applicable.ts`.
 */
import { durabilityScenarios } from './of-durability.ts';
import { electionScenarios } from './of-elections.ts';
import { membershipScenarios } from './of-membership.ts';
import { removalScenarios } from './of-removal.ts';
import { replicationScenarios } from './of-replication.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  ...durabilityScenarios,
  ...electionScenarios,
  ...replicationScenarios,
  ...membershipScenarios,
  ...removalScenarios,
];

export function scenarioNamed(key: string): Scenario {
  const found = scenarios.find((each) => each.key === key);
  if (found === undefined) throw new RangeError(`there is no scenario "${key}"`);
  return found;
}
