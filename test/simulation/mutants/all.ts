/**
 * Every mutant, in the order of the table.
 */
import type { Mutant } from './mutant.ts';
import { diskMutants } from './of-disk.ts';
import { electionMutants } from './of-elections.ts';
import { idMutants } from './of-ids.ts';
import { logMutants } from './of-log.ts';
import { ordererMutants } from './of-orderer.ts';

export const mutants: readonly Mutant[] = [
  ...electionMutants,
  ...logMutants,
  ...ordererMutants,
  ...idMutants,
  ...diskMutants,
];

export function mutantNamed(name: string): Mutant {
  const found = mutants.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`there is no mutant "${name}"`);
  return found;
}
