/**
 * start, stop and kill: one orderer of the local cluster. stop and kill return when its process has ended, start when it
 * is ready.
 */
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { unavailable } from '../errors.ts';
import { requireClusterFile, requireOrderer } from '../local/cluster-file.ts';
import { type Home, homeAt, natsServerName } from '../local/home.ts';
import { type EndKind, endProcess, killProcess, runningProcess } from '../local/processes.ts';
import { launchOrderer, waitForOrderer } from '../local/start.ts';
import { refreshPids } from '../local/stop.ts';
import { commonOptions, ordererPositional } from '../options.ts';
import type { Terminal } from '../terminal.ts';

const schema = z.object({ orderer: ordererPositional, ...commonOptions });

function report(
  terminal: Terminal,
  json: boolean,
  result: { orderer: string; state: string },
): number {
  if (json) terminal.print(JSON.stringify(result));
  else terminal.print(`${result.orderer}: ${result.state}`);
  return exitCodes.done;
}

const stateOf: Readonly<Record<EndKind, string>> = {
  stopped: 'stopped',
  killed: 'killed',
  notRunning: 'was not running',
};

async function end(
  home: Home,
  orderer: string,
  endIt: (home: Home, name: string) => Promise<EndKind>,
): Promise<string> {
  requireOrderer(requireClusterFile(home), orderer);
  const kind = await endIt(home, orderer);
  refreshPids(home);
  return stateOf[kind];
}

export const stopCommand = defineCommand({
  name: 'stop',
  positionals: '<orderer>',
  summary: 'Stop one orderer in good order: it hands its leadership over first',
  examples: [
    ['cairn stop orderer3', 'returns when its process has ended'],
    ['cairn status', 'see who leads now'],
    ['cairn start orderer3', 'and let it rejoin'],
  ],
  schema,
  run: async ({ dir, json, orderer }, { terminal }) =>
    report(terminal, json, { orderer, state: await end(homeAt(dir), orderer, endProcess) }),
});

export const killCommand = defineCommand({
  name: 'kill',
  positionals: '<orderer>',
  summary: 'End one orderer with SIGKILL, as a crash would',
  examples: [
    ['cairn kill orderer3', 'no goodbye: the others notice by silence'],
    ['cairn status --watch', 'watch the election'],
    ['cairn start orderer3', 'and let it rejoin'],
  ],
  schema,
  run: async ({ dir, json, orderer }, { terminal }) =>
    report(terminal, json, { orderer, state: await end(homeAt(dir), orderer, killProcess) }),
});

async function start(home: Home, orderer: string): Promise<string> {
  const cluster = requireClusterFile(home);
  requireOrderer(cluster, orderer);
  if (runningProcess(home, orderer) !== null) return 'was running already';
  if (runningProcess(home, natsServerName) === null) {
    throw unavailable(
      'NOT_RUNNING',
      `The cluster in ${home.directory} is down; "cairn up" starts it.`,
    );
  }
  const started = launchOrderer(home, orderer);
  refreshPids(home);
  await waitForOrderer(home, cluster, orderer, started).finally(() => refreshPids(home));
  return 'started';
}

export const startCommand = defineCommand({
  name: 'start',
  positionals: '<orderer>',
  summary: 'Start one orderer of the local cluster again and wait until it is ready',
  examples: [
    ['cairn start orderer3', 'after "cairn stop orderer3" or "cairn kill orderer3"'],
    ['cairn start orderer3 --json', 'for programs'],
    ['cairn up', 'starts the whole cluster instead'],
  ],
  schema,
  run: async ({ dir, json, orderer }, { terminal }) =>
    report(terminal, json, { orderer, state: await start(homeAt(dir), orderer) }),
});
