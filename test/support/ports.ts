/**
 * Runs of free ports for clusters of tests, below the range from which the system takes the ports of outgoing connections:
 * a port that was free stays so until its owner binds it.
 */
import { createServer } from 'node:net';

const LOWEST = 10_000;
const RUNS = 650;
const PORTS_IN_RUN = 32;

export interface ClusterPortBases {
  readonly nats: number;
  /** Orderer i listens on base + i. */
  readonly http: number;
  readonly operations: number;
}

/** For up to 14 orderers. */
export async function findFreePorts(): Promise<ClusterPortBases> {
  for (;;) {
    const nats = LOWEST + PORTS_IN_RUN * Math.floor(Math.random() * RUNS);
    const ports = Array.from({ length: PORTS_IN_RUN }, (_, offset) => nats + offset);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return { nats, http: nats, operations: nats + PORTS_IN_RUN / 2 };
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}
