/**
 * The rules of deploy/prometheus in the form that the Prometheus operator takes: one resource with all groups.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { checkout } from './checkout.ts';

const folder = join(checkout, 'deploy', 'prometheus');

function groupsIn(file: string): unknown[] {
  const { groups } = parse(readFileSync(join(folder, file), 'utf8')) as { groups: unknown[] };
  return groups;
}

export function rulesManifest(): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.rules.yml'));
  const manifest = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'cairn', labels: { 'app.kubernetes.io/name': 'orderer' } },
    spec: { groups: files.sort().flatMap(groupsIn) },
  };
  const heading = `# Made from ${files.map((file) => `deploy/prometheus/${file}`).join(' and ')} by "npm run docs".\n`;
  return heading + stringify(manifest, { lineWidth: 0 });
}
