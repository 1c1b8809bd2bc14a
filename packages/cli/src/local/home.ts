/**
 * Where everything of one local cluster lies inside its state directory (`--dir`, CAIRN_DIR, default `./.cairn`).
 *
 *   cluster.json   what runs where, for people and programs      keys/      seeds, readable by their owner only
 *   nats/          the broker's configuration                    orderers/  one YAML file each
 *   channels/      `<channel>.genesis`: block 0, made once       data/      one directory for each orderer
 *   logs/          what each process writes                      run/       process ids of what we started
 */
import { join, resolve } from 'node:path';

export interface Home {
  readonly directory: string;
  readonly clusterFile: string;
  readonly keysDirectory: string;
  readonly channelsDirectory: string;
  readonly orderersDirectory: string;
  readonly dataDirectory: string;
  readonly logsDirectory: string;
  readonly runDirectory: string;
  readonly natsDirectory: string;
  readonly natsConfiguration: string;
  /** The users alone. */
  readonly natsUsers: string;
  /** The NATS login seed of an orderer or of the client. */
  loginSeed(name: string): string;
  signingSeed(name: string): string;
  genesis(channel: string): string;
  ordererFile(orderer: string): string;
  data(orderer: string): string;
  log(name: string): string;
  run(name: string): string;
}

/** The names of processes and users in a home that are no orderers. */
export const clientName = 'client';
export const natsServerName = 'nats-server';

export function homeAt(path: string): Home {
  const directory = resolve(path);
  const inside = (...parts: string[]): string => join(directory, ...parts);
  return {
    directory,
    clusterFile: inside('cluster.json'),
    keysDirectory: inside('keys'),
    channelsDirectory: inside('channels'),
    orderersDirectory: inside('orderers'),
    dataDirectory: inside('data'),
    logsDirectory: inside('logs'),
    runDirectory: inside('run'),
    natsDirectory: inside('nats'),
    natsConfiguration: inside('nats', 'nats-server.conf'),
    natsUsers: inside('nats', 'users.conf'),
    loginSeed: (name) => inside('keys', `${name}.nk`),
    signingSeed: (name) => inside('keys', `${name}.signing.nk`),
    genesis: (channel) => inside('channels', `${channel}.genesis`),
    ordererFile: (orderer) => inside('orderers', `${orderer}.yaml`),
    data: (orderer) => inside('data', orderer),
    log: (name) => inside('logs', `${name}.log`),
    run: (name) => inside('run', `${name}.json`),
  };
}
