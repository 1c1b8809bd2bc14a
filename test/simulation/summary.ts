/**
 * What many seeds came to: counts, speed, coverage, and each failure with how to see it again. It can be put down as data
 * and be gone on from.
 */
import { type MarkName, markNames } from './marks.ts';
import type { Failure, RunResult } from './run.ts';
import type { Outcome } from './worker.ts';

/** Of so many seeds of the swarm, each mark must be hit at least once, or they prove less than they seem to. */
export const SEEDS_FOR_ALL_MARKS = 1_000;

export interface FailedSeed extends Failure {
  readonly seed: number;
  /** What shows it again. */
  readonly replay: string;
}

export interface Totals {
  readonly profile: string;
  readonly safetyMs: number;
  readonly from: number;
  readonly seeds: number;
  readonly failures: readonly FailedSeed[];
  readonly simulatedMs: number;
  readonly events: number;
  readonly cpuMs: number;
  readonly committed: number;
  /** In how many seeds each was hit. */
  readonly marks: Readonly<Partial<Record<MarkName, number>>>;
}

export const noTotals = (profile: string, safetyMs: number, from: number): Totals => ({
  profile,
  safetyMs,
  from,
  seeds: 0,
  failures: [],
  simulatedMs: 0,
  events: 0,
  cpuMs: 0,
  committed: 0,
  marks: {},
});

export class Summary {
  #totals: Totals;

  constructor(totals: Totals) {
    this.#totals = totals;
  }

  get totals(): Totals {
    return this.#totals;
  }

  add({ result, cpuMs, runs }: Outcome): void {
    const { totals } = this;
    this.#totals = {
      ...totals,
      seeds: totals.seeds + 1,
      failures: [...totals.failures, ...failureOf(result)],
      simulatedMs: totals.simulatedMs + result.simulatedMs * runs,
      events: totals.events + result.events * runs,
      cpuMs: totals.cpuMs + cpuMs,
      committed: totals.committed + result.committed,
      marks: withMarks(totals.marks, Object.keys(result.marks) as MarkName[]),
    };
  }

  /** A process that died is a failed seed. */
  addDeath(seed: number): void {
    const { profile, safetyMs, seeds, failures } = this.#totals;
    const replay = replayOf({ seed, profile, safetyMs });
    const death = { seed, invariant: 'crash', sentence: 'its process died', atMs: 0, replay };
    this.#totals = { ...this.#totals, seeds: seeds + 1, failures: [...failures, death] };
  }

  get missing(): MarkName[] {
    return markNames.filter((name) => this.#totals.marks[name] === undefined);
  }

  /** Whether so many seeds ran that a mark without a hit is a failure. */
  get mustHitAllMarks(): boolean {
    const { profile, seeds } = this.#totals;
    return profile === 'swarm' && seeds >= SEEDS_FOR_ALL_MARKS;
  }

  get hasFailed(): boolean {
    const isBlind = this.mustHitAllMarks && this.missing.length > 0;
    return this.#totals.failures.length > 0 || isBlind;
  }

  get json() {
    const { totals } = this;
    return {
      ...totals,
      simulatedSeconds: Math.round(totals.simulatedMs / 1_000),
      clusterSecondsPerCpuSecond: Math.round(totals.simulatedMs / totals.cpuMs),
      eventsPerCpuSecond: Math.round((totals.events / totals.cpuMs) * 1_000),
      missing: this.missing,
    };
  }

  get text(): string {
    const { seeds, failures, committed, marks } = this.#totals;
    const { simulatedSeconds, clusterSecondsPerCpuSecond } = this.json;
    const width = Math.max(...markNames.map(({ length }) => length));
    const marked = markNames.map((name) => `  ${name.padEnd(width)} ${marks[name] ?? 'never'}`);
    const failed = failures.map((each) => `  ${each.invariant}: ${each.replay}`);
    return [
      'coverage mark, and in how many seeds it was hit:',
      ...marked,
      `${seeds} seeds, ${failures.length} failed; ${simulatedSeconds} simulated seconds, ${committed} committed`,
      `${clusterSecondsPerCpuSecond} cluster-seconds a second of CPU`,
      ...failed,
      ...(this.mustHitAllMarks && this.missing.length > 0
        ? [`a failure, too: of ${seeds} seeds none hit ${this.missing.join('; ')}`]
        : []),
    ].join('\n');
  }
}

function failureOf({ failure, ...result }: RunResult): FailedSeed[] {
  if (failure === null) return [];
  return [{ seed: result.seed, ...failure, replay: replayOf(result) }];
}

function withMarks(before: Totals['marks'], names: readonly MarkName[]): Totals['marks'] {
  const marks = { ...before };
  for (const name of names) marks[name] = (marks[name] ?? 0) + 1;
  return marks;
}

export function describeFailure({ failure, last, ...result }: RunResult): string {
  const { invariant, sentence, atMs } = failure!;
  return [
    `seed ${result.seed} breaks ${invariant} at ${atMs} ms: ${sentence}`,
    ...last.slice(-20).map(({ atMs: at, node, text }) => `    ${at} ${node} ${text}`),
    `    see it again: ${replayOf(result)}`,
  ].join('\n');
}

function replayOf({ seed, profile, safetyMs }: Pick<RunResult, 'seed' | 'profile' | 'safetyMs'>) {
  return `npm run sim -- --profile ${profile} --seconds ${safetyMs / 1_000} --seed ${seed}`;
}
