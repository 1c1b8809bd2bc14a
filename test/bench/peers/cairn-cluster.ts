/**
 * Three orderers and one NATS server as separate processes with default settings: what `cairn orderer --config` runs,
 * with its metrics, ids and its disk, nothing left out.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { natsServerEnvironment } from '@cairn/cli';
import { connect } from '@cairn/client';
import {
  encodeKey,
  encodeSeed,
  genesisBlock,
  initialConfig,
  nobleCrypto,
  parseChannelName,
  parseOrdererName,
} from '@cairn/ledger';
import { startNatsServer } from '../../support/nats-server.ts';
import type { NamedProcess } from '../support/cpu-time.ts';
import { type GuardedProcess, hasEnded, startGuarded } from '../support/guarded-process.ts';

export const CHANNEL = 'bench';
const NAMES = ['orderer1', 'orderer2', 'orderer3'];
const START_TIMEOUT_MS = 20_000;
const STOP_PATIENCE_MS = 10_000;
const POLL_MS = 50;
const program = fileURLToPath(new URL('../../../../packages/cli/bin/cairn.js', import.meta.url));

export interface Cluster {
  readonly url: string;
  /** Names say the roles: `leader`, `follower`, `broker` and the like. */
  readonly processes: readonly NamedProcess[];
  /** In good order, for what a process writes when it ends; otherwise at once. */
  stop(inGoodOrder?: boolean): Promise<void>;
}

export interface CairnOptions {
  readonly folder: string;
  /** For `node`, by orderer. */
  readonly nodeOptions?: (name: string) => readonly string[];
}

export async function startCairn(options: CairnOptions): Promise<Cluster> {
  mkdirSync(options.folder, { recursive: true });
  const broker = await startNatsServer({ environment: natsServerEnvironment(process.env) });
  const orderers: GuardedProcess[] = [];
  const stop = async (inGoodOrder = false) => {
    await Promise.all(
      orderers.map((orderer) => (inGoodOrder ? orderer.stop(STOP_PATIENCE_MS) : orderer.kill())),
    );
    await broker.stop();
  };
  try {
    for (const file of writeConfigurations(options.folder, broker.url)) {
      orderers.push(await startOrderer(options, file));
    }
    const leader = await untilLed(broker.url, orderers);
    const processes = [
      ...orderers.map(({ name, pid }) => ({ name: roleOf(name, leader), pid })),
      { name: 'broker', pid: broker.pid },
    ];
    return { url: broker.url, processes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function roleOf(name: string, leader: string): string {
  return name === leader ? `leader ${name}` : `follower ${name}`;
}

interface OrdererFile {
  readonly name: string;
  readonly path: string;
}

function writeConfigurations(folder: string, url: string): OrdererFile[] {
  const seeds = NAMES.map(() => new Uint8Array(randomBytes(32)));
  const members = NAMES.map((name, i) => ({
    name: parseOrdererName(name),
    key: encodeKey(nobleCrypto.createSigner(seeds[i]!).publicKey),
    role: 'voter' as const,
  }));
  const channel = parseChannelName(CHANNEL);
  const genesis = join(folder, `${CHANNEL}.genesis`);
  writeFileSync(
    genesis,
    genesisBlock(initialConfig({ channel, createdMs: Date.now(), members })).bytes,
  );
  return NAMES.map((name, i) => {
    const seedFile = join(folder, `${name}.signing.nk`);
    writeFileSync(seedFile, `${encodeSeed(seeds[i]!)}\n`, { mode: 0o600 });
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, configurationOf({ name, folder, url, seedFile, genesis }));
    return { name, path };
  });
}

interface ConfigurationInput {
  readonly name: string;
  readonly folder: string;
  readonly url: string;
  readonly seedFile: string;
  readonly genesis: string;
}

/** JSON is YAML. */
function configurationOf({ name, folder, url, seedFile, genesis }: ConfigurationInput): string {
  return JSON.stringify({
    name,
    directory: join(folder, name),
    nats: { servers: [url] },
    keys: { signingSeedFile: seedFile },
    channels: [{ name: CHANNEL, genesis }],
    http: { port: 0 },
    operations: { port: 0 },
    log: { file: join(folder, `${name}.log`) },
  });
}

function startOrderer(options: CairnOptions, { name, path }: OrdererFile): Promise<GuardedProcess> {
  const nodeOptions = options.nodeOptions?.(name) ?? [];
  return startGuarded({
    name,
    words: [process.execPath, ...nodeOptions, program, 'orderer', '--config', path],
    outputFile: join(options.folder, `${name}.output`),
  });
}

/** The name of the leader, once there is one and every member is heard. */
async function untilLed(url: string, orderers: readonly GuardedProcess[]): Promise<string> {
  const client = await connect({ servers: url });
  try {
    const deadlineMs = performance.now() + START_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const ended = orderers.find(({ pid }) => hasEnded(pid));
      if (ended !== undefined) throw new Error(`${ended.name} has ended:\n${ended.output()}`);
      const info = await client
        .channel(CHANNEL)
        .info()
        .catch(() => null);
      if (info !== null && info.leader !== null) return info.leader;
      await sleep(POLL_MS);
    }
  } finally {
    await client.close();
  }
  throw new Error(`The orderers have no leader after ${START_TIMEOUT_MS} ms.`);
}
