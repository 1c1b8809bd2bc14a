/**
 * Whether a Prometheus of this cluster runs already, and whether a port can be had.
 *
 * A Prometheus is known by the directory it keeps its data in, which it tells itself: a file that is left from one that was
 * killed, or another one on the same port, is never taken for it.
 */
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const ANSWER_TIMEOUT_MS = 2_000;

const fileOf = (directory: string): string => join(directory, 'url');
export const dataOf = (directory: string): string => join(directory, 'data');

/** Where the Prometheus of this directory listens; null if none answers. */
export async function runningPrometheus(directory: string): Promise<string | null> {
  const url = readUrl(fileOf(directory));
  if (url === null) return null;
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(new URL('/api/v1/status/flags', url), { signal });
    const { data } = (await response.json()) as { data: Readonly<Record<string, string>> };
    return data['storage.tsdb.path'] === dataOf(directory) ? url : null;
  } catch {
    return null;
  }
}

function readUrl(file: string): string | null {
  try {
    const url = readFileSync(file, 'utf8').trim();
    return URL.canParse(url) ? url : null;
  } catch {
    return null;
  }
}

export const rememberRunning = (directory: string, url: string): void =>
  writeFileSync(fileOf(directory), `${url}\n`);

export const forgetRunning = (directory: string): void =>
  rmSync(fileOf(directory), { force: true });

/** The port of loopback, or any free one for 0; null if it is taken. */
export async function freePort(port: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  } catch {
    return null;
  } finally {
    server.close();
  }
}
