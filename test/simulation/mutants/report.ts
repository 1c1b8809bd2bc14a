/**
 * What is kept of a hunt: the table for people, and the seeds by which `npm test` shows each mutant killed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../docs/checkout.ts';
import { mutants } from './all.ts';
import type { Chase, Kill } from './chase.ts';
import type { Mutant } from './mutant.ts';

const killsFile = join(checkout, 'test/simulation/mutants/kills.json');
const tableFile = join(checkout, 'docs/simulation-mutants.md');

interface KillRecord {
  readonly kills: readonly Kill[];
  readonly survived: number;
  /** Of a mutant that has a script: how random runs found it. */
  readonly byChance?: readonly Kill[];
}

/** How each mutant died when it was last hunted, by its name. */
export type Kills = Readonly<{ [name: string]: KillRecord | undefined }>;

export const readKills = (): Kills => JSON.parse(readFileSync(killsFile, 'utf8')) as Kills;

/** What was found takes the place of what was known of the mutant; mutants that are no more go. */
export function writeKills(result: Chase): Kills {
  const before = readKills();
  const known = mutants.flatMap((mutant) => {
    const record = before[mutant.name];
    const after = mutant.name === result.mutant ? recordOf(mutant, result, record) : record;
    return after === undefined ? [] : [[mutant.name, after] as const];
  });
  const kills = Object.fromEntries(known);
  writeFileSync(killsFile, `${JSON.stringify(kills, null, 2)}\n`);
  return kills;
}

/** A script that kills is kept: it is quicker, and chance may change its mind. */
function recordOf(
  { scenario }: Mutant,
  { kills, survived }: Chase,
  before?: KillRecord,
): KillRecord | undefined {
  const found = kills.map(({ seeds, by, order }) => ({ seeds, by, order }));
  const isScripted = found.some(({ order }) => order.kind === 'scenario');
  if (isScripted) return { survived, kills: found, ...pick(before) };
  if (scenario === undefined || before === undefined) return { survived, kills: found };
  return survived === 0 ? { ...before, byChance: found } : before;
}

const pick = (before?: KillRecord) => before?.byChance && { byChance: before.byChance };

export function median(kills: readonly Pick<Kill, 'seeds'>[]): number {
  const seeds = kills.map((kill) => kill.seeds).sort((left, right) => left - right);
  return seeds[Math.floor((seeds.length - 1) / 2)] ?? 0;
}

export function writeTable(kills: Kills): void {
  const rows = mutants.flatMap((mutant) => {
    const chase = kills[mutant.name];
    return chase === undefined ? [] : [rowOf(mutant, chase)];
  });
  const killed = Object.values(kills).filter((record) => record?.survived === 0).length;
  const text = `# Mutants of the simulator

<!-- Written by \`npm run sim -- --mutants\`. Change \`test/simulation/mutants\` instead. -->

A mutant is a known bug, put back into the code while it is loaded. What the simulator is worth is how soon it finds each of
them. The table says after how many seeds: the median of several hunts, each from another first seed. A seed counts only if it
passes without the mutant. Where chance would take too long the mutant is held against a scripted scenario instead.

\`I-1\` to \`I-24\` are the invariants of the simulator's oracle. \`I-21\` is often an assertion of the orderer itself, which stops
the channel or the process: assertions stay on in production.

${killed} of ${rows.length} mutants are killed, each of them every time.

| mutant | bug | what it does | seeds | found by |
|---|---|---|---|---|
${rows.join('\n')}
`;
  writeFileSync(tableFile, text);
}

function rowOf({ name, bug, does }: Mutant, { kills, survived, byChance }: KillRecord): string {
  const isScripted = kills[0]?.order.kind === 'scenario';
  const alive = survived > 0 ? ` (survived ${survived} of ${survived + kills.length})` : '';
  const scripted = byChance === undefined ? 'script' : `${median(byChance)}, or script`;
  const seeds = isScripted ? scripted : kills.length === 0 ? '' : `${median(kills)}`;
  const by = [...new Set([...kills, ...(byChance ?? [])].map((kill) => kill.by))].join(', ');
  return `| ${name} | ${bug} | ${does} | ${seeds}${alive} | ${by} |`;
}
