/** `promtool`, which comes with Prometheus: where it is missing its tests are skipped, and `npm test` says so. */
import { spawnSync } from 'node:child_process';

export const hasPromtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0;

/** What it says, and whether it is content. */
export function promtool(words: readonly string[], directory: string) {
  const { status, stdout, stderr } = spawnSync('promtool', words, { cwd: directory });
  return { isContent: status === 0, text: `${stdout}${stderr}` };
}
