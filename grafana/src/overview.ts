/**
 * The overview: every channel on one screen. Who leads, how many are up of how many, how high, how fast, and what is
 * wrong. The blog's three panels are here as they were, on the names they were written for.
 */
import { always, bad, badFromOne, good, leaderWords, plain, warning } from './colors.ts';
import type { Frame } from './frame.ts';
import type { Section } from './layout.ts';
import { type Column, graph, stat, table, timeline } from './panels.ts';
import { maxBy, medianBy, neededOf, ofChannel, quantileOf, rateOf, sumBy } from './selectors.ts';

const perChannel = (expression: string): string => maxBy(['channel'], expression);
const leads = ofChannel('cairn_raft_is_leader');
const size = perChannel(ofChannel('cairn_raft_cluster_size'));
const up = perChannel(ofChannel('cairn_raft_active_nodes'));
const transactionRate = medianBy(['channel'], rateOf(ofChannel('cairn_ledger_transactions_total')));
const alerts = 'ALERTS{alertname=~"Cairn.*",job="$job"}';
/** A matcher that is `.*` also takes alerts that have no channel. */
const alertsOfChannels = 'ALERTS{alertname=~"Cairn.*",job="$job",channel=~"$channel",channel!=""}';

const glance: Section = {
  title: 'At a glance',
  height: 4,
  panels: [
    stat({
      title: 'Channels',
      description: 'Channels that at least one orderer serves.',
      width: 4,
      unit: 'short',
      queries: [[`count(${perChannel(ofChannel('cairn_raft_term'))})`, 'channels']],
      thresholds: always(plain),
      nothing: '0',
    }),
    stat({
      title: 'Without a leader',
      description: 'Channels that order nothing now because nobody leads them. 0 is well.',
      width: 4,
      unit: 'short',
      queries: [[`count(${sumBy(['channel'], leads)} == 0) or vector(0)`, 'without a leader']],
      thresholds: badFromOne,
    }),
    stat({
      title: 'Orderers',
      description: 'Processes that answer Prometheus, and those it knows of.',
      width: 4,
      unit: 'short',
      queries: [
        ['count(up{job="$job"} == 1) or vector(0)', 'up'],
        ['count(up{job="$job"})', 'known'],
      ],
      thresholds: always(plain),
      says: 'both',
    }),
    stat({
      title: 'Alerts firing',
      description: 'Alerts of these channels and orderers that fire now; see the end of the page.',
      width: 4,
      unit: 'short',
      queries: [[`count(${alerts.replace('}', ',alertstate="firing"}')}) or vector(0)`, 'firing']],
      thresholds: badFromOne,
    }),
    stat({
      title: 'Transactions',
      description: 'Ordered in all chosen channels together, a second.',
      width: 4,
      unit: 'cps',
      decimals: 1,
      queries: [[`sum(${transactionRate})`, 'a second']],
      thresholds: always(plain),
    }),
    stat({
      title: 'Blocks',
      description: 'Heights of all chosen channels together.',
      width: 4,
      unit: 'none',
      queries: [[`sum(${perChannel(ofChannel('cairn_ledger_height'))})`, 'blocks']],
      thresholds: always(plain),
    }),
  ],
};

const columns: readonly Column[] = [
  { field: 'channel', title: 'Channel' },
  { field: 'instance', title: 'Leader' },
  { field: 'Value #B', title: 'Up', unit: 'short' },
  { field: 'Value #C', title: 'Of', unit: 'short' },
  { field: 'Value #D', title: 'Needed', unit: 'short' },
  {
    field: 'Value #E',
    title: 'May still fail',
    unit: 'short',
    thresholds: [
      { from: null, color: bad },
      { from: 0, color: warning },
      { from: 1, color: good },
    ],
  },
  { field: 'Value #F', title: 'Height', unit: 'none' },
  { field: 'Value #G', title: 'Transactions', unit: 'cps', decimals: 1 },
  { field: 'Value #H', title: 'p99 to commit', unit: 's', decimals: 1 },
  { field: 'Value #I', title: 'Trouble', unit: 'short', thresholds: badFromOne },
];

const channels: Section = {
  title: 'Channels',
  height: 7,
  panels: [
    table({
      title: 'Channels',
      description:
        'One row a channel. "May still fail": how many more members may go before ordering stops; below 0 it has stopped. "Trouble": alerts of the channel that are pending or fire.',
      width: 24,
      unit: 'short',
      rowsBy: 'channel',
      queries: [
        [`${maxBy(['channel', 'instance'], leads)} == 1`, ''],
        [up, ''],
        [size, ''],
        [neededOf(size), ''],
        [`${up} - (${neededOf(size)})`, ''],
        [perChannel(ofChannel('cairn_ledger_height')), ''],
        [transactionRate, ''],
        [quantileOf(0.99, ['channel'], ofChannel('cairn_submit_seconds_bucket')), ''],
        [`count by (channel) (${alertsOfChannels}) or ${size} * 0`, ''],
      ],
      columns,
      hidden: ['Time', ...Array.from({ length: 9 }, (_, at) => `Time ${at + 1}`), 'Value #A'],
    }),
    timeline({
      title: 'Leader',
      description:
        'Who leads each channel, by member id. An election is a change of colour; red is nobody.',
      width: 24,
      unit: 'short',
      queries: [[perChannel(`${ofChannel('cairn_raft_leader_id')} * ${leads}`), '{{channel}}']],
      mappings: [leaderWords],
    }),
  ],
};

const blog: Section = {
  title: 'On the names of Fabric',
  height: 7,
  panels: [
    graph({
      title: 'Leader by channel',
      description: 'One line a channel, named after the orderer that leads it.',
      width: 8,
      unit: 'short',
      queries: [['consensus_etcdraft_is_leader>0', '{{channel}} {{instance}}']],
      steps: true,
      decimals: 0,
    }),
    graph({
      title: 'Cluster size',
      description: 'Voters of the channel, as each of them tells it.',
      width: 8,
      unit: 'short',
      queries: [
        ['consensus_etcdraft_cluster_size{channel=~"$channel"}', '{{channel}} {{instance}}'],
      ],
      steps: true,
      decimals: 0,
    }),
    graph({
      title: 'Active nodes',
      description:
        'Members that report: one less when one is stopped, and back when it is started.',
      width: 8,
      unit: 'short',
      queries: [
        ['count by (channel) (consensus_etcdraft_is_leader{channel=~"$channel"})', '{{channel}}'],
      ],
      steps: true,
      decimals: 0,
    }),
  ],
};

const work: Section = {
  title: 'Work',
  height: 7,
  panels: [
    graph({
      title: 'Transactions',
      description: 'Ordered a second, by channel.',
      width: 8,
      unit: 'cps',
      queries: [[transactionRate, '{{channel}}']],
    }),
    graph({
      title: 'Submit to commit, p99',
      description: 'From arrival at the leader until a majority has the block on disk.',
      width: 8,
      unit: 's',
      queries: [
        [quantileOf(0.99, ['channel'], ofChannel('cairn_submit_seconds_bucket')), '{{channel}}'],
      ],
    }),
    graph({
      title: 'Refusals',
      description: 'Submissions refused a second, by channel; the reasons are on the channel page.',
      width: 8,
      unit: 'cps',
      queries: [
        [sumBy(['channel'], rateOf(ofChannel('cairn_submit_refused_total'))), '{{channel}}'],
      ],
    }),
  ],
};

const trouble: Section = {
  title: 'What is wrong',
  height: 7,
  panels: [
    table({
      title: 'Alerts',
      description:
        'Pending or firing. Each has a page of the same name in docs/runbooks that says what to do.',
      width: 24,
      unit: 'short',
      queries: [[alerts, '']],
      columns: [
        { field: 'alertname', title: 'Alert' },
        { field: 'alertstate', title: 'State' },
        { field: 'severity', title: 'Severity' },
        { field: 'channel', title: 'Channel' },
        { field: 'instance', title: 'Orderer' },
        { field: 'peer', title: 'Member' },
        { field: 'reason', title: 'Reason' },
      ],
      hidden: ['Time', 'Value', 'Value #A', '__name__', 'job'],
      nothing: 'Nothing is wrong.',
    }),
  ],
};

export const overview: Frame = {
  uid: 'cairn-overview',
  title: 'Cairn: overview',
  description: 'Every channel: who leads, how many are up, how high, how fast, and what is wrong.',
  variables: ['channel'],
  sections: [glance, channels, blog, work, trouble],
};
