/**
 * What the doctor looks at, in which order: the machine, the files, the data, the listeners, NATS, the cluster.
 *
 * With a configuration it is about that one orderer; otherwise about the local cluster and all its orderers. What cannot be
 * looked at, because something before it is not well, is left out: its finding would only repeat the first.
 */
import { existsSync } from 'node:fs';
import type { OrdererConfig } from '@cairn/orderer/settings';
import { CairnError, subjectsOf } from '@cairn/transport';
import type { Session } from '../command.ts';
import { type ConnectionInput, withBus } from '../connection.ts';
import { discoverChannels } from '../gather.ts';
import { readClusterFile } from '../local/cluster-file.ts';
import { type Home, homeAt } from '../local/home.ts';
import { examineCluster } from './cluster.ts';
import { examineData } from './data-directory.ts';
import { type Finding, findingsOf, isProblem } from './finding.ts';
import { examineListeners } from './listeners.ts';
import { examineNatsProgram, examineNode } from './machine.ts';
import { examineLogin } from './nats-login.ts';
import { examineNatsServer } from './nats-servers.ts';
import { examineOrdererFiles } from './orderer-files.ts';

export interface DoctorInput extends ConnectionInput {
  readonly config?: string | undefined;
}

/** Told as it is found, so that somebody who waits sees why. */
export type Report = (findings: readonly Finding[]) => void;

export async function examine(
  input: DoctorInput,
  session: Session,
  report: Report,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (found: readonly Finding[]): void => {
    findings.push(...found);
    report(found);
  };
  const home = homeAt(input.dir);
  add([examineNode(process.versions.node)]);
  const files = filesOf(input, home);
  if (input.config === undefined && files.length > 0) add([examineNatsProgram(process.env)]);
  const configs = files.flatMap((path) => {
    const environment = input.config === undefined ? {} : session.terminal.environment;
    const { config, findings: found } = examineOrdererFiles(path, environment);
    add(found);
    return config === null ? [] : [config];
  });
  if (files.length === 0 && input.server === undefined && input.context === undefined) {
    add([nothingHere(home)]);
    return findings;
  }
  if (files.length > 0 && configs.length === 0) return findings;
  for (const config of configs) {
    add(await examineData(config.name, config.directory));
    add(await examineListeners(config));
  }
  await examineNats(input, session, configs, add);
  return findings;
}

function filesOf({ config, server, context }: DoctorInput, home: Home): string[] {
  if (config !== undefined) return [config];
  if (server !== undefined || context !== undefined) return [];
  const cluster = existsSync(home.clusterFile) ? readClusterFile(home) : null;
  return cluster?.orderers.map(({ name }) => home.ordererFile(name)) ?? [];
}

function nothingHere({ directory }: Home): Finding {
  return findingsOf('cluster', directory).problem(
    'There is no cluster here.',
    'Make one with "cairn up", name another with --dir, or an orderer with --config.',
  );
}

async function examineNats(
  input: DoctorInput,
  session: Session,
  configs: readonly OrdererConfig[],
  add: Report,
): Promise<void> {
  const given = input.server?.split(',').map((server) => server.trim()) ?? [];
  const servers = [...new Set([...configs.flatMap(({ nats }) => nats.servers), ...given])];
  const isLocal = input.config === undefined && configs.length > 0;
  const remedy = isLocal
    ? 'Start the cluster with "cairn up".'
    : 'Start the NATS server there, or correct the address ("nats.servers", --server).';
  const greetings = await Promise.all(servers.map((server) => examineNatsServer(server, remedy)));
  add(greetings);
  if (servers.length > 0 && greetings.every(isProblem)) return;
  for (const config of configs) add(await examineLogin(config, session.signal));
  // An orderer's own key may ask as a client may; whoever examines one orderer need not have another key.
  const asked =
    configs.length > 0 && input.config !== undefined ? asOrderer(input, configs[0]!) : input;
  await askCluster(asked, session, configs, add);
}

function asOrderer(input: DoctorInput, { name, nats, keys }: OrdererConfig): DoctorInput {
  return {
    ...input,
    server: nats.servers.join(','),
    ...(nats.credentialsFile !== undefined && { creds: nats.credentialsFile }),
    ...(keys.loginSeedFile !== undefined && { nkey: keys.loginSeedFile }),
    inboxPrefix: `_INBOX.${name}`,
  };
}

async function askCluster(
  input: DoctorInput,
  session: Session,
  configs: readonly OrdererConfig[],
  add: Report,
): Promise<void> {
  try {
    await withBus(input, session, async (bus) => {
      const configured = configs.flatMap(({ channels }) => channels.map(({ name }) => name));
      const found = configured.length > 0 ? configured : await discoverChannels(bus);
      const question = {
        subjects: subjectsOf(input.prefix),
        channels: [...new Set(found)].sort(),
        orderers: configs.map(({ name }) => name),
      };
      add(await examineCluster(bus, question));
    });
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    const remedy = 'Give a key that the server knows: --nkey, --creds or --context.';
    add([findingsOf('login', 'client').problem(error.message, remedy)]);
  }
}
