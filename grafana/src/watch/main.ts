/**
 * `npm run watch`: Prometheus beside the local cluster, until Ctrl-C. With `--replay` the blog's demonstration, on the
 * Prometheus that runs already or on one of its own, and then the end.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ExitCode, exitCodes, WatchError } from './errors.ts';
import { type LocalCluster, readLocalCluster, silentOrderers } from './local-cluster.ts';
import { ensurePrometheus, prometheusMissing } from './programs.ts';
import { type RunningPrometheus, startPrometheus } from './prometheus.ts';
import { replay } from './replay.ts';
import { freePort, runningPrometheus } from './running.ts';

const INTERVAL_SECONDS = 2;
const PORT_MAX = 65_535;

const help = `npm run watch [-- options]

Prometheus beside the cluster that "npm start" or "cairn up" runs: dashboards' data, recording rules and alerts.

  --dir <path>      the cluster's directory (CAIRN_DIR, ./.cairn)
  --port <number>   where Prometheus listens, on 127.0.0.1 (9090; 0 is any free port)
  --replay          stop and kill the leader, start it again, and hold every log line and query to what it should be; on
                    the Prometheus of "npm run watch" where one runs, otherwise on one of its own; ends by itself
  --channel <name>  the channel of --replay (mychannel)
  --help            this

Exit codes: 0 done, or Prometheus runs already, 1 something was not as it should be, 2 usage, 3 no such channel, 4 no
cluster, no Prometheus or no port, 130 interrupted.
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Options {
  readonly dir: string;
  readonly port: number;
  readonly channel: string;
  readonly isReplay: boolean;
  readonly isHelp: boolean;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        dir: { type: 'string', default: process.env.CAIRN_DIR || '.cairn' },
        port: { type: 'string', default: '9090' },
        channel: { type: 'string', default: 'mychannel' },
        replay: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { dir, port, channel, replay: isReplay, help: isHelp } = values;
    return { dir: resolve(dir), port: portOf(port), channel, isReplay, isHelp };
  } catch (error) {
    throw new WatchError(
      exitCodes.usage,
      `${messageOf(error)} "npm run watch -- --help" has all options.`,
    );
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= PORT_MAX) return port;
  throw new Error(`--port takes a number from 0 to ${PORT_MAX}, not "${text}".`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);

async function requireSomebodyUp(cluster: LocalCluster): Promise<void> {
  const silent = await silentOrderers(cluster);
  if (silent.length < cluster.orderers.length) return;
  const sentence = `The cluster in ${cluster.directory} does not run; "npm start" starts it.`;
  throw new WatchError(exitCodes.unavailable, sentence);
}

async function start(cluster: LocalCluster, directory: string, wanted: number) {
  const program = ensurePrometheus(process.env, say);
  if (program === null) throw new WatchError(exitCodes.unavailable, prometheusMissing(process.env));
  const port = await freePort(wanted);
  if (port === null) {
    const sentence = `Port ${wanted} is taken by another program; --port names another, for example "npm run watch -- --port 9190".`;
    throw new WatchError(exitCodes.unavailable, sentence);
  }
  const { orderers } = cluster;
  return await startPrometheus({
    ...{ program, directory, port, orderers },
    intervalSeconds: INTERVAL_SECONDS,
  }).catch((error) => {
    throw new WatchError(exitCodes.unavailable, messageOf(error));
  });
}

/** Until Ctrl-C. Throws if Prometheus ends by itself. */
async function stay({ url, ended, log }: RunningPrometheus, signal: AbortSignal): Promise<void> {
  say(`Try  ${url}/graph?g0.expr=consensus_etcdraft_is_leader%3E0`);
  say(
    'and in another terminal "npx cairn stop NAME" of the leader, or all of it: npm run watch -- --replay',
  );
  say('Ctrl-C ends it.');
  const interrupted = new Promise((done) => signal.addEventListener('abort', done));
  await Promise.race([interrupted, ended]);
  if (signal.aborted) return;
  throw new WatchError(exitCodes.failed, `Prometheus has ended by itself; its log is ${log}.`);
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}

async function watch({ dir, port, channel, isReplay }: Options): Promise<void> {
  const cluster = readLocalCluster(dir);
  await requireSomebodyUp(cluster);
  const directory = join(dir, 'prometheus');
  const running = await runningPrometheus(directory);
  const signal = interruption();
  const replayOn = (prometheus: string) =>
    replay({ cluster, channel, prometheus, signal, print: say });
  if (running !== null && isReplay) return await replayOn(running);
  if (running !== null) {
    return say(
      `Prometheus of ${dir} runs already: ${running}. Ctrl-C where it was started ends it.`,
    );
  }
  const prometheus = await start(cluster, directory, port);
  say(`Prometheus of ${dir}: ${prometheus.url}  (scrapes and rules every ${INTERVAL_SECONDS} s)`);
  try {
    await (isReplay ? replayOn(prometheus.url) : stay(prometheus, signal));
  } finally {
    await prometheus.stop();
  }
}

async function main(): Promise<ExitCode> {
  const options = readOptions();
  if (options.isHelp) say(help);
  else await watch(options);
  return exitCodes.done;
}

const BUG_EXIT_CODE = 70;

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error) => {
    const isKnown = error instanceof WatchError;
    process.stderr.write(`${isKnown ? error.message : (error as Error).stack}\n`);
    process.exitCode = isKnown ? error.exitCode : BUG_EXIT_CODE;
  },
);
