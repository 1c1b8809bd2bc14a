/** Panels whose picture is made of rectangles: state timelines and heatmaps. */
import type { FieldDefaults, Panel, PanelData, Place, Series } from './model.ts';
import { colorOf, textOf, withUnit } from './words.ts';

const LABEL_WIDTH = 130;
const AXIS_HEIGHT = 20;

function box(parent: HTMLElement, style: Partial<CSSStyleDeclaration>, text = ''): HTMLElement {
  const element = document.createElement('div');
  Object.assign(element.style, { position: 'absolute', ...style });
  element.textContent = text;
  parent.append(element);
  return element;
}

const px = (pixels: number): string => `${pixels}px`;

/** Times along the bottom, in UTC. */
function drawTimes({ element, width, height, from, to }: Place, left: number): void {
  const count = Math.max(2, Math.floor((width - left) / 130));
  for (let at = 0; at < count; at++) {
    const time = from + ((to - from) * (at + 0.5)) / count;
    const text = new Date(time * 1e3).toISOString().slice(11, 19);
    const x = left + ((width - left) * (at + 0.5)) / count - 26;
    box(element, { left: px(x), top: px(height - AXIS_HEIGHT + 4) }, text).className = 'axis';
  }
}

interface Run {
  readonly value: number;
  readonly first: number;
  /** The step after the last. */
  end: number;
}

/** Neighbouring points of the same value as one. */
function runsOf(values: readonly (number | null)[]): Run[] {
  const runs: Run[] = [];
  for (const [at, value] of values.entries()) {
    const last = runs.at(-1);
    if (value === null) continue;
    if (last?.value === value && last.end === at) last.end = at + 1;
    else runs.push({ value, first: at, end: at + 1 });
  }
  return runs;
}

export function drawTimeline(panel: Panel, { times, series }: PanelData, place: Place): void {
  const { element, width, height } = place;
  const field: FieldDefaults = panel.fieldConfig?.defaults ?? {};
  const rowHeight = (height - AXIS_HEIGHT) / Math.max(1, series.length);
  const stepWidth = (width - LABEL_WIDTH) / Math.max(1, times.length);
  for (const [row, { name, values }] of series.entries()) {
    const top = row * rowHeight;
    const label = { left: '0', top: px(top), width: px(LABEL_WIDTH - 8), height: px(rowHeight) };
    box(element, { ...label, lineHeight: px(rowHeight) }, name).className = 'row-label';
    for (const { value, first, end } of runsOf(values)) {
      const runWidth = (end - first) * stepWidth;
      const text = textOf(value, field);
      const style = {
        left: px(LABEL_WIDTH + first * stepWidth),
        top: px(top + rowHeight * 0.08),
        width: px(runWidth),
        height: px(rowHeight * 0.84),
        lineHeight: px(rowHeight * 0.84),
        background: colorOf(value, field),
      };
      box(element, style, text.length * 7.5 < runWidth ? text : '').className = 'state';
    }
  }
  drawTimes(place, LABEL_WIDTH);
}

/** Counts per bucket from the cumulative ones that Prometheus gives, in the order of their bounds. */
function bucketsOf(series: readonly Series[]): { bound: number; counts: readonly number[] }[] {
  const bound = ({ labels }: Series): number =>
    Number((labels.le ?? '').replace('Inf', 'Infinity'));
  const sorted = series.toSorted((a, b) => bound(a) - bound(b));
  return sorted.map((one, at) => ({
    bound: bound(one),
    counts: one.values.map((value, i) => (value ?? 0) - (sorted[at - 1]?.values[i] ?? 0)),
  }));
}

export function drawHeatmap(panel: Panel, { times, series }: PanelData, place: Place): void {
  const { element, width, height } = place;
  const left = 64;
  const buckets = bucketsOf(series);
  const most = Math.max(...buckets.flatMap(({ counts }) => counts), Number.MIN_VALUE);
  const rowHeight = (height - AXIS_HEIGHT) / Math.max(1, buckets.length);
  const stepWidth = (width - left) / Math.max(1, times.length);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height: height - AXIS_HEIGHT });
  element.append(canvas);
  const context = canvas.getContext('2d');
  for (const [row, { bound, counts }] of buckets.entries()) {
    const y = height - AXIS_HEIGHT - (row + 1) * rowHeight;
    const text = Number.isFinite(bound)
      ? withUnit(bound, panel.fieldConfig?.defaults.unit)
      : '+Inf';
    if (row % 2 === 0 || rowHeight > 14) {
      box(
        element,
        { left: '0', top: px(y + rowHeight / 2 - 8), width: px(left - 6) },
        text,
      ).className = 'axis right';
    }
    for (const [at, count] of counts.entries()) {
      if (context === null || count <= most / 1e6) continue;
      context.fillStyle = `rgba(255, 120, 10, ${(count / most) ** 0.5})`;
      context.fillRect(left + at * stepWidth, y, Math.ceil(stepWidth), rowHeight - 1);
    }
  }
  drawTimes(place, left);
}
