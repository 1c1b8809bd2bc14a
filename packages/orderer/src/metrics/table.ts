/**
 * Every metric of Cairn's own: name, type, labels, meaning. The one table; the registry and the reference page derive from
 * it.
 *
 * Names are `cairn_<part>_<what>_<unit>`; a label never carries an id. What a metric's values are is said in `readings.ts`
 * for gauges and counters, and observed by the core for histograms.
 */

export type MetricType = 'gauge' | 'counter' | 'histogram';

export interface MetricRow {
  readonly type: MetricType;
  readonly labels: readonly string[];
  /** One line; what Prometheus shows as HELP. */
  readonly help: string;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const secondsBuckets = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25],
  ...[0.5, 1, 2.5, 5, 10, 30],
];
const shortSecondsBuckets = [
  ...[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05],
  ...[0.1, 0.2, 0.5, 1, 5, 30],
];
const transactionsBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const kibibytes = [1, 4, 16, 32, 64, 128, 256, 384, 512, 640];
const bytesBuckets = kibibytes.map((count) => count * 1024);

const channel = ['channel'] as const;

export const metricTable = {
  cairn_raft_is_leader: {
    type: 'gauge',
    labels: channel,
    help: '1 if this orderer leads the channel, else 0.',
  },
  cairn_raft_leader_id: {
    type: 'gauge',
    labels: channel,
    help: 'Member id of the leader this orderer knows; 0 if it knows none.',
  },
  cairn_raft_leader_since_timestamp_seconds: {
    type: 'gauge',
    labels: channel,
    help: 'Unix time at which this orderer found the leader it knows; 0 if it knows none.',
  },
  cairn_raft_term: { type: 'gauge', labels: channel, help: 'Current Raft term.' },
  cairn_raft_cluster_size: {
    type: 'gauge',
    labels: channel,
    help: 'Voters of the applied configuration, as its members say; 0 from an orderer that was removed.',
  },
  cairn_raft_active_nodes: {
    type: 'gauge',
    labels: channel,
    help: 'On the leader: voters heard within an election time-out, itself included. 0 elsewhere, so use max.',
  },
  cairn_raft_leader_changes_total: {
    type: 'counter',
    labels: channel,
    help: 'Times a leader was found where none was known.',
  },
  cairn_raft_elections_total: {
    type: 'counter',
    labels: channel,
    help: 'Campaigns this orderer has started, pre-votes included.',
  },
  cairn_raft_commit_index: {
    type: 'gauge',
    labels: channel,
    help: 'Newest Raft index known to be committed.',
  },
  cairn_raft_applied_index: { type: 'gauge', labels: channel, help: 'Newest Raft index applied.' },
  cairn_raft_follower_lag_blocks: {
    type: 'gauge',
    labels: ['channel', 'peer'],
    help: 'On the leader: committed blocks that another member is not known to have on disk.',
  },
  cairn_raft_blocks_in_flight: {
    type: 'gauge',
    labels: channel,
    help: 'Blocks in the log beyond the commit index.',
  },
  cairn_raft_proposals_total: {
    type: 'counter',
    labels: ['channel', 'kind'],
    help: 'Blocks proposed as leader, by kind (data, config).',
  },
  cairn_raft_proposals_failed_total: {
    type: 'counter',
    labels: ['channel', 'reason'],
    help: 'Proposals that Raft did not take; what was in them waits for the next attempt.',
  },
  cairn_ledger_height: {
    type: 'gauge',
    labels: channel,
    help: 'Committed blocks: newest number + 1.',
  },
  cairn_ledger_transactions_total: {
    type: 'counter',
    labels: channel,
    help: 'Transactions in blocks committed here since the process started.',
  },
  cairn_ledger_duplicates_total: {
    type: 'counter',
    labels: channel,
    help: 'Submissions whose id was already known; none is ordered twice.',
  },
  cairn_ledger_block_transactions: {
    type: 'histogram',
    labels: channel,
    help: 'Transactions of the blocks cut here as leader.',
    buckets: transactionsBuckets,
  },
  cairn_ledger_block_bytes: {
    type: 'histogram',
    labels: channel,
    help: 'Bytes of the blocks cut here as leader.',
    buckets: bytesBuckets,
  },
  cairn_ledger_block_fill_seconds: {
    type: 'histogram',
    labels: channel,
    help: "From a block's first transaction to its cut.",
    buckets: shortSecondsBuckets,
  },
  cairn_ledger_verify_failures_total: {
    type: 'counter',
    labels: ['channel', 'reason'],
    help: 'Blocks from other orderers that did not verify, by reason.',
  },
  cairn_ledger_clock_skewed_total: {
    type: 'counter',
    labels: channel,
    help: "Blocks just proposed whose time is over 10 s away from this orderer's clock.",
  },
  cairn_submit_seconds: {
    type: 'histogram',
    labels: channel,
    help: 'From arrival to commit, for each transaction ordered here as leader.',
    buckets: secondsBuckets,
  },
  cairn_submit_refused_total: {
    type: 'counter',
    labels: ['channel', 'code'],
    help: 'Transactions refused here, by error code.',
  },
  cairn_submit_queue_transactions: {
    type: 'gauge',
    labels: channel,
    help: 'Transactions admitted and not yet in a block.',
  },
  cairn_submit_queue_bytes: {
    type: 'gauge',
    labels: channel,
    help: 'Bytes of the transactions admitted and not yet in a block.',
  },
  cairn_store_persist_seconds: {
    type: 'histogram',
    labels: [],
    help: 'One disk transaction for all channels, until it is on disk.',
    buckets: shortSecondsBuckets,
  },
  cairn_store_disk_bytes: { type: 'gauge', labels: [], help: 'Bytes the data files take.' },
  cairn_store_disk_free_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Bytes free for this process on the file system that holds the data files.',
  },
  cairn_store_index_lag_blocks: {
    type: 'gauge',
    labels: channel,
    help: 'Committed blocks whose transactions are not yet in the index on disk.',
  },
  cairn_transport_messages_total: {
    type: 'counter',
    labels: ['kind', 'direction'],
    help: 'Frames between orderers, by kind and direction (in, out).',
  },
  cairn_transport_bytes_total: {
    type: 'counter',
    labels: ['kind', 'direction'],
    help: 'Bytes of the frames between orderers, by kind and direction (in, out).',
  },
  cairn_transport_dropped_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Messages not sent or not believed, by reason.',
  },
  cairn_transport_connected: { type: 'gauge', labels: [], help: '1 while connected to NATS.' },
  cairn_transport_credentials_expire_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Unix time at which the NATS credentials of this orderer expire; +Inf if they do not, as keys do not.',
  },
  cairn_channel_status: {
    type: 'gauge',
    labels: channel,
    help: '0 inactive, 1 active, 2 onboarding, 3 failed.',
  },
  cairn_channel_relation: {
    type: 'gauge',
    labels: channel,
    help: '0 other, 1 voter, 2 follower or replica, 3 learner.',
  },
  cairn_build_info: {
    type: 'gauge',
    labels: ['version'],
    help: 'Always 1; the version is in the label.',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metricTable;

type NamesOfType<T extends MetricType> = {
  [Name in MetricName]: (typeof metricTable)[Name]['type'] extends T ? Name : never;
}[MetricName];

export type HistogramName = NamesOfType<'histogram'>;

/** Read from the core when Prometheus asks. */
export type ReadingName = NamesOfType<'gauge' | 'counter'>;

export const metricNames = Object.keys(metricTable) as readonly MetricName[];
