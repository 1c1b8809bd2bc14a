/** `cairn up`: the local cluster, in the foreground until Ctrl-C, or detached. */
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand, type Session } from '../command.ts';
import { untilInterrupted } from '../interrupt.ts';
import type { ClusterFile } from '../local/cluster-file.ts';
import { type Home, homeAt } from '../local/home.ts';
import { upOptionsOf } from '../local/layout.ts';
import { stopCluster } from '../local/stop.ts';
import { bringUp, type RunningCluster, runningCluster } from '../local/up.ts';
import { clusterOptions, meta } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { noteEditedChannels } from './init.ts';

const schema = z.object({
  ...clusterOptions,
  detach: z
    .boolean()
    .default(false)
    .meta(
      meta({ description: 'Return when the cluster is ready; "cairn down" stops it', alias: 'd' }),
    ),
});

export function printAddresses(terminal: Terminal, cluster: ClusterFile): void {
  terminal.print(`${terminal.paint('dim', 'NATS'.padEnd(11))} ${cluster.nats}`);
  for (const { name, http, operations } of cluster.orderers) {
    terminal.print(
      `${terminal.paint('dim', name.padEnd(11))} ${http}   metrics ${operations}/metrics`,
    );
  }
}

export function printLeaders(terminal: Terminal, leaders: ReadonlyMap<string, string>): void {
  for (const [channel, leader] of leaders) {
    terminal.print(
      `${terminal.paint('dim', channel.padEnd(11))} led by ${terminal.paint('bold', leader)}`,
    );
  }
}

function sayAlreadyUp(
  terminal: Terminal,
  home: Home,
  running: { cluster: ClusterFile; down: readonly string[] },
): void {
  terminal.note(`The cluster in ${home.directory} is already up; "cairn down" stops it.`);
  for (const name of running.down)
    terminal.note(`${name} does not run; "cairn start ${name}" starts it.`);
}

/** Stays until Ctrl-C or SIGTERM, then stops everything. */
export async function stayUntilInterrupted(
  home: Home,
  up: RunningCluster,
  session: Session,
): Promise<void> {
  await untilInterrupted(session.signal);
  session.terminal.note('\nStopping.');
  await stopCluster(home);
  await up.guard?.release();
}

export const upCommand = defineCommand({
  name: 'up',
  summary: 'Start NATS and the orderers on this machine, until Ctrl-C',
  examples: [
    ['cairn up', 'NATS on 4222, orderers on 8081 to 8085, until Ctrl-C'],
    ['cairn up --detach', 'return when ready; stop it with "cairn down"'],
    ['cairn up -d --nats-port 0 --http-port 0 --operations-port 0', 'any free ports'],
  ],
  handlesInterrupt: true,
  schema,
  run: async (input, session) => {
    const { terminal } = session;
    const home = homeAt(input.dir);
    const running = runningCluster(home);
    if (running !== null) {
      sayAlreadyUp(terminal, home, running);
      if (input.json) terminal.print(JSON.stringify(running.cluster));
      return exitCodes.done;
    }
    const options = upOptionsOf(input, !input.detach);
    const up = await bringUp(home, options, session.signal, (step) => terminal.note(`  ${step}`));
    noteEditedChannels(terminal, up.init);
    if (input.json) terminal.print(JSON.stringify(up.cluster));
    else {
      printAddresses(terminal, up.cluster);
      printLeaders(terminal, up.leaders);
    }
    if (input.detach) return exitCodes.done;
    terminal.note('Ready. Ctrl-C stops everything.');
    await stayUntilInterrupted(home, up, session);
    return exitCodes.done;
  },
});
