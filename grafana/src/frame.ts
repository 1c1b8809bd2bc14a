/**
 * What every dashboard has around its panels: a fixed uid, tags, links to the others, the variables, UTC, one crosshair
 * over all panels, and the changes of leader as annotations on each of them.
 */
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { placeSections, type Section } from './layout.ts';
import { datasource } from './panels.ts';
import { ofChannel } from './selectors.ts';

export interface Frame {
  readonly uid: 'cairn-overview' | 'cairn-channel' | 'cairn-orderer';
  readonly title: string;
  readonly description: string;
  readonly variables: readonly ('channel' | 'instance')[];
  readonly sections: readonly Section[];
}

/** Every dashboard of ours carries it: the links between them go by it. */
const TAG = 'cairn';

const all = { text: 'All', value: '$__all', selected: true } as const;

function chosenFrom(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: name, qryType: 1 })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

const cluster = (): QueryVariableBuilder =>
  chosenFrom('job', 'Cluster', 'label_values(cairn_build_info, job)').description(
    'The scrape job: one for each cluster.',
  );

const choices = {
  channel: () =>
    chosenFrom('channel', 'Channel', 'label_values(cairn_raft_term{job="$job"}, channel)'),
  instance: () =>
    chosenFrom('instance', 'Orderer', 'label_values(cairn_build_info{job="$job"}, instance)'),
} as const;

/** The moment at which whoever leads became leader; told by the leader, drawn where it happened. */
const leaderSince = `max by (channel, instance) (${ofChannel('cairn_raft_leader_since_timestamp_seconds')} * ${ofChannel('cairn_raft_is_leader')} > 0) * 1000`;

function leaderChanges(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Leader changes')
    .datasource(datasource)
    .enable(true)
    .hide(false)
    .iconColor('#E02F44')
    .expr(leaderSince)
    .step('10s')
    .useValueForTime(true)
    .titleFormat('{{instance}} leads {{channel}}')
    .textFormat('')
    .tagKeys('channel,instance');
}

export function dashboardOf(frame: Frame): Dashboard {
  const builder = new DashboardBuilder(frame.title)
    .uid(frame.uid)
    .description(frame.description)
    .tags([TAG])
    .timezone('utc')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-15m', to: 'now' })
    .refresh('5s')
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    )
    .withVariable(cluster())
    .link(
      new DashboardLinkBuilder('Cairn')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    );
  for (const name of frame.variables) {
    builder.withVariable(choices[name]().multi(true).includeAll(true).current(all));
  }
  if (frame.variables.includes('channel')) builder.annotation(leaderChanges());
  placeSections(builder, frame.sections);
  return builder.build();
}
