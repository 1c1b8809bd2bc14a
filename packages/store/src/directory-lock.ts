/**
 * One orderer per data directory: two processes on one directory would be two voters with one identity.
 *
 * The lock is an endpoint that the kernel gives to one process at a time and takes back when that process ends, however
 * it ends: on Linux an abstract Unix socket, on Windows a named pipe, both named by the directory's device and inode.
 * Elsewhere a socket file in the temporary directory, which after a crash is stale: it is then removed if nobody
 * answers on it (two starts in the same instant could both do so; service managers do not start twice).
 * Abstract sockets belong to a network namespace: containers sharing a volume must not share it between two orderers.
 * The pid file only serves the message.
 */

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from './errors.ts';

const PID_FILE = 'orderer.pid';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** The name under which the kernel knows the lock of `directory` (which must exist). */
export function lockEndpoint(directory: string, platform: string = process.platform): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  const name = `cairn-data-${dev.toString(16)}-${ino.toString(16)}`;
  if (platform === 'linux') return `\0${name}`;
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), `${name}.sock`);
}

/** Rejects with `DATA_DIRECTORY_IN_USE` and the holder's pid when another open holds it, in this process or another. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const endpoint = lockEndpoint(directory);
  const server = await claim(endpoint, directory);
  writePid(directory);
  return {
    release: async () => {
      rmSync(join(directory, PID_FILE), { force: true });
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function claim(endpoint: string, directory: string): Promise<Server> {
  const first = await listen(endpoint);
  if (first !== 'taken') return first;
  if (await isStale(endpoint)) {
    rmSync(endpoint, { force: true });
    const second = await listen(endpoint);
    if (second !== 'taken') return second;
  }
  const pid = readPid(directory);
  const holder = pid === null ? 'another process' : `process ${pid}`;
  throw new StoreError(
    'DATA_DIRECTORY_IN_USE',
    `The data directory ${directory} is in use by ${holder}: stop it first.`,
    { pid, path: directory },
  );
}

function listen(endpoint: string): Promise<Server | 'taken'> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve('taken') : reject(error),
    );
    server.listen({ path: endpoint, exclusive: true }, () => resolve(server.unref()));
  });
}

/** Only socket files outlive their process. */
async function isStale(endpoint: string): Promise<boolean> {
  if (endpoint.startsWith('\0') || endpoint.startsWith('\\\\')) return false;
  return new Promise((resolve) => {
    const socket = connect(endpoint);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

/** A directory that cannot be written (a read-only mount under inspection) is locked without a pid file. */
function writePid(directory: string): void {
  try {
    writeFileSync(join(directory, PID_FILE), `${process.pid}\n`);
  } catch {
    // The lock is held; only a later message will not name us.
  }
}

function readPid(directory: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, PID_FILE), 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
