/**
 * `npm run sim -- --minimise S`: from a failing seed, or a failing plan, to the smallest plan that fails as well, kept as
 * data.
 */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stderr } from 'node:process';
import { type Minimised, minimise, type Workbench } from './minimise.ts';
import type { SimulationOptions } from './options.ts';
import { describeAction, type Plan } from './plan.ts';
import { type KeptPlan, plansDirectory, writePlan } from './plan-file.ts';
import { planOf } from './planner.ts';
import { profileOf } from './profile.ts';
import { run } from './run.ts';
import { wholePlan } from './smaller.ts';

export function runMinimise(
  seed: number,
  options: SimulationOptions,
  say: (line: string) => void,
): number {
  const { profile: name, safetyMs, budgetMs } = options;
  const profile = profileOf(name, seed);
  const plan = wholePlan(planOf(profile, seed, safetyMs), profile);
  const before = process.cpuUsage();
  const spentMs = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  const minimised = minimise(
    plan,
    benchOf(() => spentMs() > budgetMs),
  );
  if (minimised === null) {
    say(`seed ${seed} does not fail: there is nothing to make small`);
    return 1;
  }
  const file = keep(minimised, options, seed);
  for (const [timeMs, action] of minimised.plan.actions) {
    say(`  ${String(timeMs).padStart(6)} ms  ${describeAction(action)}`);
  }
  say(summaryOf(plan, minimised, spentMs()));
  say(`see it: npm run sim -- ${mutantFlag(options)}--plan ${file}`);
  return 0;
}

const mutantFlag = ({ mutant }: SimulationOptions): string =>
  mutant === null ? '' : `--mutant '${mutant}' `;

function benchOf(isTimeUp: () => boolean): Workbench {
  return {
    run: (plan) => run({ ...plan, plan, writesFates: true }),
    isTimeUp,
    progress: (line) => stderr.write(`${line}\n`),
  };
}

function summaryOf(before: Plan, { plan, failure, runs }: Minimised, spentMs: number): string {
  const { actions, change, fates = [], safetyMs } = plan;
  const size = `${before.actions.length} actions are ${actions.length}, ${fates.length} messages`;
  const length = `${before.safetyMs} ms are ${safetyMs}, ${change?.orderers} orderers`;
  const effort = `${runs} runs, ${Math.round(spentMs / 1_000)} s of CPU`;
  return `${failure.invariant}: ${size}; ${length}; ${effort}`;
}

/** Where the flags say, or among the plans that are played again in each test run. */
function keep({ plan, failure }: Minimised, options: SimulationOptions, seed: number): string {
  const { mutant, profile, out } = options;
  const words = [failure.invariant, mutant ?? profile, seed].join(' ').toLowerCase();
  const name = words.replaceAll(/[^a-z0-9]+/g, '-');
  const file = out ?? join(plansDirectory, `${name}.json`);
  mkdirSync(plansDirectory, { recursive: true });
  const { invariant, sentence } = failure;
  const kept: KeptPlan = {
    name: basename(file, '.json'),
    showed: { invariant, sentence, mutant },
    plan,
  };
  writePlan(file, kept);
  return file;
}
