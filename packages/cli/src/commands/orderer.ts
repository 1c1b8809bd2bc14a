/**
 * `cairn orderer`: this process becomes one orderer. What systemd, containers and `cairn up` run.
 *
 * SIGTERM and SIGINT stop it in good order (leadership is handed over first), SIGHUP is ignored. A failure is one
 * sentence on standard error and the exit code that belongs to it.
 */
import { loadOrdererConfig } from '@cairn/orderer/settings';
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { describeFailure } from '../errors.ts';
import { untilInterrupted } from '../interrupt.ts';
import { meta } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/** Nothing may run after a fatal error: it could acknowledge what is not on disk. */
function endAtOnce(terminal: Terminal, error: unknown): never {
  const { message, exitCode } = describeFailure(error);
  terminal.note(`cairn: ${message}`);
  process.exit(exitCode);
}

export const ordererCommand = defineCommand({
  name: 'orderer',
  summary: 'Run one orderer from its configuration file',
  examples: [
    ['cairn orderer --config .cairn/orderers/orderer1.yaml', 'until SIGTERM or Ctrl-C'],
    [
      'CAIRN_LOG_LEVEL=debug cairn orderer --config orderer.yaml',
      'every setting is a variable too',
    ],
    ['CAIRN_CONFIG=/etc/cairn/orderer.yaml cairn orderer', 'the file, too'],
  ],
  handlesInterrupt: true,
  schema: z.object({
    config: z
      .string()
      .min(1)
      .meta(meta({ description: "The orderer's YAML file" })),
  }),
  run: async ({ config: path }, { terminal, signal }) => {
    process.on('SIGHUP', () => {});
    // Loaded only here: no other command should wait for all that an orderer needs.
    const { runOrderer } = await import('@cairn/orderer');
    const config = loadOrdererConfig(path, terminal.environment);
    const running = await runOrderer(config, { fatal: (error) => endAtOnce(terminal, error) });
    await untilInterrupted(signal);
    await running.stop();
    return exitCodes.done;
  },
});
