/** The two HTTP listeners of one orderer. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bus } from '@cairn/transport';
import type { OrdererConfig } from '../config.ts';
import type { ProcessLog } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Orderer } from '../orderer.ts';

export interface ListenerDependencies {
  readonly config: OrdererConfig;
  readonly orderer: Orderer;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly log: ProcessLog;
}

export interface Listeners {
  readonly httpPort: number;
  readonly operationsPort: number;
  close(): Promise<void>;
}

export async function startListeners({ config }: ListenerDependencies): Promise<Listeners> {
  const servers = await Promise.all(
    [config.http, config.operations].map(({ host, port }) => {
      const server = createServer((_request, response) => response.end('{}'));
      return new Promise<Server>((resolve) => server.listen(port, host, () => resolve(server)));
    }),
  );
  const [http, operations] = servers.map((server) => (server.address() as AddressInfo).port);
  return {
    httpPort: http!,
    operationsPort: operations!,
    close: async () => {
      for (const server of servers) server.close();
    },
  };
}
