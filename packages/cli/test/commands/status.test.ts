import { afterAll, beforeAll, expect, test } from 'vitest';
// @boundaries-ignore the guarded server is shared by the tests of all packages
import { startNatsServer, type TestNatsServer } from '../../../../test/support/nats-server.ts';
import { run } from '../../src/index.ts';
import { recordingTerminal } from '../support/session.ts';

let nats: TestNatsServer;
beforeAll(async () => {
  nats = await startNatsServer({});
});
afterAll(() => nats?.stop());

/** Watches until something has been printed `times` times, then presses Ctrl-C. */
async function watch(times: number, words: readonly string[]) {
  const { terminal, out } = recordingTerminal();
  const controller = new AbortController();
  const counting = {
    ...terminal,
    print: (line: string) => {
      terminal.print(line);
      if (out.length === times) controller.abort();
    },
  };
  const line = ['status', '--watch', '--server', nats.url, ...words];
  const exitCode = await run(line, { terminal: counting, signal: controller.signal });
  return { exitCode, out };
}

test('status --watch writes one object after the other into a pipe, and Ctrl-C ends it', async () => {
  const { exitCode, out } = await watch(3, ['--json']);
  expect(exitCode).toBe(130);
  expect(out.map((line) => JSON.parse(line))).toEqual(
    Array.from({ length: 3 }, () => ({ nats: nats.url, orderers: [], channels: [] })),
  );
});

test('status --watch gives each picture its time when nobody sees the screen', async () => {
  const { out } = await watch(1, []);
  expect(out[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}NATS nats:/);
  expect(out[0]).toContain('No channels.');
});
