/**
 * What metrics tell of the process's surroundings: room on the disk that holds its data, and how long its NATS login is
 * good for.
 */
import { statfsSync } from 'node:fs';
import type { NatsCredentials } from '@cairn/transport';

export interface Surroundings {
  diskFreeBytes(): number;
  /** Unix time; `Infinity` for a login that does not end. */
  readonly credentialsExpireSeconds: number;
}

export function surroundingsOf(directory: string, credentials: NatsCredentials): Surroundings {
  return {
    diskFreeBytes: () => {
      const { bavail, bsize } = statfsSync(directory);
      return bavail * bsize;
    },
    credentialsExpireSeconds: expiryOf(credentials),
  };
}

/** Keys do not expire; the JWT of a `.creds` file may, and the server then ends the connection. */
export function expiryOf(credentials: NatsCredentials): number {
  if (credentials.kind !== 'credsFile') return Number.POSITIVE_INFINITY;
  const token = /-----BEGIN NATS USER JWT-----\s+([\w.=-]+)/.exec(credentials.credsFile)?.[1];
  const claims = Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8');
  // Absent, 0 or unreadable: the server decides, and nothing here knows a date.
  const expiry = Number(/"exp":\s*(\d+)/.exec(claims)?.[1] ?? 0);
  return expiry > 0 ? expiry : Number.POSITIVE_INFINITY;
}
