/**
 * Plans that are kept, in `test/simulation/plans`: each the smallest run that once showed a failure.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../docs/checkout.ts';
import type { Plan } from './plan.ts';

export const plansDirectory = join(checkout, 'test/simulation/plans');

export interface KeptPlan {
  readonly name: string;
  /** What it showed, and in what code: a known bug put back, by its name; null: the code as it was then. */
  readonly showed: {
    readonly invariant: string;
    readonly sentence: string;
    readonly mutant: string | null;
  };
  readonly plan: Plan;
}

/** Of a kept plan, or of a bare one. */
export function readPlan(file: string): Plan {
  const content = JSON.parse(readFileSync(file, 'utf8')) as KeptPlan | Plan;
  return 'plan' in content ? content.plan : content;
}

export function readKeptPlans(): KeptPlan[] {
  const files = readdirSync(plansDirectory).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => {
    const text = readFileSync(join(plansDirectory, name), 'utf8');
    return JSON.parse(text) as KeptPlan;
  });
}

/** One message a line. */
const fate = /\[\s+(\d+),\s+"(\w+)",\s+(\d+)\s+\]/g;

export function writePlan(file: string, kept: KeptPlan): void {
  const text = JSON.stringify(kept, null, 2);
  writeFileSync(file, `${text.replaceAll(fate, '[$1, "$2", $3]')}\n`);
}
