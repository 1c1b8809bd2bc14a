/** `cairn init`: makes what a local cluster needs and starts nothing. */
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CommandError } from '../errors.ts';
import { homeAt } from '../local/home.ts';
import type { InitReport } from '../local/init.ts';
import { upOptionsOf } from '../local/layout.ts';
import { prepare, runningCluster } from '../local/up.ts';
import { clusterOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** A definition that no longer says what block 0 holds is no error, but its editor must hear of it. */
export function noteEditedChannels(terminal: Terminal, { channelsEdited }: InitReport): void {
  for (const channel of channelsEdited) {
    terminal.note(
      terminal.paint(
        'yellow',
        `The definition of channel ${channel} was edited; its block 0 stays as it was made, so this changes nothing.`,
      ),
    );
  }
}

export const initCommand = defineCommand({
  name: 'init',
  summary: 'Make keys, NATS and orderer configuration and genesis blocks from channels/*.yaml',
  examples: [
    ['cairn init', 'five orderers in ./.cairn'],
    ['cairn init --orderers 3 --dir /tmp/three', 'three, somewhere else'],
    ['cairn init --channels-dir ./my-channels', 'channels of your own'],
  ],
  schema: z.object(clusterOptions),
  run: async (input, { terminal }) => {
    const home = homeAt(input.dir);
    if (runningCluster(home) !== null) {
      throw new CommandError(
        'CLUSTER_MISMATCH',
        exitCodes.refused,
        `The cluster in ${home.directory} is running; stop it with "cairn down" first.`,
      );
    }
    const report = await prepare(home, upOptionsOf(input, false), false);
    noteEditedChannels(terminal, report);
    if (input.json) {
      terminal.print(JSON.stringify(report));
      return exitCodes.done;
    }
    const { cluster, keysMade, channelsMade } = report;
    const keys = keysMade === 0 ? 'all keys kept' : `${keysMade} keys made`;
    const made = channelsMade.length === 0 ? 'all kept' : `made ${channelsMade.join(', ')}`;
    terminal.print(
      `${home.directory}: ${cluster.orderers.length} orderers, ${keys}; block 0: ${made}.`,
    );
    terminal.print('Next: cairn up');
    return exitCodes.done;
  },
});
