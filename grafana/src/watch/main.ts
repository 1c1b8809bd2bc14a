/**
 * `npm run watch`: Prometheus beside the local cluster, until Ctrl-C; with `--replay` the blog's demonstration on it, and
 * then the end.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { ask } from './ask.ts';
import { BlogError, replayBlog } from './blog.ts';
import { ensurePrometheus, HOW_TO_GET_PROMETHEUS } from './programs.ts';
import { type RunningPrometheus, startPrometheus } from './prometheus.ts';

const INTERVAL_SECONDS = 2;

const help = `npm run watch [-- options]

Prometheus beside the cluster that "npm start" or "cairn up" runs: dashboards' data, recording rules and alerts.

  --dir <path>      the cluster's directory (CAIRN_DIR, ./.cairn)
  --port <number>   where Prometheus listens, on 127.0.0.1 (9090)
  --replay          stop and kill the leader, start it again, and hold logs and queries to what they should be; then end
  --channel <name>  the channel of --replay (mychannel)
  --help            this

Exit codes: 0 done, 1 something was not as it should be, 2 usage, 4 no cluster, no Prometheus or no port.
`;

interface ClusterFile {
  readonly orderers: readonly {
    readonly name: string;
    readonly operations: string;
    readonly log: string;
  }[];
}

/** A sentence for the user and the exit code that goes with it. */
class WatchError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function readOptions() {
  try {
    return parseArgs({
      options: {
        dir: { type: 'string', default: process.env.CAIRN_DIR || '.cairn' },
        port: { type: 'string', default: '9090' },
        channel: { type: 'string', default: 'mychannel' },
        replay: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new WatchError(error instanceof Error ? error.message : `${error}`, 2);
  }
}

function readCluster(directory: string): ClusterFile {
  const file = join(directory, 'cluster.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ClusterFile;
  throw new WatchError(`There is no cluster in ${directory}; "npm start" makes and starts one.`, 4);
}

async function start(cluster: ClusterFile, directory: string, port: number) {
  const program = ensurePrometheus(process.env, say);
  if (program === null) throw new WatchError(HOW_TO_GET_PROMETHEUS, 4);
  const options = { program, directory: join(directory, 'prometheus'), port };
  try {
    return await startPrometheus({
      ...options,
      intervalSeconds: INTERVAL_SECONDS,
      orderers: cluster.orderers,
    });
  } catch (error) {
    throw new WatchError(error instanceof Error ? error.message : `${error}`, 4);
  }
}

const cairnProgram = fileURLToPath(new URL('../../../packages/cli/bin/cairn.js', import.meta.url));

async function replay(cluster: ClusterFile, directory: string, channel: string, url: string) {
  const cairn = (...words: string[]) =>
    promisify(execFile)(process.execPath, [cairnProgram, ...words, '--dir', directory]);
  await replayBlog({
    channel,
    orderers: cluster.orderers,
    ask: (expression) => ask(url, expression),
    stop: (orderer) => cairn('stop', orderer),
    kill: (orderer) => cairn('kill', orderer),
    start: (orderer) => cairn('start', orderer),
    submit: () => cairn('submit', '-c', channel, 'watched'),
    say,
  });
  say('Everything was as it should be.');
}

function untilInterrupted(prometheus: RunningPrometheus): Promise<unknown> {
  const interrupted = new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, done);
  });
  return Promise.race([interrupted, prometheus.ended]);
}

async function main(): Promise<void> {
  const { dir, port, channel, replay: isReplay, help: isHelp } = readOptions();
  if (isHelp) return say(help);
  const directory = resolve(dir);
  const cluster = readCluster(directory);
  const prometheus = await start(cluster, directory, Number(port));
  try {
    say(
      `Prometheus: ${prometheus.url}  (every ${INTERVAL_SECONDS} s, rules and alerts of deploy/prometheus)`,
    );
    if (isReplay) return await replay(cluster, directory, channel, prometheus.url);
    say(`Try: ${prometheus.url}/graph?g0.expr=consensus_etcdraft_is_leader%3E0`);
    say('Stop the leader with "npx cairn stop NAME" and ask again. Ctrl-C ends it.');
    await untilInterrupted(prometheus);
  } finally {
    await prometheus.stop();
  }
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode =
    error instanceof WatchError ? error.exitCode : error instanceof BlogError ? 1 : 70;
});
