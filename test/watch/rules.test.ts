/** The recording and alert rules: that Prometheus reads them, and that each does what it says, told by its own tool. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkout } from '../docs/checkout.ts';
import { prometheusFolder, ruleFiles, rules } from './dashboard-files.ts';
import { hasPromtool, promtool } from './promtool.ts';

const testsFolder = join(prometheusFolder, 'tests');
const testFiles = readdirSync(testsFolder).map((name) => join('tests', name));

interface RuleTest {
  readonly name: string;
  readonly alert_rule_test?: readonly { alertname: string; exp_alerts?: readonly object[] }[];
  readonly promql_expr_test?: readonly { expr: string }[];
}

const ruleTests: readonly RuleTest[] = testFiles.flatMap(
  (name) => parse(readFileSync(join(prometheusFolder, name), 'utf8')).tests,
);

const alerts = rules.flatMap(({ alert }) => alert ?? []);

describe.skipIf(!hasPromtool)('promtool', () => {
  test('reads the configuration and the rules', () => {
    for (const words of [
      ['check', 'config', 'prometheus.yml'],
      ['check', 'rules', ...ruleFiles],
    ]) {
      const { isContent, text } = promtool(words, prometheusFolder);
      expect(isContent, text).toBe(true);
    }
  });

  test('finds that every rule does what its test says', () => {
    const { isContent, text } = promtool(['test', 'rules', ...testFiles], prometheusFolder);
    expect(isContent, text).toBe(true);
  });
});

describe('every rule has a test', () => {
  const alertTests = ruleTests.flatMap(({ alert_rule_test = [] }) => alert_rule_test);

  test.each(alerts)('%s fires in one, and is silent while all is well', (alert) => {
    const own = alertTests.filter(({ alertname }) => alertname === alert);
    expect(own.some(({ exp_alerts = [] }) => exp_alerts.length > 0)).toBe(true);
    const well = ruleTests.find(({ name }) => name === 'nothing fires while all is well');
    const silent = well?.alert_rule_test?.find(({ alertname }) => alertname === alert);
    expect(silent).toBeDefined();
    expect(silent?.exp_alerts ?? []).toEqual([]);
  });

  test('also those that give names', () => {
    const asked = new Set(
      ruleTests.flatMap(({ promql_expr_test = [] }) => promql_expr_test.map(({ expr }) => expr)),
    );
    const names = rules.flatMap(({ record }) => record ?? []);
    expect(names.filter((name) => !asked.has(name))).toEqual([]);
  });
});

const runbooks = join(checkout, 'docs', 'runbooks');

test('every alert has a runbook, and every runbook an alert', () => {
  const pages = readdirSync(runbooks).map((name) => name.replace('.md', ''));
  expect(pages.filter((name) => name !== 'README').sort()).toEqual(alerts.toSorted());
  const list = readFileSync(join(runbooks, 'README.md'), 'utf8');
  for (const { alert, labels, for: after = 'at once' } of rules) {
    if (alert === undefined) continue;
    expect(list).toContain(`| [${alert}](${alert}.md) | ${labels?.severity} | ${after} |`);
    const page = readFileSync(join(runbooks, `${alert}.md`), 'utf8');
    expect(page).toContain(`# ${alert}\n\nSeverity: ${labels?.severity}.`);
    for (const part of ['What it means', 'Look', 'Do']) expect(page).toContain(`\n## ${part}\n`);
  }
});

test('every alert says how grave it is, what happened and to whom', () => {
  for (const { alert, labels, annotations } of rules) {
    if (alert === undefined) continue;
    expect(labels?.severity, alert).toMatch(/^(critical|warning)$/);
    expect(annotations?.summary, alert).toMatch(/\$labels\.(channel|instance|peer)/);
    expect(annotations?.description, alert).toMatch(/.{40,}/);
    expect(annotations?.runbook_url).toBe(`docs/runbooks/${alert}.md`);
  }
});
