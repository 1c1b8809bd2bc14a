/** How this very command is started again as another process. */
import { fileURLToPath } from 'node:url';

/** The committed starter, the same distance from `src/local` and `dist/local`. */
export const cairnProgram = fileURLToPath(new URL('../../bin/cairn.js', import.meta.url));

/**
 * The environment for orderers of a local cluster: its files alone decide, so variables meant for the command that starts
 * them (CAIRN_HTTP_PORT is a base there) must not reach them.
 */
export function environmentWithoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('CAIRN_'));
  return Object.fromEntries(kept);
}
