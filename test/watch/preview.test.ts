/** The previewer's server: the page and what it needs, Prometheus behind it, and nothing else of the machine. */
import { startPreview } from '@cairn/grafana';
import { afterAll, beforeAll, expect, test } from 'vitest';

let preview: Awaited<ReturnType<typeof startPreview>>;

beforeAll(async () => {
  // Nothing listens on port 9 of loopback: a Prometheus that is away.
  preview = await startPreview('http://127.0.0.1:9', 0);
});
afterAll(() => preview.close());

const statusOf = async (path: string): Promise<number> =>
  (await fetch(`${preview.url}${path}`)).status;

test.each(['/', '/page/main.js', '/page/words.js', '/dashboards/channel.json', '/uPlot.esm.js'])(
  'serves %s',
  async (path) => {
    expect(await statusOf(path)).toBe(200);
  },
);

test.each([
  ...['/package.json', '/page/../../package.json', '/page/..%2f..%2fpackage.json'],
  ...['/dashboards/.hidden', '/etc/passwd', '/dashboards/', '/page/nothing.js'],
])('does not serve %s', async (path) => {
  expect(await statusOf(path)).toBe(404);
});

test('says that Prometheus is away, instead of ending', async () => {
  const response = await fetch(`${preview.url}/prometheus/api/v1/query?query=up`);
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ status: 'error' });
});
