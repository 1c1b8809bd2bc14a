/**
 * A Prometheus beside a local cluster: the configuration and rules of `deploy/prometheus`, with the cluster's orderers as
 * targets and the interval that is wanted.
 *
 * Invariants: loopback only; it cannot outlive the process that started it, because a small shell stands between and ends
 * it when its standard input closes, which happens however that process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dataOf, forgetRunning, rememberRunning } from './running.ts';

/** As in `cluster.json`. */
export interface WatchedOrderer {
  readonly name: string;
  /** URL of its operations listener. */
  readonly operations: string;
}

export interface PrometheusOptions {
  readonly program: string;
  /** Configuration, data and log; made if missing. */
  readonly directory: string;
  readonly port: number;
  /** Between scrapes, and between evaluations of the rules. */
  readonly intervalSeconds: number;
  readonly orderers: readonly WatchedOrderer[];
}

export interface RunningPrometheus {
  readonly url: string;
  /** What it says goes into this file. */
  readonly log: string;
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

const deployFolder = fileURLToPath(new URL('../../../deploy/prometheus', import.meta.url));
const READY_TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 50;
const ANSWER_TIMEOUT_MS = 1_000;

/** SIGTERM when the input ends, and SIGKILL half a second later: what it has not written is in its log. */
const guardScript = `
  output="$1"; shift
  exec 3<&0
  "$@" >"$output" 2>&1 </dev/null 3<&- &
  child=$!
  ( cat <&3 >/dev/null; kill -TERM "$child" 2>/dev/null; sleep 0.5; kill -KILL "$child" 2>/dev/null ) &
  watcher=$!
  exec 3<&-
  wait "$child"
  code=$?
  kill -KILL "$watcher" 2>/dev/null
  exit "$code"
`;

/** Throws, with what Prometheus said, if it does not become ready. On a port that is free. */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  const { program, directory, port } = options;
  prepare(options);
  const log = join(directory, 'prometheus.log');
  const command = [
    program,
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${dataOf(directory)}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--storage.tsdb.retention.time=1d',
    '--log.level=warn',
  ];
  const guard = spawn('/bin/sh', ['-c', guardScript, 'guard', log, ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.stdin?.on('error', () => {});
  const ended = once(guard, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    guard.stdin?.end();
    await ended;
    forgetRunning(directory);
  };
  if (await isReady(url, guard)) {
    rememberRunning(directory, url);
    return { url, log, ended, stop };
  }
  await stop();
  throw new Error(`Prometheus did not start: ${reasonIn(readFileSync(log, 'utf8'))} (${log})`);
}

/** The last error that it logged, in its own words; `err="..."` in a line of key=value. */
function reasonIn(log: string): string {
  const reasons = [...log.matchAll(/\berr(?:or)?=(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)];
  const [, quoted, bare] = reasons.at(-1) ?? [];
  return (
    quoted ??
    bare ??
    (log.trim().split('\n').at(-1) || 'it was not ready in time, and said nothing')
  );
}

function prepare({ directory, intervalSeconds, orderers }: PrometheusOptions): void {
  mkdirSync(join(directory, 'targets'), { recursive: true });
  const configuration = readFileSync(join(deployFolder, 'prometheus.yml'), 'utf8')
    .replace(/^( *(?:scrape|evaluation)_interval:) .*$/gm, `$1 ${intervalSeconds}s`)
    .replace(/^( *scrape_timeout:) .*$/m, `$1 ${intervalSeconds}s`);
  writeFileSync(join(directory, 'prometheus.yml'), configuration);
  for (const name of readdirSync(deployFolder).filter((file) => file.endsWith('.rules.yml'))) {
    copyFileSync(join(deployFolder, name), join(directory, name));
  }
  const targets = orderers.map(({ name, operations }) => ({
    targets: [new URL(operations).host],
    labels: { instance: name },
  }));
  writeFileSync(join(directory, 'targets', 'cairn.json'), `${JSON.stringify(targets, null, 2)}\n`);
}

async function isReady(url: string, guard: ChildProcess): Promise<boolean> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (guard.exitCode === null && performance.now() < deadlineMs) {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const response = await fetch(`${url}/-/ready`, { signal }).catch(() => null);
    // Somebody else's Prometheus on the port answers too: ours has ended then.
    if (response?.ok) {
      await sleep(LOOK_AGAIN_MS);
      return guard.exitCode === null;
    }
    await sleep(LOOK_AGAIN_MS);
  }
  return false;
}
