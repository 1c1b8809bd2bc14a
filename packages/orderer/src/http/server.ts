/**
 * One HTTP server with tight limits: slow or endless requests cost a connection, never the orderer.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { StartError } from '../errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface RunningServer {
  readonly port: number;
  /** Stops listening, ends idle connections, and after a moment all others. */
  close(): Promise<void>;
}

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
};
const CONNECTIONS_MAX = 4_096;
const CLOSE_PATIENCE_MS = 500;

/** `setting` names the listener in the configuration, for the message when its port is taken. */
export async function startServer(
  app: Hono,
  { host, port }: ListenAddress,
  setting: string,
): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: limits,
    overrideGlobalObjects: false,
  }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, { host, port }, setting);
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function listening(server: Server, { host, port }: ListenAddress, setting: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new StartError('PORT_IN_USE', sentence(error, host, port, setting), { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function sentence(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  setting: string,
): string {
  const address = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use by another process: end that process or give another "${setting}.port".`;
  }
  return `Nothing can listen on ${address} (${error.code ?? error.message}): correct "${setting}.host" and "${setting}.port".`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_PATIENCE_MS);
  await closed;
  clearTimeout(timer);
}
