/** What a chaos run found, as one table of text. */
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
    ['leaders killed', result.kills],
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
