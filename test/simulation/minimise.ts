/**
 * Makes the plan of a failing run small, while the same invariant still fails.
 *
 * First it is cut at the failure; then actions go, as many at once as possible; then nodes, clients, submissions and
 * whatever else is other than in a plain run; what befalls messages becomes a list, of which most goes; at last times are
 * rounded. Every plan that is kept has failed in a run of its own. When the time is up, what is smallest so far is kept.
 */
import { shortest } from './ddmin.ts';
import type { Fate } from './fates.ts';
import type { Plan } from './plan.ts';
import type { Failure } from './run.ts';
import {
  calmer,
  cutAt,
  earlier,
  fewerNodes,
  fewerSubmissions,
  hasFates,
  plainer,
  plainerWorkload,
  rounded,
  type Step,
  shorter,
  withoutRates,
} from './smaller.ts';

export interface Tried {
  readonly failure: Failure | null;
  /** What chance did to messages. */
  readonly fates: readonly Fate[];
}

export interface Workbench {
  readonly run: (plan: Plan) => Tried;
  readonly isTimeUp: () => boolean;
  readonly progress: (line: string) => void;
}

export interface Minimised {
  readonly plan: Plan;
  readonly failure: Failure;
  readonly runs: number;
}

/** More than this is no list to read, nor one to shorten in time. */
const FATES_MAX = 20_000;

/** Null if the plan does not fail. */
export function minimise(plan: Plan, bench: Workbench): Minimised | null {
  const { failure } = bench.run(plan);
  return failure === null ? null : new Minimiser(plan, failure, bench).result();
}

class Minimiser {
  readonly #bench: Workbench;
  readonly #invariant: string;
  #plan: Plan;
  #failure: Failure;
  #runs = 1;

  constructor(plan: Plan, failure: Failure, bench: Workbench) {
    this.#bench = bench;
    this.#invariant = failure.invariant;
    this.#plan = plan;
    this.#failure = failure;
  }

  result(): Minimised {
    this.#stage('cut', () => this.#cut());
    this.#stage('actions', () => this.#fewerActions());
    this.#stage('nodes', () => this.#first(fewerNodes));
    this.#stage('plain', () => this.#each(plainer));
    this.#stage('clients', () => this.#each(plainerWorkload));
    this.#stage('submissions', () => this.#first(fewerSubmissions));
    this.#stage('weather', () => this.#each(calmer));
    this.#stage('messages', () => this.#fewerFates());
    this.#stage('actions', () => this.#fewerActions());
    this.#stage('gaps', () => this.#eachAction(earlier));
    this.#stage('times', () => this.#eachAction(rounded));
    return { plan: this.#plan, failure: this.#failure, runs: this.#runs };
  }

  #stage(name: string, work: () => void): void {
    if (this.#bench.isTimeUp()) return;
    work();
    const { actions, safetyMs, fates = [] } = this.#plan;
    const size = `${actions.length} actions, ${fates.length} messages, ${safetyMs} ms`;
    this.#bench.progress(`${name}: ${size}, after ${this.#runs} runs`);
  }

  /** Whether the plan fails as well; then it takes the place of the one before, cut where it failed. */
  #takes(plan: Plan): boolean {
    if (this.#bench.isTimeUp()) return false;
    this.#runs += 1;
    const { failure } = this.#bench.run(plan);
    if (failure?.invariant !== this.#invariant) return false;
    this.#plan = cutAt(plan, failure.atMs);
    this.#failure = failure;
    return true;
  }

  #first(step: Step): boolean {
    return step(this.#plan).some((plan) => this.#takes(plan));
  }

  /** All that the step offers, one after the other; what was taken is not offered again. */
  #each(step: Step): void {
    let refused = 0;
    for (let plans = step(this.#plan); refused < plans.length; plans = step(this.#plan)) {
      if (!this.#takes(plans[refused]!)) refused += 1;
    }
  }

  #cut(): void {
    const isEarly = this.#takes(cutAt(this.#plan, this.#failure.atMs));
    if (!isEarly || this.#failure.atMs > this.#plan.safetyMs) this.#first(shorter);
  }

  #fewerActions(): void {
    shortest(this.#plan.actions, (actions) => {
      // What was taken may fail earlier, and has then lost more than was left out.
      const { safetyMs } = this.#plan;
      const fewer = cutAt({ ...this.#plan, actions }, safetyMs);
      return fewer.actions.length === this.#plan.actions.length || this.#takes(fewer);
    });
  }

  #fewerFates(): void {
    if (!hasFates(this.#plan)) return;
    const { fates } = this.#bench.run(this.#plan);
    this.#runs += 1;
    if (fates.length > FATES_MAX || !this.#takes(withoutRates({ ...this.#plan, fates }))) return;
    shortest(fates, (fewer) => this.#takes({ ...this.#plan, fates: fewer }));
  }

  /** From the last one on: what comes before it stays where it is. */
  #eachAction(stepAt: (at: number) => Step): void {
    for (let at = this.#plan.actions.length - 1; at >= 0; at--) {
      if (at < this.#plan.actions.length) this.#first(stepAt(at));
    }
  }
}
