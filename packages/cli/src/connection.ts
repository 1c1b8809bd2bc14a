/**
 * Which NATS server a command talks to, and as whom.
 *
 *   server       --server, CAIRN_NATS_URL, NATS_URL, the context's url, cluster.json, nats://127.0.0.1:4222
 *   credentials  --creds, --nkey, the context's, and for the local cluster its client's own
 */
import { type Client, createClient, realClock, realRandom, SERVER_DEFAULT } from '@cairn/client';
import { decodeSeed, LedgerError } from '@cairn/ledger';
import {
  type Bus,
  connectNatsBus,
  exitCodes,
  inboxPrefixOf,
  type NatsCredentials,
  type NatsTls,
  nodeCrypto,
} from '@cairn/transport';
import type { Session } from './command.ts';
import { CommandError } from './errors.ts';
import { type ClusterFile, readClusterFile } from './local/cluster-file.ts';
import { readFileOrFail } from './local/files.ts';
import { clientName, homeAt } from './local/home.ts';
import { type NatsContext, readNatsContext } from './nats-context.ts';

export interface ConnectionInput {
  readonly dir: string;
  readonly server?: string | undefined;
  readonly creds?: string | undefined;
  readonly nkey?: string | undefined;
  readonly context?: string | undefined;
  readonly inboxPrefix?: string | undefined;
  readonly prefix: string;
  readonly timeoutMs: number;
}

export interface Target {
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials;
  readonly inboxPrefix: string | undefined;
  readonly tls: NatsTls | undefined;
  /** The local cluster, when that is what the command talks to. */
  readonly cluster: ClusterFile | null;
}

function readSeed(path: string): NatsCredentials {
  const nkeySeed = readFileOrFail(path).toString('utf8').trim();
  if (isUserSeed(nkeySeed)) return { kind: 'nkeySeed', nkeySeed };
  throw invalidCredentials(`${path} holds no user seed (SU...).`);
}

/** The client library says of unreadable credentials only that it cannot connect. */
function readCreds(path: string): NatsCredentials {
  const credsFile = readFileOrFail(path).toString('utf8');
  const seed = /^SU[A-Z2-7]{56}$/m.exec(credsFile)?.[0];
  if (credsFile.includes('BEGIN NATS USER JWT') && seed !== undefined && isUserSeed(seed)) {
    return { kind: 'credsFile', credsFile };
  }
  throw invalidCredentials(
    `${path} is not a .creds file with a user's JWT and seed; a seed alone goes with --nkey.`,
  );
}

const isUserSeed = (text: string): boolean =>
  text.startsWith('SU') && !(decodeSeed(text) instanceof LedgerError);

const invalidCredentials = (message: string): CommandError =>
  new CommandError('CREDENTIALS_INVALID', exitCodes.usage, message);

function contextCredentials(context: NatsContext | null): NatsCredentials | null {
  if (context?.creds !== undefined) return readCreds(context.creds);
  if (context?.nkey !== undefined) return readSeed(context.nkey);
  if (context?.token !== undefined) return { kind: 'token', token: context.token };
  if (context?.user === undefined) return null;
  return { kind: 'password', user: context.user, password: context.password ?? '' };
}

function contextTls(context: NatsContext | null): NatsTls | undefined {
  if (context === null) return undefined;
  const { ca, cert, key } = context;
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca !== undefined && { caFile: ca }),
    ...(cert !== undefined && { certFile: cert }),
    ...(key !== undefined && { keyFile: key }),
  };
}

function givenCredentials(
  input: ConnectionInput,
  context: NatsContext | null,
): NatsCredentials | null {
  if (input.creds !== undefined) return readCreds(input.creds);
  if (input.nkey !== undefined) return readSeed(input.nkey);
  return contextCredentials(context);
}

/** Throws a usage error for credentials that cannot be read. */
export function targetOf(input: ConnectionInput, session: Session): Target {
  const { environment } = session.terminal;
  const context = input.context === undefined ? null : readNatsContext(input.context, environment);
  const local = readClusterFile(homeAt(input.dir));
  const address = input.server ?? context?.url ?? local?.nats ?? SERVER_DEFAULT;
  const cluster = local !== null && local.nats === address ? local : null;
  const given = givenCredentials(input, context);
  const asLocalClient = given === null && cluster !== null;
  return {
    servers: address.split(',').map((server) => server.trim()),
    credentials: given ?? (cluster === null ? { kind: 'none' } : readSeed(cluster.creds)),
    inboxPrefix:
      input.inboxPrefix ??
      context?.inbox_prefix ??
      (asLocalClient ? inboxPrefixOf(clientName) : undefined),
    tls: contextTls(context),
    cluster,
  };
}

const CONNECT_TIMEOUT_MS = 5_000;

export function connectTo(target: Target, input: ConnectionInput, session: Session): Promise<Bus> {
  const { servers, credentials, inboxPrefix, tls } = target;
  return connectNatsBus({
    servers,
    credentials,
    name: 'cairn',
    connectTimeoutMs: Math.min(input.timeoutMs, CONNECT_TIMEOUT_MS),
    signal: session.signal,
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    ...(tls !== undefined && { tls }),
  });
}

/** Connects, works, and closes the connection whatever happens. */
export async function withBus<T>(
  input: ConnectionInput,
  session: Session,
  work: (bus: Bus, target: Target) => Promise<T>,
): Promise<T> {
  const target = targetOf(input, session);
  const bus = await connectTo(target, input, session);
  try {
    return await work(bus, target);
  } finally {
    await bus.close();
  }
}

/** A client over a bus that somebody else closes. */
export function clientOver(bus: Bus, { prefix }: Pick<ConnectionInput, 'prefix'>): Client {
  return createClient(bus, { clock: realClock, random: realRandom, crypto: nodeCrypto, prefix });
}

export async function withClient<T>(
  input: ConnectionInput,
  session: Session,
  work: (client: Client, target: Target) => Promise<T>,
): Promise<T> {
  return await withBus(input, session, async (bus, target) => {
    const client = clientOver(bus, input);
    try {
      return await work(client, target);
    } finally {
      await client.close();
    }
  });
}
