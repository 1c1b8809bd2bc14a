/**
 * The page: lays out one committed dashboard by its grid and draws its panels from a live Prometheus. Enough to see
 * overlaps, wrong units and empty panels; it is not Grafana and does not want to be.
 *
 * Asked for as `?dashboard=channel&from=UNIX&to=UNIX&job=cairn&channel=.*&instance=.*`. `document.body.dataset.state` is
 * `drawn` when everything stands; a panel without data says so and is counted in `data-empty`.
 */
import { drawHeatmap, drawTimeline } from './bands.ts';
import { dataOf, resultsOf, type Window } from './data.ts';
import { drawGraph, type Mark } from './graph.ts';
import type { Dashboard, Panel, Place } from './model.ts';
import { drawStat, drawTable } from './values.ts';

/** Grafana's grid. */
const ROW_HEIGHT = 30;
const GAP = 8;
const COLUMNS = 24;
const HEADER_HEIGHT = 30;
const PADDING = 8;
/** Points in a graph. */
const STEPS_MAX = 240;

function windowOf(parameters: URLSearchParams): Window {
  const to = Number(parameters.get('to') ?? Math.floor(Date.now() / 1000));
  const from = Number(parameters.get('from') ?? to - 900);
  const variables = Object.fromEntries(
    ['job', 'channel', 'instance'].map((name) => [
      name,
      parameters.get(name) ?? (name === 'job' ? 'cairn' : '.*'),
    ]),
  );
  return { from, to, stepSeconds: Math.max(1, Math.ceil((to - from) / STEPS_MAX)), variables };
}

async function marksOf({ annotations }: Dashboard, window: Window): Promise<Mark[]> {
  const marks = (annotations.list ?? []).map(async ({ expr, iconColor }) => {
    const results = await resultsOf(expr, window, false);
    const times = results.flatMap(({ values = [] }) => values.map(([, at]) => Number(at) / 1000));
    return [...new Set(times)].map((time) => ({ time, color: iconColor }));
  });
  return (await Promise.all(marks)).flat();
}

/** The frame of a panel, where the grid puts it. */
function framed(panel: Panel, grid: HTMLElement, { from, to }: Window): Place {
  const { x, y, w, h } = panel.gridPos;
  const column = (grid.clientWidth + GAP) / COLUMNS;
  const width = w * column - GAP;
  const height = h * (ROW_HEIGHT + GAP) - GAP;
  const frame = document.createElement('section');
  frame.className = panel.type === 'row' ? 'row' : 'panel';
  Object.assign(frame.style, {
    left: `${x * column}px`,
    top: `${y * (ROW_HEIGHT + GAP)}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
  const title = document.createElement('h2');
  title.textContent = panel.title;
  const element = document.createElement('div');
  element.className = 'body';
  frame.append(title, element);
  grid.append(frame);
  const inner = { width: width - 2 * PADDING - 2, height: height - HEADER_HEIGHT - PADDING - 2 };
  return { element, ...inner, from, to };
}

async function draw(
  panel: Panel,
  place: Place,
  window: Window,
  marks: readonly Mark[],
): Promise<void> {
  const data = await dataOf(panel, window);
  const isEmpty = data.series.every(({ values }) => values.every((value) => value === null));
  const { noValue } = panel.fieldConfig?.defaults ?? {};
  if (isEmpty && noValue === undefined) {
    place.element.textContent = 'No data';
    place.element.classList.add('empty');
    return;
  }
  switch (panel.type) {
    case 'timeseries':
      return drawGraph(panel, data, place, marks);
    case 'state-timeline':
      return drawTimeline(panel, data, place);
    case 'heatmap':
      return drawHeatmap(panel, data, place);
    case 'stat':
      return drawStat(panel, data, place);
    case 'table':
      return drawTable(panel, data, place);
    default:
      throw new Error(`The previewer does not know panels of type ${panel.type}.`);
  }
}

async function main(): Promise<void> {
  const parameters = new URLSearchParams(location.search);
  const name = parameters.get('dashboard') ?? 'overview';
  const response = await fetch(`dashboards/${name}.json`);
  const dashboard = (await response.json()) as Dashboard;
  const window = windowOf(parameters);
  const grid = document.querySelector<HTMLElement>('main');
  if (grid === null) return;
  const utc = (seconds: number): string => new Date(seconds * 1e3).toISOString().slice(0, 19);
  document.querySelector('h1')!.textContent = dashboard.title;
  document.querySelector('#window')!.textContent =
    `channel ${window.variables.channel} · ${utc(window.from)} to ${utc(window.to)} UTC`;
  const places = dashboard.panels.map((panel) => [panel, framed(panel, grid, window)] as const);
  const bottom = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  grid.style.height = `${bottom * (ROW_HEIGHT + GAP)}px`;
  const marks = await marksOf(dashboard, window);
  for (const [panel, place] of places) {
    if (panel.type !== 'row') await draw(panel, place, window, marks);
  }
  document.body.dataset.empty = `${document.querySelectorAll('.empty').length}`;
  document.body.dataset.state = 'drawn';
}

main().catch((error) => {
  document.body.dataset.state = `failed: ${error}`;
});
