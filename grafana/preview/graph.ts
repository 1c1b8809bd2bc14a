/** Lines over time, with uPlot; changes of leader as lines from top to bottom. */
import uPlot from 'uplot';
import type { Panel, PanelData, Place, Series } from './model.ts';
import { withUnit } from './words.ts';

/** As Grafana gives them out. */
const palette = [
  ...['#73BF69', '#F2CC0C', '#8AB8FF', '#FF780A', '#F2495C', '#5794F2', '#B877D9', '#705DA0'],
  ...['#37872D', '#FADE2A', '#447EBC', '#C15C17', '#890F02', '#0A437C', '#6D1F62', '#584477'],
];

const colorAt = (at: number): string => palette[at % palette.length] ?? '#ccccdc';

const axis = { stroke: '#9a9ba3', grid: { stroke: '#2c2e33', width: 1 }, ticks: { show: false } };

export interface Mark {
  readonly time: number;
  readonly color: string;
}

const timeOf = (seconds: number): string => new Date(seconds * 1e3).toISOString().slice(11, 19);

const powers = (base: number, from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => base ** (from + at));

/** Steps between the ticks of an axis that look round in its unit. */
function incrementsOf(unit: string | undefined, decimals: number | undefined): number[] {
  if (unit === 'bytes') return powers(2, 0, 50);
  const from = decimals === 0 ? 0 : -9;
  return powers(10, from, 15).flatMap((power) => [power, 2 * power, 5 * power]);
}

/** Vertical lines where something happened. */
function drawMarks(marks: readonly Mark[]) {
  return (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.setLineDash([4, 4]);
    for (const { time, color } of marks) {
      const x = plot.valToPos(time, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = color;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
}

function seriesOptions({ fieldConfig }: Panel, series: readonly Series[]): uPlot.Series[] {
  const isStepped = fieldConfig?.defaults.custom?.lineInterpolation === 'stepAfter';
  const paths = isStepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return series.map((_, at) => ({
    stroke: colorAt(at),
    width: isStepped ? 2 : 1,
    points: { show: false },
    ...(paths && { paths }),
  }));
}

export function drawGraph(
  panel: Panel,
  data: PanelData,
  place: Place,
  marks: readonly Mark[],
): void {
  const { element, width, from, to } = place;
  const { unit, decimals, custom } = panel.fieldConfig?.defaults ?? {};
  const names = legendOf(data.series);
  const legendHeight = 20 * Math.min(3, Math.ceil(textWidth(data.series) / width));
  const shown = document.createElement('div');
  element.append(shown, names);
  names.style.height = `${legendHeight}px`;
  new uPlot(
    {
      width,
      height: place.height - legendHeight,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 28, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), 'Etc/UTC'),
      scales: {
        x: { range: [from, to] },
        y: { range: (_, _min, max) => [0, Math.max(max, custom?.axisSoftMax ?? 0) * 1.05 || 1] },
      },
      axes: [
        { ...axis, space: 90, size: 28, values: (_, ticks) => ticks.map(timeOf) },
        {
          ...axis,
          size: 64,
          incrs: incrementsOf(unit, decimals),
          values: (_, ticks) => ticks.map((tick) => withUnit(tick, unit, decimals)),
        },
      ],
      series: [{}, ...seriesOptions(panel, data.series)],
      hooks: { draw: [drawMarks(marks)] },
    },
    [[...data.times], ...data.series.map(({ values }) => [...values])],
    shown,
  );
}

const PIXELS_PER_CHARACTER = 6.6;
const PIXELS_PER_NAME = 30;

/** About. */
const textWidth = (series: readonly Series[]): number =>
  series.reduce((sum, { name }) => sum + name.length * PIXELS_PER_CHARACTER + PIXELS_PER_NAME, 0);

function legendOf(series: readonly Series[]): HTMLElement {
  const legend = document.createElement('div');
  legend.className = 'legend';
  for (const [at, { name }] of series.entries()) {
    const entry = document.createElement('span');
    entry.style.setProperty('--color', colorAt(at));
    entry.textContent = name;
    legend.append(entry);
  }
  return legend;
}
