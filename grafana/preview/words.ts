/** Numbers as Grafana writes them: units, decimals, the words and colours that are mapped to values. */
import type { FieldDefaults, MappedText } from './model.ts';

const bytesUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const shortUnits = ['', ' K', ' Mil', ' Bil'];

/** As many digits as distinguish it. */
function digits(value: number, decimals: number | undefined): string {
  if (decimals !== undefined) return value.toFixed(decimals);
  if (Number.isInteger(value)) return `${value}`;
  const size = Math.abs(value);
  return Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)).toString();
}

function scaled(
  value: number,
  base: number,
  units: readonly string[],
  decimals: number | undefined,
): string {
  let at = 0;
  let rest = value;
  while (Math.abs(rest) >= base && at < units.length - 1) {
    rest /= base;
    at += 1;
  }
  return `${digits(rest, decimals)}${units[at]?.startsWith(' ') ? '' : ' '}${units[at]}`.trim();
}

function seconds(value: number, decimals: number | undefined): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 0.001) return `${digits(value * 1e6, decimals ?? 0)} µs`;
  if (size < 1) return `${digits(value * 1e3, decimals)} ms`;
  if (size < 60) return `${digits(value, decimals)} s`;
  if (size < 3600) return `${digits(value / 60, decimals)} min`;
  return size < 86_400
    ? `${digits(value / 3600, decimals)} hours`
    : `${digits(value / 86_400, decimals)} days`;
}

/** The two largest parts of a duration. */
function duration(value: number): string {
  const parts: readonly (readonly [number, string])[] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  const [size, name] = parts.find(([unit]) => value >= unit) ?? [1, 'second'];
  const count = Math.floor(value / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

export function withUnit(value: number, unit = 'short', decimals?: number): string {
  switch (unit) {
    case 's':
      return seconds(value, decimals);
    case 'dtdurations':
      return duration(value);
    case 'bytes':
      return scaled(value, 1024, bytesUnits, decimals);
    case 'Bps':
      return `${scaled(value, 1000, ['B', 'kB', 'MB', 'GB'], decimals)}/s`;
    case 'percentunit':
      return `${digits(value * 100, decimals)}%`;
    case 'cps':
      return `${scaled(value, 1000, shortUnits, decimals)} c/s`;
    case 'none':
      return digits(value, decimals);
    case 'short':
      return scaled(value, 1000, shortUnits, decimals);
    default:
      throw new Error(`The previewer does not know the unit ${unit}.`);
  }
}

export function mappedText(value: number, { mappings = [] }: FieldDefaults): MappedText | null {
  for (const { type, options } of mappings) {
    if (type === 'value') {
      const found = options[`${value}`];
      if (found !== undefined) return found as MappedText;
    } else {
      const { from, to, result } = options as {
        from: number | null;
        to: number | null;
        result: MappedText;
      };
      if (value >= (from ?? -Infinity) && value <= (to ?? Infinity)) return result;
    }
  }
  return null;
}

export function textOf(value: number, field: FieldDefaults): string {
  return mappedText(value, field)?.text ?? withUnit(value, field.unit, field.decimals);
}

export function colorOf(value: number, field: FieldDefaults): string {
  const mapped = mappedText(value, field)?.color;
  if (mapped !== undefined) return mapped;
  const steps = field.thresholds?.steps ?? [];
  return steps.findLast((step) => step.value === null || value >= step.value)?.color ?? '#ccccdc';
}
