/**
 * The words and tables of `peers`. Pure.
 */
import { formatSpread, type Spread, spreadOf } from '../support/statistics.ts';
import type { Round, SystemName } from './round.ts';

export function describeRound({
  system,
  transactionsPerSecond,
  report,
  loadAverage,
}: Round): string {
  const rate = Math.round(transactionsPerSecond).toLocaleString('en-US').padStart(8);
  const { p50, p99 } = report.latencyMs;
  const latency = `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`;
  const refused = report.refused > 0 ? `, ${report.refused} REFUSED` : '';
  return `${system.padEnd(9)} ${rate} tx/s, ${latency}${refused} (load average before: ${loadAverage.toFixed(2)})`;
}

interface Row {
  readonly title: string;
  readonly digits: number;
  valueOf(round: Round): number;
}

function rowsFor(rounds: readonly Round[], sizeBytes: number): Row[] {
  const roles = [...new Set(rounds.flatMap(({ cpuSeconds }) => [...cpuSeconds.keys()]))];
  return [
    {
      title: `committed tx/s, ${sizeBytes} B`,
      digits: 0,
      valueOf: ({ transactionsPerSecond }) => transactionsPerSecond,
    },
    { title: 'latency p50, ms', digits: 1, valueOf: ({ report }) => report.latencyMs.p50 },
    { title: 'latency p99, ms', digits: 1, valueOf: ({ report }) => report.latencyMs.p99 },
    { title: 'lone tx p50, ms', digits: 2, valueOf: ({ report }) => report.loneLatencyMs.p50 },
    { title: 'lone tx p99, ms', digits: 2, valueOf: ({ report }) => report.loneLatencyMs.p99 },
    { title: 'CPU s per 1,000 tx', digits: 4, valueOf: totalCpu },
    ...roles.map((role) => ({
      title: `  ${severalNames[role] ?? role}`,
      digits: 4,
      valueOf: ({ cpuSeconds }: Round) => cpuSeconds.get(role) ?? Number.NaN,
    })),
  ];
}

const severalNames: Readonly<Record<string, string>> = { follower: 'both followers together' };

function totalCpu({ cpuSeconds }: Round): number {
  return [...cpuSeconds.values()].reduce((sum, seconds) => sum + seconds, 0);
}

const TITLE_WIDTH = 28;
const CELL_WIDTH = 30;

export function describeRounds(rounds: readonly Round[], sizeBytes: number): string[] {
  const systems = ['Cairn', 'JetStream'] as const;
  const heading = systems.map((system) => system.padStart(CELL_WIDTH)).join('');
  const lines = rowsFor(rounds, sizeBytes).map((row) => {
    const cells = systems.map((system) => cell(row, roundsOf(rounds, system)).padStart(CELL_WIDTH));
    return row.title.padEnd(TITLE_WIDTH) + cells.join('');
  });
  return ['', `${'median (min..max)'.padEnd(TITLE_WIDTH)}${heading}`, ...lines, ratioLine(rounds)];
}

function roundsOf(rounds: readonly Round[], name: SystemName): readonly Round[] {
  return rounds.filter(({ system }) => system === name);
}

function cell(row: Row, rounds: readonly Round[]): string {
  const spread = spreadOf(rounds.map(row.valueOf));
  return Number.isNaN(spread.median) ? '-' : formatSpread(spread, row.digits);
}

/** Of the medians; and of each round with its neighbour, which says how far the ratio itself can be trusted. */
function ratioLine(rounds: readonly Round[]): string {
  const rates = (name: SystemName) =>
    roundsOf(rounds, name).map(({ transactionsPerSecond }) => transactionsPerSecond);
  const [ours, theirs] = [rates('Cairn'), rates('JetStream')];
  const ratio = spreadOf(ours).median / spreadOf(theirs).median;
  const paired: Spread = spreadOf(ours.map((rate, i) => rate / theirs[i]!));
  return `\nCairn / JetStream: ${ratio.toFixed(2)} of the medians; ${paired.min.toFixed(2)}..${paired.max.toFixed(2)} round by round`;
}
