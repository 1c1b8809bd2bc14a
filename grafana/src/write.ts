/** `npm run dashboards`: writes the dashboards into `grafana/dashboards`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from './index.ts';

for (const [name, text] of dashboardFiles()) {
  writeFileSync(fileURLToPath(new URL(`../dashboards/${name}`, import.meta.url)), text);
  process.stdout.write(`grafana/dashboards/${name}\n`);
}
