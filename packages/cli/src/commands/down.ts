/** `cairn down`: stops whatever runs of the local cluster. Data stays. */
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { homeAt } from '../local/home.ts';
import { stopCluster } from '../local/stop.ts';
import { commonOptions } from '../options.ts';

export const downCommand = defineCommand({
  name: 'down',
  summary: 'Stop the orderers and NATS of the local cluster; data stays',
  examples: [
    ['cairn down', 'stop the cluster in ./.cairn'],
    ['cairn down --dir /tmp/three', 'stop another one'],
    ['cairn down --json', 'what was stopped, for programs'],
  ],
  schema: z.object(commonOptions),
  run: async ({ dir, json }, { terminal }) => {
    const home = homeAt(dir);
    terminal.note(`Stopping the cluster in ${home.directory}.`);
    const reports = await stopCluster(home);
    if (json) terminal.print(JSON.stringify({ stopped: reports }));
    else if (reports.length === 0) terminal.print('Nothing was running.');
    else for (const { name, kind } of reports) terminal.print(`${name} ${kind}`);
    return exitCodes.done;
  },
});
