/** What a chaos run found, as one table of text. */
import type { Fault } from './checker.ts';
import { type FailoverResult, percentile } from './failover.ts';
import type { KillRunResult } from './kills.ts';

const FAULTS_SHOWN = 20;

function table(rows: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

export function killTable(result: KillRunResult): string {
  const { faults, refusals, digests } = result;
  const codes = [...refusals].map(([code, count]) => `${count} ${code}`).join(', ');
  const isOne = new Set(digests.values()).size === 1;
  const [digest] = digests.values();
  const rows: (readonly [string, string | number])[] = [
    ['submitted', result.submitted],
    ['acknowledged', result.acknowledged],
    ['refused', codes === '' ? result.refused : `${result.refused} (${codes})`],
    ['unknown', result.unknown],
    ['in the chain', result.transactionsInChain],
    ['height', result.height],
    ['disturbances', countsOf(result.disturbances)],
    ['leaders elected', result.leaders],
    ['load lasted', `${result.loadSeconds.toFixed(1)} s`],
    ['committed per second', Math.round(result.transactionsInChain / result.loadSeconds)],
    ['longest time without a receipt', `${Math.round(result.longestGapMs)} ms`],
    ['blocks read meanwhile', result.served],
    [`chains (${digests.size})`, isOne ? `all ${digest}` : JSON.stringify([...digests])],
    ['errors in logs', result.logErrors.length],
    ['broken promises', faults.length],
  ];
  const shown = faults
    .slice(0, FAULTS_SHOWN)
    .map(({ check, sentence }) => `  ${check} ${sentence}`);
  const errors = result.logErrors.slice(0, FAULTS_SHOWN).map((line) => `  log ${line}`);
  return [table(rows), ...shown, ...errors].join('\n');
}

function linesOf(faults: readonly Fault[]): string[] {
  return faults.slice(0, FAULTS_SHOWN).map(({ check, sentence }) => `  ${check} ${sentence}`);
}

function spread(samples: readonly number[]): string {
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const [p50, p99] = [percentile(samples, 50), percentile(samples, 99)];
  return `p50 ${ms(p50)}, p99 ${ms(p99)} of ${samples.length}`;
}

export function failoverTable({ killGapsMs, stopGapsMs, pause }: FailoverResult): string {
  const rows: (readonly [string, string | number])[] = [
    ['leader killed, to the next receipt', spread(killGapsMs)],
    ['leader stopped, to the next receipt', spread(stopGapsMs)],
    ['leader paused under load: transactions', pause.transactions],
    ['  slowest answer', `${Math.round(pause.slowestMs)} ms`],
    ['  never answered', pause.unanswered],
    ['  refused or unknown', pause.notAcknowledged],
    ['broken promises', pause.faults.length],
  ];
  return [table(rows), ...linesOf(pause.faults)].join('\n');
}

function countsOf(items: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  const parts = [...counts].map(([item, count]) => `${count} x ${item}`);
  return `${items.length} (${parts.join(', ')})`;
}
