/**
 * A strict reader of Prometheus' text format: throws at whatever Prometheus would not take.
 */

export interface TextSample {
  readonly name: string;
  /** Of the family: without `_bucket`, `_sum`, `_count` of a histogram. */
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

export function parsePrometheus(text: string): TextSample[] {
  if (!text.endsWith('\n')) throw new Error('the text does not end with a line feed');
  const types = new Map<string, string>();
  const seen = new Set<string>();
  const samples: TextSample[] = [];
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (gauge|counter|histogram|summary)$/.exec(line);
    if (type !== null) types.set(type[1]!, type[2]!);
    if (line === '' || line.startsWith('#')) continue;
    const sample = readSample(line, types);
    const series = line.slice(0, line.lastIndexOf(' '));
    if (seen.has(series)) throw new Error(`${series} is there twice`);
    seen.add(series);
    samples.push(sample);
  }
  return samples;
}

function readSample(line: string, types: ReadonlyMap<string, string>): TextSample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name = '', labelText = '', valueText = ''] = match;
  const family = name.replace(/_(bucket|sum|count)$/, '');
  const metric = types.get(family) === 'histogram' ? family : name;
  if (!types.has(metric)) throw new Error(`${name} has no type`);
  const value = Number(valueText.replace('+Inf', 'Infinity'));
  if (Number.isNaN(value) && valueText !== 'Nan' && valueText !== 'NaN') {
    throw new Error(`no number: ${line}`);
  }
  return { name, metric, labels: readLabels(labelText), value };
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (match === null) throw new Error(`no labels: ${text}`);
    labels[match[1]!] = match[2]!;
  }
  return labels;
}

/** The value of the one series of this channel. */
export function readingOf(samples: readonly TextSample[], name: string, channel: string): number {
  const found = samples.filter((each) => each.name === name && each.labels.channel === channel);
  if (found.length !== 1) throw new Error(`${found.length} series of ${name}`);
  return found[0]!.value;
}
