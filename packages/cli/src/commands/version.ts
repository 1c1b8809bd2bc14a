/** `cairn version`: which Cairn and which Node.js. */
import { readFileSync } from 'node:fs';
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { jsonOption } from '../options.ts';

/** The version of this package, which is that of all of them. */
export function cairnVersion(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

export const versionCommand = defineCommand({
  name: 'version',
  summary: 'Print the versions of cairn and Node.js',
  examples: [
    ['cairn version', 'for people'],
    ['cairn version --json', 'for programs'],
    ['cairn --version', 'the number alone'],
  ],
  schema: z.object({ json: jsonOption }),
  run: async ({ json }, { terminal }) => {
    const versions = { cairn: cairnVersion(), node: process.versions.node };
    terminal.print(
      json ? JSON.stringify(versions) : `cairn ${versions.cairn}, Node.js ${versions.node}`,
    );
    return exitCodes.done;
  },
});
