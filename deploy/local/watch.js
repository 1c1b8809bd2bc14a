/**
 * What `npm run watch` runs: builds, then Prometheus beside the cluster that `npm start` runs. Plain JavaScript, because
 * nothing is built before it.
 *
 *   npm run watch                until Ctrl-C, on http://127.0.0.1:9090
 *   npm run watch -- --replay    stops and kills the leader, starts it again, and asserts every log line and query
 *   npm run watch -- --help      all options
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const compiler = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
if (!existsSync(compiler)) {
  process.stderr.write('The dependencies are not installed; run "npm ci" first.\n');
  process.exit(1);
}
const projects = ['packages/cli', 'grafana'].map((path) => join(checkout, path));
const build = spawnSync(process.execPath, [compiler, '-b', ...projects], { stdio: 'inherit' });
if (build.status !== 0) {
  process.stderr.write('The build failed; see above.\n');
  process.exit(build.status ?? 1);
}

await import('../../grafana/dist/watch/main.js');
