/** What a panel shows, asked of Prometheus as Grafana would: variables filled in, one query for each target. */
import type { Panel, PanelData, Series, Target } from './model.ts';

export interface Window {
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
  readonly variables: Readonly<Record<string, string>>;
}

const SCRAPE_INTERVAL_SECONDS = 2;

export function filledIn(expression: string, { from, to, stepSeconds, variables }: Window): string {
  const rate = Math.max(4 * SCRAPE_INTERVAL_SECONDS, stepSeconds + SCRAPE_INTERVAL_SECONDS);
  const all = { ...variables, __rate_interval: `${rate}s`, __range: `${to - from}s` };
  return Object.entries(all).reduce(
    (text, [name, value]) => text.replaceAll(`$${name}`, value),
    expression,
  );
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

export async function resultsOf(
  expression: string,
  window: Window,
  isInstant: boolean,
): Promise<readonly Result[]> {
  const { from, to, stepSeconds } = window;
  const query = filledIn(expression, window);
  const parameters: Record<string, string> = isInstant
    ? { query, time: `${to}` }
    : { query, start: `${from}`, end: `${to}`, step: `${stepSeconds}` };
  const path = isInstant ? 'query' : 'query_range';
  const response = await fetch(`prometheus/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { data, error } = await response.json();
  if (data === undefined) throw new Error(`${query}: ${error}`);
  return data.result;
}

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));

function nameOf({ legendFormat = '' }: Target, labels: Readonly<Record<string, string>>): string {
  return legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? '');
}

function seriesOf(
  target: Target,
  { metric, value, values }: Result,
  times: readonly number[],
): Series {
  const points = new Map((values ?? (value ? [value] : [])).map(([at, text]) => [at, text]));
  return {
    refId: target.refId,
    name: nameOf(target, metric),
    labels: metric,
    values: times.map((time) => {
      const number = numberOf(points.get(time) ?? 'NaN');
      return Number.isNaN(number) ? null : number;
    }),
  };
}

/** Times are those of the first instant, or of every step. */
export async function dataOf({ targets = [] }: Panel, window: Window): Promise<PanelData> {
  const { from, to, stepSeconds } = window;
  const isInstant = targets.some(({ instant }) => instant === true);
  const steps = Math.floor((to - from) / stepSeconds) + 1;
  const times = isInstant
    ? [to]
    : Array.from({ length: steps }, (_, at) => from + at * stepSeconds);
  const series: Series[] = [];
  for (const target of targets) {
    const results = await resultsOf(target.expr, window, isInstant);
    series.push(...results.map((result) => seriesOf(target, result, times)));
  }
  return { times, series };
}
