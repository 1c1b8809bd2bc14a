/**
 * The two HTTP listeners of one orderer: the door for clients, and operations.
 */
import type { Bus } from '@cairn/transport';
import type { OrdererConfig } from '../config.ts';
import type { ProcessLog } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Orderer } from '../orderer.ts';
import { HttpDoor } from './door.ts';
import { operationsApp } from './operations.ts';
import type { ReadinessFacts } from './readiness.ts';
import { startServer } from './server.ts';

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

/** Throws `PORT_IN_USE`; then neither listens. */
export async function startListeners(dependencies: ListenerDependencies): Promise<Listeners> {
  const { config, orderer, bus, metrics, log } = dependencies;
  const facts = factsOf(dependencies);
  const operations = await startServer(
    operationsApp({ ordererName: orderer.name, facts, metrics, log }),
    config.operations,
    'operations',
  );
  const door = new HttpDoor({
    bus,
    subjects: orderer.subjects,
    ordererName: orderer.name,
    natsServers: config.nats.servers,
    channelNames: () => orderer.channels.map(({ name }) => name),
    streamsMax: config.limits.deliverStreamsMax,
    log: log.channelLog(null),
  });
  try {
    const http = await startServer(door.app, config.http, 'http');
    return {
      httpPort: http.port,
      operationsPort: operations.port,
      close: async () => {
        door.close();
        await Promise.all([http.close(), operations.close()]);
      },
    };
  } catch (error) {
    await operations.close();
    throw error;
  }
}

function factsOf({ config, orderer }: ListenerDependencies): ReadinessFacts {
  return {
    wanted: config.channels.map(({ name }) => name),
    get connected() {
      return orderer.connected;
    },
    get stopping() {
      return orderer.stopping;
    },
    channel: (name) => {
      const channel = orderer.channel(name);
      if (channel === undefined) return undefined;
      const { state, problem, isMember, leaderName } = channel;
      const blocksBehind = orderer.blocksBehind(channel);
      return { state, problem, isMember, leaderName, blocksBehind };
    },
  };
}
