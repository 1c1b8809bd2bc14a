/**
 * A real Prometheus scrapes a real cluster of five: every expression of every dashboard has an answer, the variables offer
 * what there is, and the blog's demonstration, replayed, is followed by what the panels show.
 *
 * Prometheus asks every second here, so that the story takes seconds.
 */
import { join } from 'node:path';
import {
  ask,
  findPrometheus,
  labelValues,
  type RunningPrometheus,
  replayBlog,
  startPrometheus,
} from '@cairn/grafana';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { findFreePorts } from '../support/ports.ts';
import { until } from '../support/until.ts';
import { dashboards, panelsOf, rules } from './dashboard-files.ts';

const program = findPrometheus(process.env);

let cluster: TestCluster;
let prometheus: RunningPrometheus;
let work: { stop(): Promise<void> };

/** As Grafana fills in its variables: everything is chosen, the last seconds are looked at. */
function filledIn(expression: string): string {
  return expression
    .replaceAll('$job', 'cairn')
    .replaceAll('$channel', '.*')
    .replaceAll('$instance', '.*')
    .replaceAll('$__rate_interval', '5s')
    .replaceAll('$__range', '15s');
}

const query = (expression: string) => ask(prometheus.url, filledIn(expression));

/** Alerts that wait when one of five is down. */
const ofOneDown = ['CairnMembersDown', 'CairnOrdererDown'];

/** Transactions on both channels, and now and then one that is refused. */
async function keepWorking() {
  const channels = await Promise.all(
    cluster.channels.map(async (name) => {
      const client = await cluster.sdk();
      return client.channel(name, { genesis: cluster.genesis(name) });
    }),
  );
  let isStopped = false;
  const turn = async (): Promise<void> => {
    for (const channel of channels) {
      await channel.submit('watched', { timeoutMs: 20_000 });
      await channel.submit('refused', { id: 'config-1' }).catch(() => {});
    }
  };
  const working = (async () => {
    while (!isStopped) {
      await turn();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await working;
    },
  };
}

beforeAll(async () => {
  if (program === null) return;
  const channels = { mychannel: 'channel: mychannel\n', audit: 'channel: audit\n' };
  cluster = await startCluster({ orderers: 5, channels });
  prometheus = await startPrometheus({
    program,
    directory: join(cluster.directory, 'prometheus'),
    port: (await findFreePorts()).nats,
    intervalSeconds: 1,
    orderers: cluster.names.map((name) => cluster.place(name)),
  });
  work = await keepWorking();
}, 90_000);

afterAll(async () => {
  await work?.stop();
  await prometheus?.stop();
  await cluster?.close();
});

describe.skipIf(program === null).sequential('Prometheus beside a cluster', () => {
  test('finds all orderers by name', async () => {
    const up = await until('all are up', async () => {
      const samples = await query('up{job="$job"} == 1');
      return samples.length === 5 && samples;
    });
    expect(up.map(({ labels }) => labels.instance).sort()).toEqual(cluster.names);
  });

  const expressions = dashboards.flatMap((dashboard) =>
    panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => [`${dashboard.title}: ${title}`, expr] as const),
    ),
  );

  /** While all is well there is no alert to show; the test below asks when there is. */
  const isOfTrouble = (expression: string): boolean => /^ALERTS/.test(expression);

  test.each(expressions.filter(([, expression]) => !isOfTrouble(expression)))(
    'has data for %s',
    async (_title, expression) => {
      await until(`numbers for ${filledIn(expression)}`, async () => {
        const samples = await query(expression);
        return samples.length > 0 && samples.every(({ value }) => !Number.isNaN(value));
      });
    },
  );

  test('offers what can be chosen', async () => {
    const offered = new Map<string, string[]>();
    for (const { name, definition } of dashboards.flatMap(({ templating }) => templating.list)) {
      const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? [];
      if (selector === undefined || label === undefined) continue;
      offered.set(name, await labelValues(prometheus.url, filledIn(selector), label));
    }
    expect(Object.fromEntries(offered)).toEqual({
      job: ['cairn'],
      channel: ['audit', 'mychannel'],
      instance: cluster.names,
    });
  });

  test('knows when the leaders began to lead, for the annotations', async () => {
    const channel = dashboards.find(({ uid }) => uid === 'cairn-channel');
    const changes = await query(channel?.annotations.list?.[0]?.expr ?? '');
    expect(changes.map(({ labels }) => labels.channel).sort()).toEqual(['audit', 'mychannel']);
    for (const { labels, value } of changes) {
      expect(labels.instance).toBe(await cluster.leader(labels.channel));
      expect(Math.abs(Date.now() - value)).toBeLessThan(120_000);
    }
  });

  test("gives every one of Fabric's names", async () => {
    const names = rules.flatMap(({ record }) => record ?? []);
    for (const name of names) await until(name, async () => (await query(name)).length > 0);
  });

  test('has all that the rules ask for', async () => {
    const names = new Set(await labelValues(prometheus.url, '{job="cairn"}', '__name__'));
    const asked = rules.flatMap(({ expr }) => expr.match(/\b(cairn|nodejs|process)_\w+/g) ?? []);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });

  test('follows the story of the blog: stop the leader, start it', {
    timeout: 120_000,
  }, async () => {
    const steps: string[] = [];
    const seen: string[] = [];
    const channel = (await cluster.sdk()).channel('mychannel', { genesis: cluster.genesis() });
    let troubles: string[] = [];
    await work.stop();
    await replayBlog({
      channel: 'mychannel',
      orderers: cluster.names.map((name) => cluster.place(name)),
      ask: (expression) => ask(prometheus.url, expression),
      stop: (name) => cluster.stop(name),
      kill: (name) => cluster.kill(name),
      start: async (name) => {
        troubles = await troublesSeen();
        await cluster.start(name);
      },
      submit: () => channel.submit('told').then(({ block }) => block),
      step: (title) => void steps.push(title.replace(/\borderer\d\b|, term \d+/g, '').trim()),
      saw: (where, what) => void seen.push(where === 'query' ? what : what.replace(/\d+/g, '#')),
    });
    const submit = "npx cairn submit -c mychannel 'watched'";
    expect(steps).toEqual([
      ...['leads mychannel', submit],
      ...['npx cairn stop', submit, 'npx cairn start', submit],
      ...['npx cairn kill', submit, 'npx cairn start', submit],
    ]);
    const timesSeen = (part: string): number => seen.filter((what) => what.includes(part)).length;
    // Five at the beginning, four while one is away and it when it is back, five again: twice.
    expect(timesSeen('Writing block [#] (Raft index: #) to ledger')).toBe(25);
    expect(timesSeen('Created block [#], there are # blocks in flight')).toBe(5);
    expect(timesSeen('became leader at term #')).toBe(3);
    expect(timesSeen('Start accepting requests as Raft leader at block [#]')).toBe(3);
    expect(timesSeen('consensus_etcdraft_is_leader>0  →  orderer')).toBe(5);
    expect(timesSeen('count(consensus_etcdraft_is_leader{channel="mychannel"})  →  4')).toBe(2);
    expect(timesSeen('count(consensus_etcdraft_is_leader{channel="mychannel"})  →  5')).toBe(3);
    expect(timesSeen('lease is not expired (remaining ticks: #)')).toBeGreaterThan(0);
    expect(troubles).toEqual(expect.arrayContaining(ofOneDown));
    // For the moment of the election.
    expect([...ofOneDown, 'CairnNoLeader']).toEqual(expect.arrayContaining(troubles));
  });

  /** What the overview's table of alerts shows while one member is down. */
  async function troublesSeen(): Promise<string[]> {
    const [, alerts] = expressions.find(([, expression]) => isOfTrouble(expression)) ?? ['', ''];
    const names = await until('the alerts are pending', async () => {
      const samples = await query(alerts);
      const found = new Set(samples.map(({ labels }) => labels.alertname ?? ''));
      return ofOneDown.every((name) => found.has(name)) && found;
    });
    return [...names].sort();
  }
});
