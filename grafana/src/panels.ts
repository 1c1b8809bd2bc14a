/**
 * The kinds of panels our dashboards use, each with the manners it always has: what it means as its description, a unit, a
 * legend that says who.
 *
 * What a panel shows is said in one object; here it becomes what Grafana reads. Where it stands is counted in `layout.ts`.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The data source that the dashboard's variable names. */
export const datasource = { type: 'prometheus', uid: `\${datasource}` } as const;

/** Expression and legend. */
export type Query = readonly [expression: string, legend: string];

export interface Threshold {
  /** From this value on; null for everything below the first. */
  readonly from: number | null;
  readonly color: string;
}

interface Common {
  readonly title: string;
  /** What it shows and how to read it. */
  readonly description: string;
  /** Of the 24 columns of the grid. */
  readonly width: number;
  /** One of Grafana's unit ids. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly decimals?: number;
  readonly mappings?: ValueMapping[];
}

export interface PlacedPanel {
  readonly width: number;
  build(place: { readonly x: number; readonly y: number; readonly h: number; id: number }): Panel;
}

interface AnyBuilder<T> extends Builder<Panel> {
  id(id: number): T;
  title(title: string): T;
  description(description: string): T;
  datasource(source: typeof datasource): T;
  gridPos(place: { x: number; y: number; w: number; h: number }): T;
  unit(unit: string): T;
  decimals(decimals: number): T;
  mappings(mappings: ValueMapping[]): T;
  withTarget(query: DataqueryBuilder): T;
}

function placed<T extends AnyBuilder<T>>(
  builder: T,
  panel: Common,
  change: (query: DataqueryBuilder) => DataqueryBuilder,
): PlacedPanel {
  const { title, description, width, unit, queries, decimals, mappings } = panel;
  builder.title(title).description(description).datasource(datasource).unit(unit);
  if (decimals !== undefined) builder.decimals(decimals);
  if (mappings !== undefined) builder.mappings(mappings);
  for (const [at, [expression, legend]] of queries.entries()) {
    const query = new DataqueryBuilder().refId(String.fromCharCode(65 + at)).datasource(datasource);
    builder.withTarget(change(query.expr(expression).legendFormat(legend)));
  }
  return {
    width,
    build: ({ x, y, h, id }) => builder.id(id).gridPos({ x, y, w: width, h }).build(),
  };
}

const range = (query: DataqueryBuilder): DataqueryBuilder => query.range();
const instant = (query: DataqueryBuilder): DataqueryBuilder => query.instant();

const thresholds = (steps: readonly Threshold[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ from, color }) => ({ value: from, color })));

const legend = (): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([]);

export interface Graph extends Common {
  /** Values that jump, such as a count of members, are drawn as steps. */
  readonly steps?: boolean;
}

/** Lines over time, from 0. */
export function graph(panel: Graph): PlacedPanel {
  const builder = new GraphBuilder()
    .min(0)
    .lineWidth(panel.steps ? 2 : 1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Never)
    .lineInterpolation(panel.steps ? LineInterpolation.StepAfter : LineInterpolation.Linear)
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  return placed(builder, panel, range);
}

export interface Stat extends Common {
  readonly thresholds: readonly Threshold[];
  /** What is said: the value, the name of the series, or both. */
  readonly says?: 'value' | 'name' | 'both';
  /** What stands there when there is no series. */
  readonly nothing?: string;
}

const textModes = {
  value: BigValueTextMode.Value,
  name: BigValueTextMode.Name,
  both: BigValueTextMode.ValueAndName,
} as const;

/** One big value, of now. */
export function stat(panel: Stat): PlacedPanel {
  const builder = new StatBuilder()
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .textMode(textModes[panel.says ?? 'value'])
    .thresholds(thresholds(panel.thresholds))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''));
  if (panel.nothing !== undefined) builder.noValue(panel.nothing);
  return placed(builder, panel, instant);
}

/** One bar a series whose colour is its value: a change is seen from across the room. */
export function timeline(panel: Common): PlacedPanel {
  const builder = new TimelineBuilder()
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.85)
    .fillOpacity(85)
    .lineWidth(0)
    .legend(legend().showLegend(false))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(thresholds([{ from: null, color: '#6E7783' }]));
  return placed(builder, panel, range);
}

/** How often each size or time occurred, over time; the expression gives the buckets of a histogram by `le`. */
export function heatmap(panel: Common): PlacedPanel {
  const builder = new HeatmapBuilder()
    .calculate(false)
    .cellGap(1)
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .fill('dark-orange')
        .exponent(0.5)
        .steps(64)
        .reverse(false),
    )
    .yAxis(new YAxisConfigBuilder().unit(panel.unit))
    .hideLegend();
  return placed(builder, panel, (query) => query.range().format(PromQueryFormat.Heatmap));
}

export interface Column {
  /** As Grafana names it after the join: a label, or `Value #A`. */
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly thresholds?: readonly Threshold[];
  readonly mappings?: ValueMapping[];
}

export interface Table extends Common {
  /** The label by which the rows of several queries are joined. */
  readonly rowsBy?: string;
  /** In this order; what is not named here is not shown. */
  readonly columns: readonly Column[];
  /** Labels and values that come with the queries and are not shown. */
  readonly hidden: readonly string[];
  readonly nothing?: string;
}

/** The newest values of a query, one row a series; of several queries, one row a value of a label. */
export function table(panel: Table): PlacedPanel {
  const { columns, hidden, rowsBy, nothing } = panel;
  const builder = new TableBuilder().showHeader(true);
  if (rowsBy !== undefined) {
    const options = { byField: rowsBy, mode: 'outer' };
    builder.withTransformation({ id: 'joinByField', options });
  }
  builder.withTransformation({
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(hidden.map((name) => [name, true])),
      indexByName: Object.fromEntries(columns.map(({ field }, at) => [field, at])),
      renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
    },
  });
  if (nothing !== undefined) builder.noValue(nothing);
  for (const column of columns) builder.overrideByName(column.title, propertiesOf(column));
  return placed(builder, panel, (query) => query.instant().format(PromQueryFormat.Table));
}

function propertiesOf(column: Column): DynamicConfigValue[] {
  const { unit, decimals, mappings } = column;
  const properties: DynamicConfigValue[] = [];
  if (unit !== undefined) properties.push({ id: 'unit', value: unit });
  if (decimals !== undefined) properties.push({ id: 'decimals', value: decimals });
  if (mappings !== undefined) properties.push({ id: 'mappings', value: mappings });
  if (column.thresholds !== undefined) {
    const steps = column.thresholds.map(({ from, color }) => ({ value: from, color }));
    properties.push(
      { id: 'thresholds', value: { mode: 'absolute', steps } },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    );
  }
  return properties;
}
