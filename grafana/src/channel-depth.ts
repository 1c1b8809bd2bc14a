/** One channel, below its surface: how blocks fill, what submitters feel, Raft's log, what was not believed. */
import { badFromOne, relationWords, statusWords } from './colors.ts';
import type { Section } from './layout.ts';
import { graph, heatmap, stat, timeline } from './panels.ts';
import { maxBy, ofChannel, quantileOf, rateOf, sumBy } from './selectors.ts';

const perOrderer = (expression: string): string => maxBy(['channel', 'instance'], expression);
const each = '{{channel}} {{instance}}';

export const blocks: Section = {
  title: 'How blocks fill',
  height: 8,
  panels: [
    heatmap({
      title: 'Fill time',
      description: "From a block's first transaction to its cut.",
      width: 8,
      unit: 's',
      queries: [
        [sumBy(['le'], rateOf(ofChannel('cairn_ledger_block_fill_seconds_bucket'))), '{{le}}'],
      ],
    }),
    heatmap({
      title: 'Transactions in a block',
      description: 'Of the blocks cut, by how many transactions they hold.',
      width: 8,
      unit: 'short',
      queries: [
        [sumBy(['le'], rateOf(ofChannel('cairn_ledger_block_transactions_bucket'))), '{{le}}'],
      ],
    }),
    heatmap({
      title: 'Bytes of a block',
      description: 'Of the blocks cut, by their size.',
      width: 8,
      unit: 'bytes',
      queries: [[sumBy(['le'], rateOf(ofChannel('cairn_ledger_block_bytes_bucket'))), '{{le}}']],
    }),
  ],
};

const submitBuckets = ofChannel('cairn_submit_seconds_bucket');

export const submissions: Section = {
  title: 'What submitters feel',
  height: 8,
  panels: [
    graph({
      title: 'Submit to commit',
      description: 'From arrival at the leader until a majority has the block on disk.',
      width: 8,
      unit: 's',
      queries: [
        [quantileOf(0.5, ['channel'], submitBuckets), '{{channel}} p50'],
        [quantileOf(0.99, ['channel'], submitBuckets), '{{channel}} p99'],
      ],
    }),
    graph({
      title: 'Disk, p99',
      description: 'One disk transaction until it is on disk, for each orderer. It sets the pace.',
      width: 8,
      unit: 's',
      queries: [
        [
          'histogram_quantile(0.99, sum by (instance, le) (rate(cairn_store_persist_seconds_bucket{job="$job"}[$__rate_interval])))',
          '{{instance}}',
        ],
      ],
    }),
    graph({
      title: 'Refusals by reason',
      description: 'Submissions refused a second. NOT_LEADER is normal after an election.',
      width: 8,
      unit: 'cps',
      queries: [
        [
          `${sumBy(['channel', 'code'], rateOf(ofChannel('cairn_submit_refused_total')))} > 0 or on (channel) ${sumBy(['channel'], rateOf(ofChannel('cairn_submit_refused_total')))}`,
          '{{channel}} {{code}}',
        ],
      ],
    }),
    graph({
      title: 'Queue',
      description: 'Transactions admitted and not yet in a block.',
      width: 8,
      unit: 'short',
      queries: [[sumBy(['channel'], ofChannel('cairn_submit_queue_transactions')), '{{channel}}']],
    }),
    graph({
      title: 'Queue, bytes',
      description: 'Bytes of the transactions admitted and not yet in a block.',
      width: 8,
      unit: 'bytes',
      queries: [[sumBy(['channel'], ofChannel('cairn_submit_queue_bytes')), '{{channel}}']],
    }),
    graph({
      title: 'Duplicates',
      description: 'Submissions a second whose id was known already. None is ordered twice.',
      width: 8,
      unit: 'cps',
      queries: [
        [sumBy(['channel'], rateOf(ofChannel('cairn_ledger_duplicates_total'))), '{{channel}}'],
      ],
    }),
  ],
};

export const raft: Section = {
  title: "Raft's log",
  height: 7,
  panels: [
    graph({
      title: 'Committed and not yet applied',
      description: 'Raft indexes between commit and application. More than a moment is a fault.',
      width: 6,
      unit: 'short',
      queries: [
        [
          `${perOrderer(ofChannel('cairn_raft_commit_index'))} - ${perOrderer(ofChannel('cairn_raft_applied_index'))}`,
          each,
        ],
      ],
    }),
    graph({
      title: 'Blocks in flight',
      description: 'In the log of each orderer, beyond the commit index.',
      width: 6,
      unit: 'short',
      queries: [[perOrderer(ofChannel('cairn_raft_blocks_in_flight')), each]],
    }),
    graph({
      title: 'Proposals',
      description: 'Blocks proposed a second by kind, and proposals that Raft did not take.',
      width: 6,
      unit: 'cps',
      queries: [
        [
          sumBy(['channel', 'kind'], rateOf(ofChannel('cairn_raft_proposals_total'))),
          '{{channel}} {{kind}}',
        ],
        [
          sumBy(['channel'], rateOf(ofChannel('cairn_raft_proposals_failed_total'))),
          '{{channel}} not taken',
        ],
      ],
    }),
    graph({
      title: 'Not yet in the index on disk',
      description: 'Committed blocks whose transactions the index on disk does not have yet.',
      width: 6,
      unit: 'short',
      queries: [[perOrderer(ofChannel('cairn_store_index_lag_blocks')), each]],
    }),
  ],
};

export const trust: Section = {
  title: 'What was not believed, and who takes part',
  height: 7,
  panels: [
    stat({
      title: 'Blocks refused',
      description: 'By any orderer in the chosen time, because they did not verify. 0 is well.',
      width: 4,
      unit: 'none',
      decimals: 0,
      queries: [
        [
          `sum(increase(${ofChannel('cairn_ledger_verify_failures_total')}[$__range]))`,
          '{{channel}}',
        ],
      ],
      thresholds: badFromOne,
    }),
    stat({
      title: 'Clocks apart',
      description: 'Appends in the chosen time whose block is over 10 s from a clock. 0 is well.',
      width: 4,
      unit: 'none',
      decimals: 0,
      queries: [
        [`sum(increase(${ofChannel('cairn_ledger_clock_skewed_total')}[$__range]))`, '{{channel}}'],
      ],
      thresholds: badFromOne,
    }),
    timeline({
      title: 'State of the channel on each orderer',
      description: 'A channel that has failed reads on, but neither votes nor orders.',
      width: 8,
      unit: 'short',
      queries: [[perOrderer(ofChannel('cairn_channel_status')), each]],
      mappings: [statusWords],
    }),
    timeline({
      title: 'Part in the channel',
      description: 'Voters count towards the majority; learners and replicas only receive.',
      width: 8,
      unit: 'short',
      queries: [[perOrderer(ofChannel('cairn_channel_relation')), each]],
      mappings: [relationWords],
    }),
  ],
};
