/**
 * What many seeds came to: counts, speed, coverage, and each failure with how to see it again.
 */
import { markNames } from './marks.ts';
import type { RunResult } from './run.ts';
import type { Outcome } from './worker.ts';

export class Summary {
  seeds = 0;
  readonly failures: RunResult[] = [];
  readonly marks = new Map<string, number>();
  #simulatedMs = 0;
  #events = 0;
  #cpuMs = 0;
  #committed = 0;

  add({ result, cpuMs, runs }: Outcome): void {
    this.seeds += 1;
    this.#simulatedMs += result.simulatedMs * runs;
    this.#events += result.events * runs;
    this.#cpuMs += cpuMs;
    this.#committed += result.committed;
    if (result.failure !== null) this.failures.push(result);
    for (const name of Object.keys(result.marks))
      this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
  }

  /** Seeds in which each mark was hit; the ones never hit by name. */
  get missing(): string[] {
    return markNames.filter((name) => !this.marks.has(name));
  }

  get json() {
    return {
      seeds: this.seeds,
      failures: this.failures.length,
      simulatedSeconds: Math.round(this.#simulatedMs / 1_000),
      clusterSecondsPerCpuSecond: Math.round(this.#simulatedMs / this.#cpuMs),
      eventsPerCpuSecond: Math.round((this.#events / this.#cpuMs) * 1_000),
      committed: this.#committed,
      marks: Object.fromEntries(this.marks),
      missing: this.missing,
    };
  }

  get text(): string {
    const { seeds, failures, simulatedSeconds, clusterSecondsPerCpuSecond, committed } = this.json;
    return [
      `${seeds} seeds, ${failures} failed; ${simulatedSeconds} simulated seconds, ${committed} committed`,
      `${clusterSecondsPerCpuSecond} cluster-seconds a second of CPU`,
      ...(this.missing.length === 0 ? [] : [`never hit: ${this.missing.join('; ')}`]),
    ].join('\n');
  }
}

export function describeFailure({ seed, profile, failure, last }: RunResult): string {
  const { invariant, sentence, atMs } = failure!;
  return [
    `seed ${seed} breaks ${invariant} at ${atMs} ms: ${sentence}`,
    ...last.slice(-20).map(({ atMs: at, node, text }) => `    ${at} ${node} ${text}`),
    `    see it again: npm run sim -- --profile ${profile} --seed ${seed}`,
  ].join('\n');
}
