/** `cairn follow`: the blocks of a channel as they are made, verified, each once and in order. */
import type { VerifiedBlock } from '@cairn/client';
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand, type Session } from '../command.ts';
import { withClient } from '../connection.ts';
import { channelOption, connectionOptions, meta } from '../options.ts';
import { blockLine } from '../present.ts';

const fromSchema = z
  .string()
  .regex(
    /^(newest|oldest|next|0|[1-9][0-9]{0,14})$/,
    'must be next, newest, oldest or a number from 0',
  )
  .transform((text) =>
    text === 'newest' || text === 'oldest' || text === 'next' ? text : Number(text),
  );

async function printBlocks(
  blocks: AsyncIterable<VerifiedBlock>,
  input: { readonly json: boolean; readonly count?: number | undefined },
  { terminal }: Session,
): Promise<void> {
  let printed = 0;
  for await (const block of blocks) {
    terminal.print(
      input.json ? JSON.stringify(block) : blockLine(terminal, block, block.transactions[0]),
    );
    printed++;
    if (printed === input.count) return;
  }
}

export const followCommand = defineCommand({
  name: 'follow',
  summary: 'Print every block as it is made, verified, without gaps, until Ctrl-C',
  examples: [
    ['cairn follow -c mychannel', 'new blocks from now on'],
    ['cairn follow -c mychannel --from 0 --json', 'all of them, one JSON object a line'],
    ['cairn follow -c mychannel --from newest --count 1', 'one block and done'],
  ],
  handlesInterrupt: true,
  schema: z.object({
    channel: channelOption,
    from: fromSchema
      .default('next')
      .meta(meta({ description: 'next, newest, oldest or a number', variables: [] })),
    count: z
      .number()
      .int()
      .min(1)
      .optional()
      .meta(meta({ description: 'End after this many blocks', variables: [] })),
    ...connectionOptions,
  }),
  run: (input, session) =>
    withClient(input, session, async (client) => {
      const { signal, terminal } = session;
      if (!input.json) terminal.note(`Following ${input.channel}; Ctrl-C ends.`);
      const blocks = client.channel(input.channel).follow({ from: input.from, signal });
      try {
        await printBlocks(blocks, input, session);
        return exitCodes.done;
      } catch (error) {
        if (signal.aborted) return exitCodes.interrupted;
        throw error;
      }
    }),
});
