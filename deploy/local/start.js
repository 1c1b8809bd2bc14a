/**
 * What `npm start` runs: builds, then the tour (`cairn tour`). Plain JavaScript, because nothing is built before it.
 *
 *   npm start                    NATS and five orderers; stays until Ctrl-C
 *   npm start -- --exit          the same, and stops at the end
 *   npm start -- --help          all options
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const startMs = performance.now();
process.stdout.write('Building ... ');
const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: checkout, stdio: 'inherit' });
if (build.status !== 0) {
  process.stdout.write('the build failed; see above.\n');
  process.exit(build.status ?? 1);
}
process.stdout.write(`done in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);

const { main } = await import('../../packages/cli/dist/index.js');
await main(['tour', ...process.argv.slice(2)]);
