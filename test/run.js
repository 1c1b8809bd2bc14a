/**
 * What `npm test` runs: prepares the machine, builds, runs every test, and says plainly what was skipped and why.
 *
 *   npm test                         everything
 *   npm test -- packages/raft        what matches, as vitest does
 *
 * Plain JavaScript, because nothing is built before it. The last line is always `N passed, N failed`; a test file that
 * cannot even be loaded counts as one failure.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const startMs = performance.now();

const say = (line) => process.stdout.write(`${line}\n`);

function finish(passed, failed, exitCode) {
  say(`\n${passed} passed, ${failed} failed`);
  process.exit(exitCode);
}

function step(name, command, parameters) {
  say(`\n── ${name}`);
  const done = spawnSync(command, parameters, { cwd: checkout, stdio: 'inherit' });
  if (done.status === 0) return;
  say(`${name} failed.`);
  finish(0, 1, 1);
}

/** Tools that single tests need: installed where that needs no asking, otherwise their tests are skipped, loudly. */
function checkTool(name, purpose, packageName = name) {
  const isThere = () => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
  const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  if (!isThere() && canInstall) {
    say(`Installing ${name}`);
    const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    const parameters = ['install', '-y', '-q', '--no-install-recommends', packageName];
    const install = () => spawnSync('apt-get', parameters, options).status === 0;
    if (!install()) spawnSync('apt-get', ['update', '-q'], options) && install();
  }
  if (isThere()) return null;
  return `no ${name} on this machine: ${purpose}`;
}

/** Debian's kubectl is too old to judge our own writing of kustomize, so it is not installed. */
function checkKubectl() {
  const { status, stdout } = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
  if (status === 0 && /^Kustomize Version: v[5-9]/m.test(stdout)) return null;
  return 'no kubectl with kustomize 5 on this machine: what the tests make of the overlays is not compared with it';
}

async function prepareNats() {
  const { ensureNatsServer } = await import('@cairn/cli');
  try {
    return ensureNatsServer(process.env, say);
  } catch (error) {
    say(error.message);
    finish(0, 1, 4);
  }
}

async function checkPrometheus() {
  const { ensurePrometheus } = await import('@cairn/grafana');
  if (ensurePrometheus(process.env, say) !== null) return null;
  return 'no prometheus on this machine: the tests that ask a real one, and promtool, cannot run';
}

function runVitest(natsServer, report) {
  const vitest = join(checkout, 'node_modules', 'vitest', 'vitest.mjs');
  const parameters = [
    ...[vitest, 'run', '--config', join('test', 'vitest.config.ts')],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...process.argv.slice(2),
  ];
  const path = `${process.env.PATH}${delimiter}/usr/sbin`;
  const env = { ...process.env, PATH: path, NATS_SERVER_BIN: natsServer };
  // The channel tells vitest when this process has ended, however it did (vitest.config.ts).
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(process.execPath, parameters, { cwd: checkout, stdio, env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Files that failed as a whole: not one of their tests ran. */
function brokenFiles({ testResults }) {
  return testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
}

function saySkipped({ testResults }, missingTools) {
  const skipped = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(
      ({ status }) => status === 'pending' || status === 'skipped' || status === 'todo',
    ),
  );
  if (skipped.length === 0 && missingTools.length === 0) return;
  say(`\n${skipped.length} SKIPPED:`);
  for (const sentence of missingTools) say(`  ${sentence}`);
  for (const { fullName } of skipped) say(`  ${fullName}`);
}

/** Who kills npm alone, by SIGKILL or a time limit, means the tests. */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  setInterval(() => process.ppid === npm || process.kill(process.pid, 'SIGKILL'), 500).unref();
}

endWithNpm();
step('Building', 'npm', ['run', '--silent', 'build']);
say('\n── Set-up');
const natsServer = await prepareNats();
say(`nats-server: ${natsServer}`);
const missingTools = [
  checkTool('strace', 'the tests that watch what reaches the disk cannot run'),
  checkTool('gcc', 'the tests that stand between the process and the disk cannot run'),
  checkTool('docker-compose', 'the compose file is not held against its schema'),
  checkTool('systemd-analyze', 'the systemd unit is not verified', 'systemd'),
  checkKubectl(),
  await checkPrometheus(),
].filter((sentence) => sentence !== null);
for (const sentence of missingTools) say(`SKIPPING: ${sentence}`);

say('\n── Tests');
const folder = mkdtempSync(join(tmpdir(), 'cairn-tests-'));
const exitCode = await runVitest(natsServer, join(folder, 'report.json'));
const report = readReport(join(folder, 'report.json'));
rmSync(folder, { recursive: true, force: true });
if (report === null) finish(0, 1, exitCode === 0 ? 1 : exitCode);
saySkipped(report, missingTools);
const failed = report.numFailedTests + brokenFiles(report).length;
say(`\n${((performance.now() - startMs) / 1000).toFixed(0)} s in all`);
finish(report.numPassedTests, failed, failed > 0 ? 1 : exitCode);
