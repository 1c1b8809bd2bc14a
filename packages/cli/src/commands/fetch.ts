/**
 * `cairn fetch`: one block by its number, verified, for people, for programs, or as canonical bytes.
 */
import { nameSchema } from '@cairn/orderer/settings';
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { blockNameSchema } from '../block-name.ts';
import { defineCommand } from '../command.ts';
import { withClient } from '../connection.ts';
import { writeOutputFile } from '../local/files.ts';
import { channelOption, connectionOptions, meta } from '../options.ts';
import { blockView } from '../present.ts';

const SHOWN_TRANSACTIONS_MAX = 20;

export const fetchCommand = defineCommand({
  name: 'fetch',
  positionals: '<block>',
  summary: 'Fetch one block, verify it, and show it or write its bytes',
  examples: [
    ['cairn fetch newest -c mychannel', 'the newest block, as a table'],
    ['cairn fetch 42 -c mychannel --json', 'as JSON'],
    ['cairn fetch config -c mychannel --out config.block', 'the canonical bytes, into a file'],
  ],
  schema: z.object({
    block: blockNameSchema.meta(
      meta({ description: 'newest, oldest, config or a number', positional: true }),
    ),
    channel: channelOption,
    out: z
      .string()
      .min(1)
      .optional()
      .meta(
        meta({
          description: 'Write the canonical bytes here; - for standard output',
          variables: [],
        }),
      ),
    orderer: nameSchema
      .optional()
      .meta(meta({ description: 'Ask this orderer and no other', variables: [] })),
    ...connectionOptions,
  }),
  run: (input, session) =>
    withClient(input, session, async (client) => {
      const { terminal } = session;
      const { out, timeoutMs } = input;
      const channel = client.channel(input.channel);
      const block =
        input.orderer === undefined
          ? await channel.block(input.block, { timeoutMs })
          : await channel.blockOf(input.orderer, input.block, { timeoutMs });
      if (out === '-') terminal.printBytes(block.bytes);
      else if (out !== undefined) writeOutputFile(out, block.bytes);
      if (input.json && out !== '-') terminal.print(JSON.stringify({ status: 200, block }));
      else if (out === undefined) {
        terminal.print(blockView(terminal, block, block.transactions, SHOWN_TRANSACTIONS_MAX));
      } else if (out !== '-') {
        terminal.note(
          `Block ${block.number} (${block.bytes.length} bytes, verified) written to ${out}.`,
        );
      }
      return exitCodes.done;
    }),
});
