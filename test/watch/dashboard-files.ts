/**
 * The committed dashboards and rules as tests look at them: panels, expressions, and the metrics an expression names.
 *
 * Only as much of Grafana's model as the tests ask for; the files are read as they were committed, not made anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkout } from '../docs/checkout.ts';

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly timezone: string;
  readonly graphTooltip: number;
  readonly links: readonly { readonly type: string; readonly tags: readonly string[] }[];
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list?: readonly { readonly expr: string }[] };
}

export const dashboardsFolder = join(checkout, 'grafana', 'dashboards');
export const prometheusFolder = join(checkout, 'deploy', 'prometheus');

export const dashboards: readonly Dashboard[] = readdirSync(dashboardsFolder)
  .sort()
  .map((name) => JSON.parse(readFileSync(join(dashboardsFolder, name), 'utf8')) as Dashboard);

/** Without the headings of sections. */
export const panelsOf = ({ panels }: Dashboard): readonly Panel[] =>
  panels.filter(({ type }) => type !== 'row');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const ruleFiles = readdirSync(prometheusFolder).filter((name) =>
  name.endsWith('.rules.yml'),
);

export const rules: readonly Rule[] = ruleFiles.flatMap((name) => {
  const file: { groups: { rules: Rule[] }[] } = parse(
    readFileSync(join(prometheusFolder, name), 'utf8'),
  );
  return file.groups.flatMap((group) => group.rules);
});

const wordsOfPromQl =
  /^(sum|count|max|min|avg|group|floor|time|quantile|rate|increase|changes|histogram_quantile|max_over_time|predict_linear|round|vector|label_replace|by|without|on|and|or|unless|le|bool|ignoring|group_left|group_right)$/;

/** The metrics that an expression names: words that are neither PromQL's own, nor labels, nor inside quotes. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]|\boffset \w+/g, '')
    .replace(/\b(by|without|on)\s*\([^)]*\)/g, '');
  const names = bare.match(/[a-zA-Z_:][\w:]*/g) ?? [];
  return [...new Set(names.filter((name) => !wordsOfPromQl.test(name)))];
}
