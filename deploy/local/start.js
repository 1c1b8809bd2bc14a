/**
 * What `npm start` runs: builds, then the tour (`cairn tour`). Plain JavaScript, because nothing is built before it.
 *
 *   npm start                    NATS and five orderers; stays until Ctrl-C
 *   npm start -- --exit          the same, and stops at the end
 *   npm start -- --help          all options
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

const startMs = performance.now();
process.stdout.write('Building ... ');
const parameters = [compiler, '-b', join(checkout, 'packages', 'cli')];
const build = spawnSync(process.execPath, parameters, { stdio: 'inherit' });
if (build.status !== 0) {
  process.stderr.write('The build failed; see above.\n');
  process.exit(build.status ?? 1);
}
process.stdout.write(`done in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);

const { main } = await import('../../packages/cli/dist/index.js');
await main(['tour', ...process.argv.slice(2)]);
