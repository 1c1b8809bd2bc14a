import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { isUpAndLed } from '../../src/local/readiness.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function answering(status: number, body: string): Promise<string> {
  const opened = createServer((_request, response) => response.writeHead(status).end(body));
  server = opened;
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(opened.address() as { port: number }).port}/readyz`;
}

const withChannels = (...channels: object[]): string => JSON.stringify({ ready: false, channels });

describe('an orderer is up and led', () => {
  test('when it says ready', async () => {
    const url = await answering(200, '{"ready":true,"channels":[]}');
    expect(await isUpAndLed(url)).toBe(true);
  });

  test('when nothing is missing but blocks on their way', async () => {
    const late = { channel: 'audit', code: 'CATCHING_UP', problem: 'This orderer is behind.' };
    const fine = { channel: 'mychannel', problem: null };
    expect(await isUpAndLed(await answering(503, withChannels(late, fine)))).toBe(true);
  });

  test.each([
    ['a channel without a leader', withChannels({ code: 'NO_LEADER', problem: 'No leader.' })],
    ['no channel that could be led', withChannels()],
    ['what is no readiness', 'Bad gateway'],
  ])('but not with %s', async (_what, body) => {
    expect(await isUpAndLed(await answering(503, body))).toBe(false);
  });

  test('but not when nobody answers', async () => {
    expect(await isUpAndLed('http://127.0.0.1:9/readyz')).toBe(false);
  });
});
