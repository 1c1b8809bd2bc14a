/** Panels of text: big values, and tables. */
import type { FieldDefaults, Panel, PanelData, Place, Series } from './model.ts';
import { colorOf, textOf } from './words.ts';

function part(parent: HTMLElement, tag: string, className: string, text = ''): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  parent.append(element);
  return element;
}

/** What is said of a series, and what stands small above it. */
function tileWords(panel: Panel, { name, values }: Series): readonly [big: string, small: string] {
  const value = values[0] ?? null;
  const said = value === null ? '' : textOf(value, panel.fieldConfig?.defaults ?? {});
  switch (panel.options?.textMode) {
    case 'name':
      return [name, ''];
    case 'value_and_name':
      return [said, name];
    default:
      return [said, ''];
  }
}

export function drawStat(
  panel: Panel,
  { series }: PanelData,
  { element, width, height }: Place,
): void {
  const field = panel.fieldConfig?.defaults ?? {};
  const tiles = part(element, 'div', 'tiles');
  tiles.style.height = `${height}px`;
  if (series.length === 0) part(tiles, 'div', 'tile', field.noValue ?? 'No data');
  for (const one of series) {
    const [big, small] = tileWords(panel, one);
    const tile = part(tiles, 'div', 'tile');
    if (small !== '') part(tile, 'div', 'small', small);
    const value = part(tile, 'div', 'big', big);
    const room = width / series.length / Math.max(3, big.length);
    value.style.fontSize = `${Math.min(height * 0.5, room * 1.5, 56)}px`;
    value.style.color = colorOf(one.values[0] ?? 0, field);
  }
}

type Row = Map<string, string | number>;

/** One row a series, or a value of the label by which the queries are joined. */
function rowsOf({ transformations = [], targets = [] }: Panel, series: readonly Series[]): Row[] {
  const by = transformations.find(({ id }) => id === 'joinByField')?.options.byField;
  const rows = new Map<string, Row>();
  for (const [at, { refId, labels, values }] of series.entries()) {
    const key = by === undefined ? `${at}` : (labels[by] ?? '');
    const row = rows.get(key) ?? new Map();
    for (const [label, text] of Object.entries(labels)) row.set(label, text);
    row.set(targets.length > 1 ? `Value #${refId}` : 'Value', values[0] ?? Number.NaN);
    rows.set(key, row);
  }
  return [...rows.values()];
}

function fieldOf({ fieldConfig }: Panel, title: string): FieldDefaults {
  const override = fieldConfig?.overrides.find(({ matcher }) => matcher.options === title);
  const properties = Object.fromEntries(
    (override?.properties ?? []).map(({ id, value }) => [id, value]),
  );
  return { unit: fieldConfig?.defaults.unit ?? 'short', ...properties };
}

export function drawTable(panel: Panel, { series }: PanelData, { element }: Place): void {
  const organize = panel.transformations?.find(({ id }) => id === 'organize')?.options;
  const order = Object.keys(organize?.indexByName ?? {});
  const titles: Readonly<Record<string, unknown>> = organize?.renameByName ?? {};
  const rows = rowsOf(panel, series);
  if (rows.length === 0) {
    part(element, 'div', 'tile', panel.fieldConfig?.defaults.noValue ?? 'No data');
    return;
  }
  const shown = order.filter((name) => rows.some((row) => row.has(name)));
  const table = part(element, 'table', '');
  const head = part(table, 'tr', '');
  for (const name of shown) part(head, 'th', '', `${titles[name] ?? name}`);
  for (const row of rows) {
    const line = part(table, 'tr', '');
    for (const name of shown) {
      const value = row.get(name) ?? '';
      const field = fieldOf(panel, `${titles[name] ?? name}`);
      const isNumber = typeof value === 'number' && !Number.isNaN(value);
      const cell = part(line, 'td', '', isNumber ? textOf(value, field) : `${value || ''}`);
      if (isNumber && field.thresholds !== undefined) cell.style.color = colorOf(value, field);
    }
  }
}
