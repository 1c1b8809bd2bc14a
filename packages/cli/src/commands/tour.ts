/**
 * `cairn tour`: what `npm start` runs. Brings a cluster up (or takes the one that runs), walks the tour, stays until Ctrl-C.
 */
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand, type Session } from '../command.ts';
import { unlessInterrupted } from '../interrupt.ts';
import { type Home, homeAt } from '../local/home.ts';
import { upOptionsOf } from '../local/layout.ts';
import { connectAsClient } from '../local/leaders.ts';
import { stopCluster } from '../local/stop.ts';
import { bringUp, type RunningCluster, runningCluster } from '../local/up.ts';
import { clusterOptions, meta } from '../options.ts';
import { heading, walk } from '../tour/tour.ts';
import { noteEditedChannels } from './init.ts';
import { stayUntilInterrupted } from './up.ts';

const schema = z.object({
  ...clusterOptions,
  exit: z
    .boolean()
    .default(false)
    .meta(meta({ description: 'Stop everything at the end instead of staying up', variables: [] })),
});

type Input = z.output<typeof schema>;

async function walkOn(
  home: Home,
  cluster: RunningCluster['cluster'],
  session: Session,
): Promise<void> {
  const bus = await connectAsClient(cluster);
  try {
    await walk({ session, home, cluster, bus, prefix: 'cairn' });
  } finally {
    await bus.close();
  }
}

async function stopAll(home: Home, up: RunningCluster): Promise<void> {
  await stopCluster(home);
  await up.guard?.release();
}

async function tourOnOwnCluster(home: Home, input: Input, session: Session): Promise<number> {
  const { terminal, signal } = session;
  heading(session, `Starting NATS and orderers in ${home.directory}`);
  const options = upOptionsOf(input, true);
  const up = await bringUp(home, options, signal, (step) => terminal.print(`  ${step}`));
  noteEditedChannels(terminal, up.init);
  try {
    await unlessInterrupted(signal, walkOn(home, up.cluster, session));
  } catch (error) {
    await stopAll(home, up);
    throw error;
  }
  if (input.exit) {
    heading(session, 'Stopping everything; the data stays');
    await stopAll(home, up);
    return exitCodes.done;
  }
  terminal.print(`\n${terminal.paint('bold', 'Up and running. Ctrl-C stops everything.')}`);
  await stayUntilInterrupted(home, up, session);
  return exitCodes.done;
}

export const tourCommand = defineCommand({
  name: 'tour',
  summary: 'Bring a cluster up and show what it does (npm start)',
  hidden: true,
  handlesInterrupt: true,
  examples: [
    ['npm start', 'the tour, then up until Ctrl-C'],
    ['npm start -- --exit', 'the tour, then stop'],
    ['npm start -- --nats-port 0 --http-port 0 --operations-port 0', 'on any free ports'],
  ],
  schema,
  run: async (input, session) => {
    const home = homeAt(input.dir);
    const running = runningCluster(home);
    if (running === null) return await tourOnOwnCluster(home, input, session);
    heading(session, `The cluster in ${home.directory} is already up; it stays up`);
    await walkOn(home, running.cluster, session);
    return exitCodes.done;
  },
});
