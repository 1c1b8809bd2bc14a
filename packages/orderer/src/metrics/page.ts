/**
 * The reference page of the metrics, from the table. `docs/reference/metrics.md` is this text; a test holds both equal and
 * `vitest -u` writes it anew.
 */
import { type MetricRow, metricTable } from './table.ts';

const introduction = `# Metrics

Every orderer serves these at \`/metrics\` of its operations listener, in Prometheus' text format. Counters start at 0 with
the process. Labels are few by design: none ever carries an id. Which orderer a series belongs to is the scrape target's
\`instance\`, or whatever label your scrape configuration gives.

Beside them are the metrics of the process (\`process_*\`) and of Node.js (\`nodejs_*\`); the ones worth an alert are
\`nodejs_eventloop_lag_p99_seconds\` and \`process_resident_memory_bytes\`.
`;

const reading = `
## How to read them

- One leader a channel: \`sum by (channel) (cairn_raft_is_leader)\` is 1. 0 is an outage; 2 can only be seen while a leader
  that was cut off has not noticed yet.
- Members up: \`max by (channel) (cairn_raft_active_nodes)\` against \`max by (channel) (cairn_raft_cluster_size)\`. The first
  is told by the leader only, everybody else says 0.
- Transactions ordered: \`quantile by (channel) (0.5, rate(cairn_ledger_transactions_total[1m]))\`: every member counts every
  block, and one that catches up counts old ones fast, so the middle one tells the truth.
- \`cairn_submit_seconds\`, \`cairn_ledger_block_*\` and \`cairn_raft_proposals_total\` are told by whoever leads: sum over the
  orderers.
`;

const partTitles: Readonly<Record<string, string>> = {
  raft: 'Consensus',
  ledger: 'Blocks and transactions',
  submit: 'Submissions',
  store: 'Disk',
  transport: 'Messages between orderers',
  channel: 'Channels',
  build: 'Build',
};

export function metricsPage(): string {
  const sections = Object.entries(partTitles).map(([part, title]) => sectionOf(part, title));
  return [introduction, ...sections, reading].join('');
}

function sectionOf(part: string, title: string): string {
  const rows = Object.entries<MetricRow>(metricTable)
    .filter(([name]) => name.startsWith(`cairn_${part}_`))
    .map(([name, row]) => `| \`${name}\` | ${row.type} | ${labelsOf(row)} | ${row.help} |\n`);
  const head = '| metric | type | labels | means |\n|---|---|---|---|\n';
  return `\n## ${title}\n\n${head}${rows.join('')}`;
}

function labelsOf({ labels }: MetricRow): string {
  return labels.map((label) => `\`${label}\``).join(', ');
}
