/** One channel in depth: who leads, who is up, the chain on every orderer, how blocks fill, what submitters feel. */
import {
  always,
  bad,
  badFromOne,
  good,
  leaderWords,
  plain,
  relationWords,
  statusWords,
  warning,
} from './colors.ts';
import type { Frame } from './frame.ts';
import type { Section } from './layout.ts';
import { graph, heatmap, stat, timeline } from './panels.ts';
import { increaseOf, maxBy, neededOf, ofChannel, quantileOf, rateOf, sumBy } from './selectors.ts';

const perChannel = (expression: string): string => maxBy(['channel'], expression);
const perOrderer = (expression: string): string => maxBy(['channel', 'instance'], expression);
const leads = ofChannel('cairn_raft_is_leader');
const size = perChannel(ofChannel('cairn_raft_cluster_size'));
const up = perChannel(ofChannel('cairn_raft_active_nodes'));
const height = ofChannel('cairn_ledger_height');

const each = '{{channel}} {{instance}}';

const now: Section = {
  title: 'Now',
  height: 4,
  panels: [
    stat({
      title: 'Leader',
      description: 'The orderer that leads.',
      width: 6,
      unit: 'short',
      queries: [[`${perOrderer(leads)} == 1`, '{{instance}}']],
      thresholds: always(good),
      says: 'name',
      nothing: 'nobody',
    }),
    stat({
      title: 'Members',
      description: 'Voters that are up, votes that are needed, voters in all.',
      width: 7,
      unit: 'short',
      queries: [
        [up, 'up'],
        [neededOf(size), 'needed'],
        [size, 'of'],
      ],
      thresholds: always(plain),
      says: 'both',
    }),
    stat({
      title: 'May still fail',
      description: 'Members that may go before ordering stops; below 0 it has stopped.',
      width: 3,
      unit: 'short',
      queries: [[`${up} - (${neededOf(size)})`, '{{channel}}']],
      thresholds: [
        { from: null, color: bad },
        { from: 0, color: warning },
        { from: 1, color: good },
      ],
    }),
    stat({
      title: 'Term',
      description: "Raft's term: one more for each election that was held.",
      width: 2,
      unit: 'none',
      queries: [[perChannel(ofChannel('cairn_raft_term')), '{{channel}}']],
      thresholds: always(plain),
    }),
    stat({
      title: 'Height',
      description: 'Committed blocks: the newest number and one more.',
      width: 3,
      unit: 'none',
      queries: [[perChannel(height), '{{channel}}']],
      thresholds: always(plain),
    }),
    stat({
      title: 'Leads since',
      description: 'How long the leader of now has led.',
      width: 3,
      unit: 'dtdurations',
      decimals: 0,
      queries: [
        [
          `time() - ${perChannel(`${ofChannel('cairn_raft_leader_since_timestamp_seconds')} * ${leads} > 0`)}`,
          '{{channel}}',
        ],
      ],
      thresholds: always(plain),
      nothing: '-',
    }),
  ],
};

const leadership: Section = {
  title: 'Leadership',
  height: 6,
  panels: [
    timeline({
      title: 'Leader',
      description: 'By member id. An election is a change of colour; red is nobody.',
      width: 24,
      unit: 'short',
      queries: [[perChannel(`${ofChannel('cairn_raft_leader_id')} * ${leads}`), '{{channel}}']],
      mappings: [leaderWords],
    }),
    graph({
      title: 'Members up and needed',
      description: 'Ordering goes on while "up" is not below "needed".',
      width: 8,
      unit: 'short',
      decimals: 0,
      queries: [
        [up, '{{channel}} up'],
        [neededOf(size), '{{channel}} needed'],
        [size, '{{channel}} of'],
      ],
      steps: true,
    }),
    graph({
      title: 'Elections',
      description:
        'Campaigns started (pre-votes included) and leaders found where none was known, in the interval.',
      width: 8,
      unit: 'short',
      queries: [
        [
          sumBy(['channel'], increaseOf(ofChannel('cairn_raft_elections_total'))),
          '{{channel}} campaigns',
        ],
        [
          perChannel(increaseOf(ofChannel('cairn_raft_leader_changes_total'))),
          '{{channel}} leader changes',
        ],
      ],
    }),
    graph({
      title: 'Term',
      description: 'As each orderer knows it. One that is alone with a higher term was cut off.',
      width: 8,
      unit: 'none',
      queries: [[perOrderer(ofChannel('cairn_raft_term')), each]],
      steps: true,
      decimals: 0,
    }),
  ],
};

const chain: Section = {
  title: 'The chain',
  height: 8,
  panels: [
    graph({
      title: 'Height of each orderer',
      description: 'Lines that should coincide. One that stays behind catches up, or does not.',
      width: 8,
      unit: 'short',
      queries: [[perOrderer(height), each]],
    }),
    graph({
      title: 'Lag behind the leader',
      description:
        'Committed blocks that a member is not known to have on disk, told by the leader.',
      width: 8,
      unit: 'short',
      queries: [
        [
          maxBy(['channel', 'peer'], ofChannel('cairn_raft_follower_lag_blocks')),
          '{{channel}} {{peer}}',
        ],
      ],
    }),
    graph({
      title: 'Transactions and blocks',
      description: 'How many of each are committed a second.',
      width: 8,
      unit: 'cps',
      queries: [
        [
          perChannel(rateOf(ofChannel('cairn_ledger_transactions_total'))),
          '{{channel}} transactions',
        ],
        [perChannel(rateOf(height)), '{{channel}} blocks'],
      ],
    }),
  ],
};

const blocks: Section = {
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

const submissions: Section = {
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
          `${sumBy(['channel', 'code'], rateOf(ofChannel('cairn_submit_refused_total')))} > 0 or ${sumBy(['channel'], rateOf(ofChannel('cairn_submit_refused_total')))}`,
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

const raft: Section = {
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

const trust: Section = {
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

export const channel: Frame = {
  uid: 'cairn-channel',
  title: 'Cairn: channel',
  description: 'One channel, or several, in depth.',
  variables: ['channel'],
  sections: [now, leadership, chain, blocks, submissions, raft, trust],
};
