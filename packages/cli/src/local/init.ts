/**
 * `cairn init`: everything a local cluster needs before it runs, in one directory.
 *
 * Idempotent: what exists is kept (keys, genesis blocks, the owners' changes to orderer files); only what the options
 * decide (ports, list of channels, the broker's configuration) is brought up to date.
 */
import { existsSync } from 'node:fs';
import { exitCodes } from '@cairn/transport';
import { CommandError } from '../errors.ts';
import { type ChannelFile, readChannelFiles } from './channel-file.ts';
import { type ClusterFile, readClusterFile, writeClusterFile } from './cluster-file.ts';
import { writeIfDifferent } from './files.ts';
import { knownChannels, makeGenesis, readGenesisConfig } from './genesis.ts';
import { clientName, type Home } from './home.ts';
import { makeKeys, publicKeyOf } from './keys.ts';
import { natsConfiguration, natsUsers } from './nats-configuration.ts';
import { writeOrdererFile } from './orderer-file.ts';
import type { ClusterPorts } from './ports.ts';
import { runningProcess } from './processes.ts';

export interface InitOptions {
  readonly ordererCount: number;
  readonly channelsDirectory: string;
  readonly prefix: string;
  readonly ports: ClusterPorts;
}

export interface InitReport {
  readonly cluster: ClusterFile;
  readonly keysMade: number;
  readonly channelsMade: readonly string[];
  /** Channels whose definition no longer says what their block 0 holds. */
  readonly channelsEdited: readonly string[];
}

export function ordererNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `orderer${i + 1}`);
}

/** How many orderers this directory was made for; null for a new one. */
export function initialisedOrdererCount(home: Home): number | null {
  const cluster = readClusterFile(home);
  return cluster === null ? null : cluster.orderers.length;
}

function requireSameCount(home: Home, wanted: number): void {
  const present = initialisedOrdererCount(home);
  if (present === null || present === wanted) return;
  throw new CommandError(
    'CLUSTER_MISMATCH',
    exitCodes.usage,
    `${home.directory} was made for ${present} orderers, not ${wanted}; leave --orderers out or choose another --dir.`,
  );
}

/** A lost signing key cannot be replaced by a new one: block 0 names the old one. */
function requireKeysOfMembers(home: Home, names: readonly string[]): void {
  for (const channel of knownChannels(home)) {
    const members = readGenesisConfig(home.genesis(channel)).members.map(({ name }) => `${name}`);
    const lost = names.find(
      (name) => members.includes(name) && !existsSync(home.signingSeed(name)),
    );
    if (lost === undefined) continue;
    throw new CommandError(
      'CLUSTER_MISMATCH',
      exitCodes.refused,
      `${home.signingSeed(lost)} is missing, and channel ${channel} knows ${lost} by that key; restore it, or choose another --dir to begin anew.`,
    );
  }
}

function channelsOf(home: Home, channels: readonly string[], orderer: string): string[] {
  return channels.filter((channel) =>
    readGenesisConfig(home.genesis(channel)).members.some(({ name }) => name === orderer),
  );
}

function clusterFileOf(home: Home, ports: ClusterPorts, channels: readonly string[]): ClusterFile {
  const names = ordererNames(ports.orderers.length);
  return {
    nats: `nats://127.0.0.1:${ports.nats}`,
    creds: home.loginSeed(clientName),
    orderers: names.map((name, i) => ({
      name,
      pid: runningProcess(home, name)?.pid ?? null,
      http: `http://127.0.0.1:${ports.orderers[i]?.http}`,
      operations: `http://127.0.0.1:${ports.orderers[i]?.operations}`,
      data: home.data(name),
      log: home.log(name),
    })),
    channels: [...channels],
  };
}

function writeConfiguration(home: Home, options: InitOptions, channels: readonly string[]): void {
  const { ports, prefix } = options;
  const names = ordererNames(ports.orderers.length);
  const userOf = (name: string) => ({ name, nkey: publicKeyOf(home.loginSeed(name)) });
  const orderers = names.map(userOf);
  const nats = { port: ports.nats, prefix, orderers, client: userOf(clientName) };
  writeIfDifferent(home.natsConfiguration, natsConfiguration(nats));
  writeIfDifferent(home.natsUsers, natsUsers(nats));
  for (const [i, name] of names.entries()) {
    const ordererPorts = ports.orderers[i];
    if (ordererPorts === undefined) continue;
    const input = { name, prefix, natsPort: ports.nats, ports: ordererPorts };
    writeOrdererFile(home, { ...input, channels: channelsOf(home, channels, name) });
  }
}

export function initialise(home: Home, options: InitOptions, nowMs: number): InitReport {
  requireSameCount(home, options.ordererCount);
  const files: readonly ChannelFile[] = readChannelFiles(options.channelsDirectory);
  const names = ordererNames(options.ordererCount);
  requireKeysOfMembers(home, names);
  const keysMade = makeKeys(home, [...names, clientName]);
  const outcomes = files.map((file) => ({
    channel: file.channel,
    outcome: makeGenesis(home, file, names, nowMs),
  }));
  const channels = knownChannels(home);
  writeConfiguration(home, options, channels);
  const cluster = clusterFileOf(home, options.ports, channels);
  writeClusterFile(home, cluster);
  const withOutcome = (wanted: string): string[] =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ channel }) => channel);
  return {
    cluster,
    keysMade,
    channelsMade: withOutcome('made'),
    channelsEdited: withOutcome('differs'),
  };
}
