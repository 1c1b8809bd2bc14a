/** One channel in depth: who leads, who is up, the chain on every orderer, how blocks fill, what submitters feel. */

import { blocks, raft, submissions, trust } from './channel-depth.ts';
import { always, bad, good, leaderWords, plain, warning } from './colors.ts';
import type { Frame } from './frame.ts';
import type { Section } from './layout.ts';
import { graph, stat, timeline } from './panels.ts';
import { maxBy, medianBy, neededOf, ofChannel, rateOf, sumBy, timesOf } from './selectors.ts';

const perChannel = (expression: string): string => maxBy(['channel'], expression);
const perOrderer = (expression: string): string => maxBy(['channel', 'instance'], expression);
const leads = ofChannel('cairn_raft_is_leader');
const size = perChannel(ofChannel('cairn_raft_cluster_size'));
const up = perChannel(ofChannel('cairn_raft_active_nodes'));
const height = ofChannel('cairn_ledger_height');
/** Orderers that do not answer Prometheus, under the label by which leaders name their followers. */
const downPeers = 'label_replace(up{job="$job"} == 0, "peer", "$1", "instance", "(.*)")';

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
  height: 4,
  panels: [
    timeline({
      title: 'Leader',
      description: 'By member id. An election is a change of colour; red is nobody.',
      width: 24,
      unit: 'short',
      queries: [[perChannel(`${ofChannel('cairn_raft_leader_id')} * ${leads}`), '{{channel}}']],
      mappings: [leaderWords],
    }),
  ],
};

const members: Section = {
  title: 'Members and elections',
  height: 7,
  panels: [
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
          sumBy(['channel'], timesOf(ofChannel('cairn_raft_elections_total'))),
          '{{channel}} campaigns',
        ],
        [
          perChannel(timesOf(ofChannel('cairn_raft_leader_changes_total'))),
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
        'Committed blocks that a member has not acknowledged to the leader of now. One that is down is left out: a leader that never heard it counts all blocks.',
      width: 8,
      unit: 'short',
      queries: [
        [
          `${maxBy(['channel', 'peer'], ofChannel('cairn_raft_follower_lag_blocks'))} unless on (peer) ${downPeers}`,
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
          medianBy(['channel'], rateOf(ofChannel('cairn_ledger_transactions_total'))),
          '{{channel}} transactions',
        ],
        [medianBy(['channel'], rateOf(height)), '{{channel}} blocks'],
      ],
    }),
  ],
};

export const channel: Frame = {
  uid: 'cairn-channel',
  title: 'Cairn: channel',
  description: 'One channel, or several, in depth.',
  variables: ['channel'],
  sections: [now, leadership, members, chain, blocks, submissions, raft, trust],
};
