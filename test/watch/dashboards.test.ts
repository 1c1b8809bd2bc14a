/** The committed dashboards, held against the code that makes them, the metrics there are, and the manners they need. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardFiles } from '@cairn/grafana';
import { metricNames } from '@cairn/orderer/settings';
import { describe, expect, test } from 'vitest';
import {
  type Dashboard,
  dashboards,
  dashboardsFolder,
  metricsIn,
  type Panel,
  panelsOf,
  rules,
} from './dashboard-files.ts';

const familyOf = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');

const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
const ofPrometheus = new Set(['up', 'ALERTS']);
const ours: readonly string[] = metricNames;
/** Of the process: a real orderer is asked for these in `live.test.ts`. */
const isOfProcess = (name: string): boolean => /^(nodejs|process)_/.test(name);

const expressionsOf = (dashboard: Dashboard): string[] =>
  panelsOf(dashboard).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

test('the dashboards are what the code makes, byte for byte; "npm run dashboards" writes them', () => {
  const files = dashboardFiles();
  expect(readdirSync(dashboardsFolder).sort()).toEqual([...files.keys()].sort());
  for (const [name, text] of files) {
    expect(readFileSync(join(dashboardsFolder, name), 'utf8'), name).toBe(text);
  }
  expect([...dashboardFiles()]).toEqual([...files]);
});

describe('metrics', () => {
  test('are on a dashboard, every one', () => {
    const shown = new Set(dashboards.flatMap(expressionsOf).flatMap(metricsIn).map(familyOf));
    expect(metricNames.filter((name) => !shown.has(name))).toEqual([]);
  });

  test('named on a dashboard or in a rule exist', () => {
    const queries = dashboards.flatMap(({ templating, annotations }) => [
      ...templating.list.flatMap(({ definition = '' }) => definition.match(/\((\w+)/)?.[1] ?? []),
      ...(annotations.list ?? []).map(({ expr }) => expr),
    ]);
    const all = [
      ...dashboards.flatMap(expressionsOf),
      ...queries,
      ...rules.map(({ expr }) => expr),
    ];
    const exists = (name: string) =>
      ours.includes(name) ||
      ours.includes(familyOf(name)) ||
      isOfProcess(name) ||
      recorded.has(name) ||
      ofPrometheus.has(name);
    expect(all.flatMap(metricsIn).filter((name) => !exists(name))).toEqual([]);
  });

  test('are found in an expression whatever stands around them', () => {
    expect(
      metricsIn(
        'sum by (le, job) (rate(a_bucket{code="b c"}[$__rate_interval])) > 0 or b * on (x) c',
      ),
    ).toEqual(['a_bucket', 'b', 'c']);
  });
});

describe.each(dashboards.map((each) => [each.title, each] as const))('%s', (_title, dashboard) => {
  const panels = panelsOf(dashboard);

  test('has a fixed uid, the tag, links by it, UTC and one crosshair', () => {
    expect(dashboard.uid).toMatch(/^cairn-(overview|channel|orderer)$/);
    expect(dashboard.tags).toEqual(['cairn']);
    expect(dashboard.links).toMatchObject([{ type: 'dashboards', tags: ['cairn'] }]);
    expect(dashboard.timezone).toBe('utc');
    expect(dashboard.graphTooltip).toBe(1);
  });

  test('lets its reader choose the data source, the cluster, and what to look at, all at first', () => {
    const [source, cluster, ...chosen] = dashboard.templating.list;
    expect(source).toMatchObject({ name: 'datasource', type: 'datasource' });
    expect(cluster).toMatchObject({ name: 'job', type: 'query' });
    for (const one of chosen) expect(one).toMatchObject({ multi: true, includeAll: true });
    const expected = dashboard.uid === 'cairn-orderer' ? ['instance'] : ['channel'];
    expect(chosen.map(({ name }) => name)).toEqual(expected);
  });

  test('says on every panel what it shows and in which unit, and asks the chosen data source', () => {
    for (const { title, description, datasource, fieldConfig, targets } of panels) {
      expect(description, title).toMatch(/.{20,}/);
      expect(datasource?.uid).toBe(`\${datasource}`);
      expect(fieldConfig?.defaults.unit, title).toMatch(/^\w+$/);
      expect(targets?.length, title).toBeGreaterThan(0);
    }
  });

  test('gives every panel an id and a place of its own', () => {
    const all = dashboard.panels;
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel) =>
      a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    const pairs = all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other] as const));
    expect(pairs.filter(([one, other]) => overlap(one, other))).toEqual([]);
    expect(all.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });
});

test("the blog's three panels are on the overview, on the names they were written for", () => {
  const overview = dashboards.find(({ uid }) => uid === 'cairn-overview')!;
  expect(expressionsOf(overview)).toEqual(
    expect.arrayContaining([
      'consensus_etcdraft_is_leader>0',
      'consensus_etcdraft_cluster_size{channel=~"$channel"}',
      'count by (channel) (consensus_etcdraft_is_leader{channel=~"$channel"})',
    ]),
  );
});

test('leader changes are annotated on every panel of the channel dashboard', () => {
  const channel = dashboards.find(({ uid }) => uid === 'cairn-channel')!;
  expect(channel.annotations.list).toMatchObject([
    { name: 'Leader changes', enable: true, useValueForTime: true },
  ]);
});
