/**
 * `cairn guard`: hidden; the process that ends a foreground cluster when whatever started it is gone.
 */
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { keepGuard } from '../local/guard.ts';
import { homeAt } from '../local/home.ts';
import { commonOptions } from '../options.ts';

export const guardCommand = defineCommand({
  name: 'guard',
  summary: 'Stops the local cluster when standard input closes (started by "cairn up")',
  hidden: true,
  handlesInterrupt: true,
  examples: [],
  schema: z.object(commonOptions),
  run: async ({ dir }) => {
    await keepGuard(homeAt(dir), process.stdin);
    return exitCodes.done;
  },
});
