/**
 * The server of the previewer: the page, the committed dashboards, uPlot, and everything below `prometheus/` from a real
 * Prometheus. For development and for the pictures of the documentation; it listens on loopback only.
 */
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspace = fileURLToPath(new URL('..', import.meta.url));
const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
};

/** Only names of files in three places: nothing of a path is followed. */
function fileOf(path: string): string | null {
  const parts = /^\/(?:(page|dashboards)\/)?([\w.-]*)$/.exec(path);
  const [, folder = '', name = ''] = parts ?? [];
  if (parts === null || name.startsWith('.')) return null;
  if (folder === 'page') return join(workspace, 'dist', 'page', name);
  if (folder === 'dashboards') return join(workspace, 'dashboards', name);
  if (name === '') return join(workspace, 'preview', 'index.html');
  return name.startsWith('uPlot') ? join(uplot, name) : null;
}

function sendFile(path: string, response: ServerResponse): void {
  try {
    const file = fileOf(path);
    if (file === null) throw new Error('no such file');
    const bytes = readFileSync(file);
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

async function relay(url: string, response: ServerResponse): Promise<void> {
  try {
    const answer = await fetch(url);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  } catch (error) {
    response.writeHead(502).end(JSON.stringify({ status: 'error', error: `${error}` }));
  }
}

export interface Preview {
  readonly url: string;
  close(): void;
}

/** Port 0 is any free one. */
export async function startPreview(prometheus: string, port: number): Promise<Preview> {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://preview');
    if (!pathname.startsWith('/prometheus/api/v1/')) return sendFile(pathname, response);
    void relay(`${prometheus}${pathname.slice('/prometheus'.length)}${search}`, response);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
