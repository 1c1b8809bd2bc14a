/**
 * The two listeners of one orderer on this machine: if it runs, what `/readyz` says; if not, whether its ports are free.
 */
import { createServer } from 'node:net';
import type { OrdererConfig } from '@cairn/orderer/settings';
import { z } from 'zod';
import { systemReason } from '../errors.ts';
import { type Finding, findingsOf } from './finding.ts';

const REQUEST_TIMEOUT_MS = 2_000;

const readinessSchema = z.object({
  ready: z.boolean(),
  channels: z.array(
    z.object({
      channel: z.string(),
      problem: z.string().nullable(),
      code: z.string().optional(),
    }),
  ),
});
const versionSchema = z.object({ name: z.string(), version: z.string() });

type Readiness = z.output<typeof readinessSchema>;

export async function examineListeners(config: OrdererConfig): Promise<Finding[]> {
  const { name, operations } = config;
  const base = `http://${hostToAsk(operations.host)}:${operations.port}`;
  const version = versionSchema.safeParse(await jsonAt(`${base}/version`)).data;
  if (version?.name === name) {
    const readiness = readinessSchema.safeParse(await jsonAt(`${base}/readyz`)).data;
    if (readiness !== undefined) return judgeReadiness(name, readiness);
  }
  const ports = [
    { setting: 'http', ...config.http },
    { setting: 'operations', ...operations },
  ];
  return await Promise.all(ports.map((port) => examinePort(name, port)));
}

/** A listener on all addresses is asked at this machine's own. */
function hostToAsk(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host.includes(':') ? (host === '::' ? '[::1]' : `[${host}]`) : host;
}

async function jsonAt(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    return await response.json();
  } catch {
    return null;
  }
}

const remedies: Readonly<Record<string, string>> = {
  STOPPING: 'Wait until it has ended, then start it.',
  DISCONNECTED: 'See what is said about NATS here; it reconnects by itself.',
  NOT_OPEN: 'Wait a moment; if it stays, look at the end of its log.',
  CHANNEL_FAILED: 'Keep its "evidence" directory and compare the members with "cairn verify".',
  NO_LEADER: 'Start the other members; see what is said about the channel here.',
  CATCHING_UP: 'Wait: it fetches what it has missed by itself.',
};

function judgeReadiness(name: string, { ready, channels }: Readiness): Finding[] {
  const { ok } = findingsOf('readiness', name);
  if (ready) return [ok('It runs and is ready.')];
  return channels.flatMap(({ channel, problem, code = '' }) => {
    if (problem === null) return [];
    const { warning, problem: bad } = findingsOf('readiness', `${name}, ${channel}`);
    const remedy = remedies[code] ?? 'Look at the end of its log.';
    return [code === 'CATCHING_UP' ? warning(problem, remedy) : bad(problem, remedy)];
  });
}

interface Port {
  readonly setting: string;
  readonly host: string;
  readonly port: number;
}

async function examinePort(name: string, { setting, host, port }: Port): Promise<Finding> {
  const { ok, problem } = findingsOf('ports', `${name}, ${setting}`);
  if (port === 0) return ok('Any free port will do.');
  const reason = await bindError({ host, port });
  if (reason === null) return ok(`Port ${port} is free; the orderer does not run here.`);
  return reason === 'EADDRINUSE'
    ? problem(
        `Port ${port} on ${host} is in use by another process.`,
        `End that process, or give another "${setting}.port".`,
      )
    : problem(
        `Nothing can listen on ${host}:${port}: ${reason}.`,
        `Correct "${setting}.host" and "${setting}.port".`,
      );
}

function bindError(address: { readonly host: string; readonly port: number }) {
  return new Promise<string | null>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? error.code : systemReason(error)),
    );
    server.listen({ ...address, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
