/**
 * `npm run watch -- --replay`: the blog's demonstration on the local cluster, with the commands that a person would type.
 *
 * Invariant: however it ends, an orderer that it has stopped is started again.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { ask } from './ask.ts';
import { type BlogStage, replayBlog } from './blog.ts';
import { exitCodes, WatchError } from './errors.ts';
import { type LocalCluster, silentOrderers } from './local-cluster.ts';

/** With fewer, nobody leads while one is stopped. */
const ORDERERS_MIN = 3;

const cairnProgram = fileURLToPath(new URL('../../../packages/cli/bin/cairn.js', import.meta.url));

export interface ReplayOptions {
  readonly cluster: LocalCluster;
  readonly channel: string;
  /** URL of the Prometheus that watches the cluster. */
  readonly prometheus: string;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  print(line: string): void;
}

/** Throws a `WatchError` at the first thing that is not as it should be. */
export async function replay(options: ReplayOptions): Promise<void> {
  await requireReady(options);
  const { cluster, prometheus, signal, print } = options;
  const away = new Set<string>();
  const cairn = (...words: string[]) => runCairn(cluster.directory, words);
  const end = (how: 'stop' | 'kill', orderer: string) => {
    away.add(orderer);
    return cairn(how, orderer);
  };
  const startMs = performance.now();
  let seen = 0;
  const stage: BlogStage = {
    channel: options.channel,
    orderers: cluster.orderers,
    ask: (expression) => {
      if (signal.aborted) throw interrupted();
      return askOrSay(prometheus, expression);
    },
    stop: (orderer) => end('stop', orderer),
    kill: (orderer) => end('kill', orderer),
    start: (orderer) => cairn('start', orderer).then(() => away.delete(orderer)),
    submit: () => cairn('submit', '-c', options.channel, 'watched', '--json').then(blockIn),
    step: (title) => print(`\n${styled('bold', `▸ ${title}`)}`),
    saw: (where, what) => {
      seen += 1;
      print(`  ${styled('green', '✓')} ${styled('dim', where.padEnd(10))} ${what}`);
    },
  };
  try {
    await replayBlog(stage);
  } catch (error) {
    // A terminal's Ctrl-C ends the command that runs, too, and how that failed is not the reason.
    throw signal.aborted ? interrupted() : error;
  } finally {
    for (const orderer of away) {
      print(`\nStarting ${orderer} again.`);
      await cairn('start', orderer).catch((error: Error) => print(error.message));
    }
  }
  const seconds = Math.round((performance.now() - startMs) / 1000);
  print(
    `\n${styled('green', '✓')} ${seen} log lines and answers, all as they should be, in ${seconds} s.`,
  );
}

const interrupted = (): WatchError => new WatchError(exitCodes.interrupted, 'Interrupted.');

async function requireReady({ cluster, channel }: ReplayOptions): Promise<void> {
  const { channels, orderers } = cluster;
  if (!channels.includes(channel)) {
    const sentence = `There is no channel "${channel}" in this cluster; it has ${channels.join(', ')}.`;
    throw new WatchError(exitCodes.notFound, sentence);
  }
  if (orderers.length < ORDERERS_MIN) {
    const sentence = `The replay stops an orderer, and the others must go on: that takes ${ORDERERS_MIN} or more, and this cluster has ${orderers.length}.`;
    throw new WatchError(exitCodes.unavailable, sentence);
  }
  const [silent] = await silentOrderers(cluster);
  if (silent === undefined) return;
  const sentence = `${silent} does not run, and the replay begins with all of them up: "npx cairn start ${silent}" starts it.`;
  throw new WatchError(exitCodes.unavailable, sentence);
}

async function askOrSay(prometheus: string, expression: string) {
  try {
    return await ask(prometheus, expression);
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`;
    const sentence = `Prometheus at ${prometheus} did not answer "${expression}": ${reason}.`;
    throw new WatchError(exitCodes.unavailable, sentence);
  }
}

/** What the command printed. Throws what it said if it failed. */
function runCairn(directory: string, words: readonly string[]): Promise<string> {
  const command = [cairnProgram, ...words, '--dir', directory];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = stderr.trim() || error.message;
      reject(new WatchError(exitCodes.failed, `"npx cairn ${words.join(' ')}" failed: ${said}`));
    });
  });
}

const blockIn = (receipt: string): number => (JSON.parse(receipt) as { block: number }).block;

function styled(style: 'bold' | 'dim' | 'green', text: string): string {
  const { stdout, env } = process;
  return stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' ? styleText(style, text) : text;
}
