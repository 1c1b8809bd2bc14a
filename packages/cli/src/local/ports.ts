/**
 * Which ports a local cluster listens on: fixed ones by base, or any free ones, checked before anything is started.
 */
import { type AddressInfo, createServer } from 'node:net';
import { unavailable } from '../errors.ts';

export interface PortBases {
  readonly natsPort: number;
  /** Orderer i listens on base + i; 0 = any free port. */
  readonly httpPort: number;
  readonly operationsPort: number;
}

export interface OrdererPorts {
  readonly http: number;
  readonly operations: number;
}

export interface ClusterPorts {
  readonly nats: number;
  readonly orderers: readonly OrdererPorts[];
}

export const defaultPortBases: PortBases = { natsPort: 4222, httpPort: 8080, operationsPort: 9100 };

const HOST = '127.0.0.1';

/** Binds and lets go again: the port that was got, or null if it is taken. */
function tryBind(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: HOST, port, exclusive: true }, () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await tryBind(0);
    if (port !== null && !taken.has(port)) return port;
  }
}

/** The ports of `bases`, with every 0 replaced by a free port that no other of them uses. */
export async function choosePorts(bases: PortBases, ordererCount: number): Promise<ClusterPorts> {
  const taken = new Set<number>();
  const choose = async (base: number, offset: number): Promise<number> => {
    const port = base === 0 ? await freePort(taken) : base + offset;
    taken.add(port);
    return port;
  };
  const nats = await choose(bases.natsPort, 0);
  const orderers: OrdererPorts[] = [];
  for (let i = 1; i <= ordererCount; i++) {
    const http = await choose(bases.httpPort, i);
    orderers.push({ http, operations: await choose(bases.operationsPort, i) });
  }
  return { nats, orderers };
}

/** A port somebody else has, with what it was wanted for; null if all are free. */
export async function findTakenPort(
  ports: ClusterPorts,
): Promise<{ port: number; purpose: string } | null> {
  const wanted = [
    { port: ports.nats, purpose: 'NATS (--nats-port)' },
    ...ports.orderers.flatMap(({ http, operations }, i) => [
      { port: http, purpose: `HTTP of orderer${i + 1} (--http-port)` },
      { port: operations, purpose: `operations of orderer${i + 1} (--operations-port)` },
    ]),
  ];
  for (const { port, purpose } of wanted) {
    if ((await tryBind(port)) === null) return { port, purpose };
  }
  return null;
}

/** Throws with exit code 4 and the port's number if one is taken. */
export async function requireFreePorts(ports: ClusterPorts): Promise<void> {
  const taken = await findTakenPort(ports);
  if (taken === null) return;
  throw unavailable(
    'PORT_IN_USE',
    `Port ${taken.port} on ${HOST}, wanted for ${taken.purpose}, is in use; stop what uses it or give another base (0 = any free).`,
  );
}
