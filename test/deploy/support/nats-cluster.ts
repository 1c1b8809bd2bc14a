/**
 * The NATS servers of deploy/compose as processes of this machine: the same configuration file, the users that `cairn init`
 * wrote, the same command lines with only addresses changed.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../docs/checkout.ts';
import { type GuardedProcess, startGuarded } from '../../support/guarded-process.ts';
import { findNatsServer } from '../../support/nats-server.ts';
import { until } from '../../support/until.ts';
import { composeServices } from './compose.ts';

export interface NatsPlace {
  readonly name: string;
  readonly port: number;
  readonly routePort: number;
  readonly monitoringPort: number;
}

/** In a run of free ports of a cluster, behind those of its (at most four) orderers. */
const SPARE_PORTS = 20;

/** The first server has the port that the cluster's own would have. */
export function natsPlaces(basePort: number): NatsPlace[] {
  const spare = basePort + SPARE_PORTS;
  return ['nats1', 'nats2', 'nats3'].map((name, at) => ({
    name,
    port: at === 0 ? basePort : spare + 3 * at,
    routePort: spare + 3 * at + 1,
    monitoringPort: spare + 3 * at + 2,
  }));
}

export const natsUrls = (places: readonly NatsPlace[]): string =>
  places.map(({ port }) => `nats://127.0.0.1:${port}`).join(',');

export interface NatsClusterWish {
  /** Where the files go. */
  readonly directory: string;
  /** What `cairn init` wrote: nats/users.conf of its directory. */
  readonly usersFile: string;
  readonly places: readonly NatsPlace[];
}

/** Returns when each server is connected with the two others. */
export async function startNatsCluster(
  wish: NatsClusterWish,
): Promise<ReadonlyMap<string, GuardedProcess>> {
  const configuration = layOut(wish);
  const started = new Map<string, GuardedProcess>();
  for (const place of wish.places) {
    const outputFile = join(wish.directory, `${place.name}.log`);
    const parameters = commandLine(place, wish.places, configuration);
    started.set(
      place.name,
      await startGuarded({ command: findNatsServer(), parameters, outputFile }),
    );
  }
  await Promise.all(wish.places.map((place) => untilConnected(place, wish)));
  return started;
}

/** As the containers see the files: the users in a folder beside the configuration. */
function layOut({ directory, usersFile }: NatsClusterWish): string {
  const configuration = join(directory, 'nats-server.conf');
  mkdirSync(join(directory, 'users'), { recursive: true });
  copyFileSync(join(checkout, 'deploy', 'nats', 'nats-server.conf'), configuration);
  copyFileSync(usersFile, join(directory, 'users', 'users.conf'));
  return configuration;
}

/** The container's command line; its host names and ports become those of this machine. */
function commandLine(
  place: NatsPlace,
  places: readonly NatsPlace[],
  configuration: string,
): string[] {
  const local = (parameter: string): string =>
    places
      .reduce(
        (text, { name, routePort }) => text.replace(`${name}:6222`, `127.0.0.1:${routePort}`),
        parameter,
      )
      .replace('0.0.0.0:6222', `127.0.0.1:${place.routePort}`)
      .replace('/etc/nats/nats-server.conf', configuration);
  const command = composeServices()[place.name]?.command ?? [];
  const addresses = ['-a', '127.0.0.1', '-p', `${place.port}`, '-m', `${place.monitoringPort}`];
  return [...command.map(local), ...addresses];
}

async function untilConnected({ name, monitoringPort }: NatsPlace, wish: NatsClusterWish) {
  const others = wish.places.length - 1;
  const output = () => readFileSync(join(wish.directory, `${name}.log`), 'utf8');
  try {
    await until(`${name} knows the others`, async () => (await peers(monitoringPort)) === others);
  } catch (error) {
    throw new Error(`${name} said:\n${output()}`, { cause: error });
  }
}

/** How many different servers this one has routes to; null while it does not answer. */
async function peers(monitoringPort: number): Promise<number | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${monitoringPort}/routez`);
    const { routes } = (await response.json()) as { routes?: { remote_id: string }[] };
    return new Set((routes ?? []).map((route) => route.remote_id)).size;
  } catch {
    return null;
  }
}
