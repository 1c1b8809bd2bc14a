/** How a block is named on the command line. */
import type { BlockName } from '@cairn/client';
import { z } from 'zod';

export const blockNameSchema = z
  .string()
  .regex(
    /^(newest|oldest|config|0|[1-9][0-9]{0,14})$/,
    'must be newest, oldest, config or a number from 0',
  )
  .transform(
    (text): BlockName =>
      text === 'newest' || text === 'oldest' || text === 'config' ? text : Number(text),
  );
