import { describe, expect, test } from 'vitest';
import { metricsPage } from '../src/metrics/page.ts';
import { metricNames, metricTable } from '../src/metrics/table.ts';
import { Metrics } from '../src/metrics.ts';
import { MemoryCluster, subjects } from './support/memory-cluster.ts';
import { parsePrometheus, readingOf } from './support/prometheus-text.ts';

/** Every name users' dashboards are promised. */
const PROMISED = [
  ...['is_leader', 'leader_id', 'term', 'cluster_size', 'active_nodes'].map(
    (each) => `cairn_raft_${each}`,
  ),
  ...['leader_changes_total', 'elections_total', 'commit_index', 'applied_index'].map(
    (each) => `cairn_raft_${each}`,
  ),
  ...['follower_lag_blocks', 'blocks_in_flight', 'proposals_total', 'proposals_failed_total'].map(
    (each) => `cairn_raft_${each}`,
  ),
  ...['height', 'transactions_total', 'duplicates_total', 'block_transactions'].map(
    (each) => `cairn_ledger_${each}`,
  ),
  ...['block_bytes', 'block_fill_seconds', 'verify_failures_total'].map(
    (each) => `cairn_ledger_${each}`,
  ),
  ...['seconds', 'refused_total', 'queue_transactions', 'queue_bytes'].map(
    (each) => `cairn_submit_${each}`,
  ),
  ...['persist_seconds', 'disk_bytes', 'disk_free_bytes', 'index_lag_blocks'].map(
    (each) => `cairn_store_${each}`,
  ),
  ...['messages_total', 'bytes_total', 'dropped_total', 'connected'].map(
    (each) => `cairn_transport_${each}`,
  ),
  ...['cairn_channel_status', 'cairn_channel_relation', 'cairn_build_info'],
];

const surroundings = { diskFreeBytes: () => 1e9, credentialsExpireSeconds: 2e9 };

/** A memory cluster whose orderers are each watched by a registry of their own. */
function watchedCluster() {
  const cluster = new MemoryCluster({ seed: 7, orderers: 3 });
  const metrics = new Map(cluster.nodes.map((node) => [node.name, new Metrics()]));
  cluster.observe = (name) => {
    const own = metrics.get(name)!;
    return {
      channelObserver: (channel) => own.channelObserver(channel),
      storeObserver: own.storeObserver,
    };
  };
  const scrape = async (name: string) => {
    const { orderer, bus } = cluster.node(name);
    metrics.get(name)!.watch(orderer!, bus!, surroundings);
    return parsePrometheus(await metrics.get(name)!.text());
  };
  const sum = async (metric: string) => {
    const scrapes = await Promise.all(cluster.alive.map((node) => scrape(node.name)));
    return scrapes.reduce((total, each) => total + readingOf(each, metric, 'mychannel'), 0);
  };
  return { cluster, scrape, sum };
}

describe('the table of metrics', () => {
  test('has every name that is promised', () => {
    for (const name of PROMISED) expect(metricNames).toContain(name);
  });

  test('follows the naming rules: prefix, unit, _total for counters, no id as a label', () => {
    for (const [name, { type, labels, help }] of Object.entries(metricTable)) {
      expect(name).toMatch(/^cairn_(raft|ledger|submit|store|transport|channel|build)_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes|transactions)$/);
      for (const label of labels) expect(label).not.toMatch(/id$/);
      expect(help).toMatch(/[.]$/);
    }
  });

  test('is what the reference page shows, every metric once', async () => {
    const page = metricsPage();
    for (const name of metricNames) expect(page.split(`| \`${name}\` |`)).toHaveLength(2);
    await expect(page).toMatchFileSnapshot('../../../docs/reference/metrics.md');
  });
});

describe('a scrape', () => {
  test('shows what never happened as 0, so that its first time counts', async () => {
    const { cluster, scrape } = watchedCluster();
    cluster.start();
    const samples = await scrape(cluster.awaitLeader());
    const value = (name: string, labels: Readonly<Record<string, string>>) =>
      samples.find(
        (each) =>
          each.name === name &&
          Object.entries(labels).every(([label, text]) => each.labels[label] === text),
      )?.value;
    expect(value('cairn_ledger_verify_failures_total', { reason: 'SIGNATURE' })).toBe(0);
    expect(value('cairn_raft_proposals_failed_total', { reason: 'transferring' })).toBe(0);
    expect(value('cairn_submit_refused_total', { code: 'OVERLOADED' })).toBe(0);
    expect(value('cairn_transport_dropped_total', { reason: 'disconnected' })).toBe(0);
    expect(value('cairn_store_disk_free_bytes', {})).toBe(1e9);
  });

  test('before anything runs is well-formed and has the metrics of the process', async () => {
    const samples = parsePrometheus(await new Metrics().text());
    expect(samples.some(({ name }) => name === 'process_cpu_seconds_total')).toBe(true);
    expect(samples.some(({ name }) => name === 'nodejs_eventloop_lag_seconds')).toBe(true);
  });

  test('of a working cluster shows every metric of the table', async () => {
    const { cluster, scrape } = watchedCluster();
    cluster.start();
    const leader = cluster.awaitLeader();
    expect(cluster.ask(subjects.submit('mychannel'), 'one', { 'Nats-Msg-Id': 'a' }).status).toBe(
      200,
    );
    expect(cluster.ask(subjects.submit('mychannel'), 'one', { 'Nats-Msg-Id': 'a' }).status).toBe(
      200,
    );
    cluster.awaitHeight(2);
    const samples = await scrape(leader);
    const shown = new Set(samples.map(({ metric }) => metric));
    expect(metricNames.filter((name) => !shown.has(name))).toEqual([]);
    const value = (metric: string) => readingOf(samples, metric, 'mychannel');
    expect(value('cairn_raft_is_leader')).toBe(1);
    const sinceMs = value('cairn_raft_leader_since_timestamp_seconds') * 1000;
    expect(sinceMs).toBeGreaterThan(0);
    expect(value('cairn_raft_cluster_size')).toBe(3);
    expect(value('cairn_raft_active_nodes')).toBe(3);
    expect(value('cairn_ledger_height')).toBe(2);
    expect(value('cairn_ledger_duplicates_total')).toBe(1);
    expect(value('cairn_submit_seconds_count')).toBe(1);
    expect(value('cairn_ledger_block_transactions_sum')).toBe(1);
    expect(value('cairn_channel_status')).toBe(1);
    expect(value('cairn_channel_relation')).toBe(1);
    const lags = samples.filter(({ name }) => name === 'cairn_raft_follower_lag_blocks');
    expect(lags).toHaveLength(2);
  });

  test('says at all times of a stop and a start that there is one leader', async () => {
    const { cluster, scrape, sum } = watchedCluster();
    cluster.start();
    const first = cluster.awaitLeader();
    expect(await sum('cairn_raft_is_leader')).toBe(1);
    expect(await sum('cairn_raft_active_nodes')).toBe(3);
    cluster.kill(first);
    const second = cluster.awaitLeader();
    expect(second).not.toBe(first);
    cluster.world.runFor(3_000);
    expect(await sum('cairn_raft_is_leader')).toBe(1);
    expect(await sum('cairn_raft_active_nodes')).toBe(2);
    const own = await scrape(second);
    expect(readingOf(own, 'cairn_raft_leader_changes_total', 'mychannel')).toBeGreaterThanOrEqual(
      1,
    );
    cluster.start(first);
    cluster.world.runFor(3_000);
    expect(await sum('cairn_raft_is_leader')).toBe(1);
    const back = await scrape(first);
    expect(readingOf(back, 'cairn_raft_is_leader', 'mychannel')).toBe(0);
    expect(readingOf(back, 'cairn_raft_cluster_size', 'mychannel')).toBe(3);
    expect(readingOf(back, 'cairn_raft_active_nodes', 'mychannel')).toBe(0);
  });

  test('never counts fewer active members because a quorum check has just been made', async () => {
    const { cluster, sum } = watchedCluster();
    cluster.start();
    cluster.awaitLeader();
    cluster.world.runFor(2_000);
    for (let step = 0; step < 40; step++) {
      cluster.world.runFor(50);
      expect(await sum('cairn_raft_active_nodes')).toBe(3);
    }
  });

  test('counts blocks whose time is far from the clock of who receives them', async () => {
    const { cluster, scrape } = watchedCluster();
    cluster.start();
    const leader = cluster.awaitLeader();
    const follower = cluster.nodes.find(({ name }) => name !== leader)!.name;
    cluster.clockAheadMs.set(follower, 11_000);
    cluster.ask(subjects.submit('mychannel'), 'one');
    cluster.awaitHeight(2);
    const skewed = async (name: string) =>
      readingOf(await scrape(name), 'cairn_ledger_clock_skewed_total', 'mychannel');
    expect(await skewed(follower)).toBe(1);
    expect(await skewed(leader)).toBe(0);
  });

  test('does not take blocks that are caught up on for a wrong clock', async () => {
    const { cluster, scrape } = watchedCluster();
    cluster.start();
    const leader = cluster.awaitLeader();
    const late = cluster.nodes.find(({ name }) => name !== leader)!.name;
    cluster.kill(late);
    for (let block = 0; block < 5; block++) cluster.ask(subjects.submit('mychannel'), `${block}`);
    cluster.world.runFor(60_000);
    cluster.start(late);
    cluster.awaitHeight(6);
    const samples = await scrape(late);
    expect(readingOf(samples, 'cairn_ledger_height', 'mychannel')).toBe(6);
    expect(readingOf(samples, 'cairn_ledger_clock_skewed_total', 'mychannel')).toBe(0);
  });

  test('of a channel that failed says that it does not lead', async () => {
    const { cluster, scrape } = watchedCluster();
    cluster.start();
    const leader = cluster.awaitLeader();
    cluster.channelOf(leader).fail({ code: 'INTERNAL', message: 'for this test' });
    const samples = await scrape(leader);
    expect(readingOf(samples, 'cairn_raft_is_leader', 'mychannel')).toBe(0);
    expect(readingOf(samples, 'cairn_raft_leader_id', 'mychannel')).toBe(0);
    expect(readingOf(samples, 'cairn_channel_status', 'mychannel')).toBe(3);
  });
});
