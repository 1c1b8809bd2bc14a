/**
 * What is kept of a hunt: the table for people, and the seeds by which `npm test` shows each mutant killed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../docs/checkout.ts';
import { mutants } from './all.ts';
import type { Budget, Chase, Kill } from './chase.ts';
import type { Hunt } from './hunter.ts';

const seedsFile = join(checkout, 'test/simulation/mutants/killing-seeds.json');
const tableFile = join(checkout, 'docs/simulation-mutants.md');

export type KillingSeeds = Readonly<Record<string, readonly Hunt[]>>;

export const readKillingSeeds = (): KillingSeeds => JSON.parse(readFileSync(seedsFile, 'utf8'));

export function writeKillingSeeds(chases: readonly Chase[]): void {
  const killed = chases.filter(({ kills }) => kills.length > 0);
  const seeds = killed.map(({ mutant, kills }) => [mutant, kills.map(({ order }) => order)]);
  writeFileSync(seedsFile, `${JSON.stringify(Object.fromEntries(seeds), null, 2)}\n`);
}

export function median(kills: readonly Kill[]): number {
  const seeds = kills.map((kill) => kill.seeds).sort((left, right) => left - right);
  return seeds[Math.floor((seeds.length - 1) / 2)] ?? 0;
}

export function writeTable(chases: readonly Chase[], budget: Budget): void {
  const rows = chases.map(rowOf);
  const killed = chases.filter(({ survived }) => survived === 0).length;
  const text = `# Mutants of the simulator

<!-- Written by \`npm run sim -- --mutants\`. Change \`test/simulation/mutants\` instead. -->

A mutant is a known bug, put back into the code while it is loaded. What the simulator is worth is how soon it finds each of
them: the table says after how many seeds (the median of ${budget.starts} hunts, each from another first seed), and who found it. A seed
counts only if it passes without the mutant. Where chance would take too long the mutant is held against a scripted scenario
instead. \`I-21\` is often an assertion of the orderer itself, which stops the channel: assertions stay on in production.

${killed} of ${chases.length} mutants are killed, each within ${budget.seeds} seeds of ${budget.safetyMs / 1_000} simulated seconds.

| mutant | bug | what it does | seeds | found by |
|---|---|---|---|---|
${rows.join('\n')}
`;
  writeFileSync(tableFile, text);
}

function rowOf({ mutant: name, kills, survived }: Chase): string {
  const { bug, does } = mutants.find((each) => each.name === name)!;
  const isScripted = kills[0]?.order.kind === 'scenario';
  const alive = survived > 0 ? ` (survived ${survived} of ${survived + kills.length})` : '';
  const seeds = isScripted ? 'script' : kills.length === 0 ? '' : `${median(kills)}`;
  const by = [...new Set(kills.map((kill) => kill.by))].join(', ');
  return `| ${name} | ${bug} | ${does} | ${seeds}${alive} | ${by} |`;
}
