/**
 * One orderer as a process: the real ports, the doors over HTTP, the signals' meaning.
 *
 * Order of a start: lock and open the data, connect to NATS, open the listeners, join the channels. Order of a stop: hand
 * leadership over, answer what is open, then close from the outside in. A fatal error ends the process at once: nothing
 * may be acknowledged after it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSeed, orThrow, toHex } from '@cairn/ledger';
import { type Disk, openLmdbDisk, StoreError } from '@cairn/store';
import {
  type Bus,
  connectNatsBus,
  inboxPrefixOf,
  type NatsCredentials,
  nodeCrypto,
  realClock,
  realRandom,
} from '@cairn/transport';
import { type OrdererConfig, readSeedFile } from './config.ts';
import { tuneEngine } from './engine.ts';
import { StartError } from './errors.ts';
import { type Listeners, startListeners } from './http/listeners.ts';
import { createLog, type ProcessLog } from './log.ts';
import { surroundingsOf } from './metrics/surroundings.ts';
import { Metrics } from './metrics.ts';
import { Orderer } from './orderer.ts';
import { requireMembership } from './own-membership.ts';
import { countReason } from './telemetry.ts';
import { version } from './version.ts';

/** Address space, not memory and not disk: what the data file may grow to. */
const MAP_BYTES = 1024 ** 4;
const CLOCK_SKEW_MS_MAX = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

export interface RunningOrderer {
  readonly httpPort: number;
  readonly operationsPort: number;
  /** In good order; resolves when everything is closed. */
  stop(): Promise<void>;
}

export interface RunOptions {
  /** Ends the process: nothing is acknowledged after it is called. */
  readonly fatal: (error: Error) => void;
}

/** Rejects with a `StartError`, `StoreError` or `CairnError` whose message says what to do. */
export async function runOrderer(
  config: OrdererConfig,
  options: RunOptions,
): Promise<RunningOrderer> {
  tuneEngine();
  const log = createLog(config);
  const fatal = (error: Error): void => {
    log.channelLog(null).error({ code: codeOf(error) }, error.message);
    log.flush();
    options.fatal(error);
  };
  const metrics = new Metrics();
  const disk = await openDisk(config, fatal);
  let bus: Bus | null = null;
  let memberBus: Bus | null = null;
  let orderer: Orderer | null = null;
  let listeners: Listeners | null = null;
  try {
    bus = await connect(config, metrics, log, 'doors');
    memberBus = await connect(config, metrics, log, 'members');
    orderer = createOrderer(config, { disk, bus, memberBus, metrics, log, fatal });
    listeners = await startListeners({ config, orderer, bus, metrics, log });
    await joinChannels(config, orderer);
    return running(orderer, { disk, bus, memberBus, listeners, log });
  } catch (error) {
    // Channels that it has joined already may have something to write.
    if (orderer !== null) await stopInGoodOrder(orderer);
    await listeners?.close();
    await memberBus?.close();
    await bus?.close();
    await disk.close();
    throw error;
  }
}

async function openDisk(config: OrdererConfig, fatal: (error: Error) => void): Promise<Disk> {
  try {
    return await openLmdbDisk({ directory: config.directory, mapBytes: MAP_BYTES, fatal });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const inUse = error.code === 'DATA_DIRECTORY_IN_USE';
    throw new StartError(inUse ? 'DATA_DIRECTORY_IN_USE' : 'DATA_DAMAGED', error.message, {
      cause: error,
    });
  }
}

function connect(
  config: OrdererConfig,
  metrics: Metrics,
  log: ProcessLog,
  purpose: 'doors' | 'members',
): Promise<Bus> {
  const processLog = log.channelLog(null);
  return connectNatsBus({
    servers: config.nats.servers,
    credentials: credentialsFor(config),
    name: `cairn-${config.name}-${purpose}`,
    inboxPrefix: inboxPrefixOf(config.name),
    // What is for several members is not for the one who says it.
    noEcho: purpose === 'members',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onDropped: (reason) => countReason(metrics.busDropped, reason),
    onError: (text) => processLog.warn({}, text),
  });
}

function credentialsFor({ nats, keys }: OrdererConfig): NatsCredentials {
  if (nats.credentialsFile !== undefined) {
    return { kind: 'credsFile', credsFile: readFileSync(nats.credentialsFile, 'utf8') };
  }
  return keys.loginSeedFile === undefined
    ? { kind: 'none' }
    : { kind: 'nkeySeed', nkeySeed: readSeedFile(keys.loginSeedFile) };
}

interface StartParts {
  readonly disk: Disk;
  readonly bus: Bus;
  readonly memberBus: Bus;
  readonly metrics: Metrics;
  readonly log: ProcessLog;
  readonly fatal: (error: Error) => void;
}

function createOrderer(config: OrdererConfig, parts: StartParts): Orderer {
  const { disk, bus, memberBus, metrics, log, fatal } = parts;
  const seed = orThrow(decodeSeed(readSeedFile(config.keys.signingSeedFile)));
  const { limits } = config;
  const orderer = new Orderer(
    {
      name: config.name,
      prefix: config.prefix,
      version,
      crypto: nodeCrypto,
      signer: nodeCrypto.createSigner(seed),
      limits: {
        queue: { transactionsMax: limits.queueTransactionsMax, bytesMax: limits.queueBytesMax },
        pipeline: {
          blocksInFlightMax: limits.blocksInFlightMax,
          bytesInFlightMax: limits.bytesInFlightMax,
        },
        clockSkewMsMax: CLOCK_SKEW_MS_MAX,
        deliverStreamsMax: limits.deliverStreamsMax,
      },
    },
    { clock: realClock, random: realRandom, bus, memberBus, disk },
    fatal,
    {
      logOf: (channel) => log.channelLog(channel),
      channelObserver: (channel) => metrics.channelObserver(channel),
      storeObserver: metrics.storeObserver,
      keepEvidence: (channel, reason, block) => keepEvidence(config, channel, reason, block),
    },
  );
  metrics.watch(orderer, bus, surroundingsOf(config.directory, credentialsFor(config)));
  return orderer;
}

async function joinChannels(config: OrdererConfig, orderer: Orderer): Promise<void> {
  for (const { genesis } of config.channels) {
    await new Promise<void>((resolve) =>
      orderer.join(new Uint8Array(readFileSync(genesis)), resolve),
    );
  }
  requireMembership(orderer);
}

/** A block that a proposer signed and that breaks a rule: kept for people to look at. */
function keepEvidence(
  config: OrdererConfig,
  channel: string,
  reason: string,
  block: Uint8Array,
): void {
  const folder = join(config.directory, 'evidence');
  mkdirSync(folder, { recursive: true });
  const name = `${channel}-${reason}-${toHex(nodeCrypto.sha256(block)).slice(0, 16)}.block`;
  writeFileSync(join(folder, name), block);
}

function stopInGoodOrder(orderer: Orderer): Promise<void> {
  return new Promise((resolve) => orderer.stop(resolve));
}

interface RunningParts {
  readonly disk: Disk;
  readonly bus: Bus;
  readonly memberBus: Bus;
  readonly listeners: Listeners;
  readonly log: ProcessLog;
}

function running(orderer: Orderer, parts: RunningParts): RunningOrderer {
  const { disk, bus, memberBus, listeners, log } = parts;
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    log.channelLog(null).info({}, 'Stopping: handing leadership over');
    await stopInGoodOrder(orderer);
    await listeners.close();
    await memberBus.close();
    await bus.close();
    await disk.close();
    log.channelLog(null).info({}, 'Stopped');
    log.flush();
  };
  return {
    httpPort: listeners.httpPort,
    operationsPort: listeners.operationsPort,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
}
