/** `cairn explain`: the error table on the terminal. */
import { errorCodes, errorRow, exitCodes, isErrorCode } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CommandError } from '../errors.ts';
import { jsonOption, meta } from '../options.ts';

function requireKnown(code: string) {
  if (isErrorCode(code)) return code;
  throw new CommandError(
    'NOT_FOUND',
    exitCodes.notFound,
    `There is no error code ${code}; "cairn explain" lists them all.`,
  );
}

export const explainCommand = defineCommand({
  name: 'explain',
  positionals: '[code]',
  summary: 'Say what an error code means and what to do about it',
  examples: [
    ['cairn explain NO_LEADER', 'one code'],
    ['cairn explain', 'all of them'],
    ['cairn explain OVERLOADED --json', 'for programs'],
  ],
  schema: z.object({
    code: z
      .string()
      .toUpperCase()
      .optional()
      .meta(meta({ description: 'Error code', positional: true })),
    json: jsonOption,
  }),
  run: async ({ code, json }, { terminal }) => {
    const codes = code === undefined ? errorCodes : [requireKnown(code)];
    for (const known of codes) {
      const row = errorRow(known);
      if (json) terminal.print(JSON.stringify({ code: known, ...row }));
      else if (code === undefined) {
        terminal.print(`${terminal.paint('bold', known.padEnd(22))} ${row.status}  ${row.meaning}`);
      } else {
        const again = row.retryable ? 'may succeed if tried again' : 'trying again does not help';
        terminal.print(`${terminal.paint('bold', known)} (status ${row.status}, ${again})`);
        terminal.print(`  ${row.meaning}\n  ${row.whatToDo}`);
      }
    }
    return exitCodes.done;
  },
});
