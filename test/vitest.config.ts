/** One configuration for all tests: sources are run as they are, without a build. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// `npm test` was killed: nobody waits for the tests any more, and what they have started ends with them.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  resolve: { conditions: ['cairn-source'] },
  ssr: { resolve: { conditions: ['cairn-source'], externalConditions: ['cairn-source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Most of the time a test waits for somebody: an election, a disk, a process. One fewer than the cores would be one.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
