/**
 * The client: one connection, and the channels an application uses on it.
 *
 * `connect` is the door for applications; `createClient` takes the ports themselves and is for tests and simulation.
 */
import { type Crypto, decodeGenesis, isName, LedgerError, toHex } from '@cairn/ledger';
import type { Clock, Random } from '@cairn/transport';
import {
  type Bus,
  cairnError,
  connectNatsBus,
  defaultSubjectPrefix,
  isSubjectPrefix,
  type NatsCredentials,
  type NatsTls,
  nodeCrypto,
  realClock,
  realRandom,
  subjectsOf,
} from '@cairn/transport';
import { ChannelClient } from './channel.ts';
import { Connection } from './connection.ts';
import { ChannelPin } from './pin.ts';
import { withManyListeners } from './signals.ts';
import { TransactionIds } from './transaction-ids.ts';

export const SERVER_DEFAULT = 'nats://127.0.0.1:4222';

/** Texts, not paths: the `SU...` seed, or all of a `.creds` file. */
export type Credentials = { readonly nkeySeed: string } | { readonly credsFile: string };

export interface ConnectOptions {
  /** `nats://127.0.0.1:4222` unless told. */
  readonly servers?: string | readonly string[] | undefined;
  readonly credentials?: Credentials | undefined;
  /** `_INBOX.<user>` where the server's permissions ask for it. */
  readonly inboxPrefix?: string | undefined;
  /** The first token of all subjects; `cairn` unless told. */
  readonly prefix?: string | undefined;
  /** What the server's monitoring shows. */
  readonly name?: string | undefined;
  readonly crypto?: Crypto | undefined;
  readonly tls?: NatsTls | undefined;
  /** How long the first connection is tried for; 5,000 unless told. */
  readonly connectTimeoutMs?: number | undefined;
}

export interface ClientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: Crypto;
  readonly prefix?: string | undefined;
}

export interface ChannelChoice {
  /** Hash of block 0 in hex. Without it, and without `genesis`, the first answer is believed and pinned. */
  readonly channelId?: string | undefined;
  /** The canonical bytes of block 0 (`<channel>.genesis`): pins the channel id and saves a fetch. */
  readonly genesis?: Uint8Array | undefined;
  /** False: blocks are decoded and checked in themselves, but not who signed them nor how they chain. */
  readonly verify?: boolean | undefined;
}

/** Rejects with `NO_NATS` or `NOT_AUTHENTICATED`. Once connected, a lost connection is restored for ever. */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const { servers = SERVER_DEFAULT, inboxPrefix, tls, connectTimeoutMs } = options;
  const { crypto = nodeCrypto, prefix } = options;
  checkPrefix(prefix);
  const bus = await connectNatsBus({
    servers: typeof servers === 'string' ? [servers] : servers,
    credentials: credentialsOf(options.credentials),
    name: options.name ?? 'cairn-client',
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    ...(tls !== undefined && { tls }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  });
  return createClient(bus, { clock: realClock, random: realRandom, crypto, prefix });
}

/** The client closes the bus when it is closed. */
export function createClient(bus: Bus, ports: ClientPorts): Client {
  checkPrefix(ports.prefix);
  return new Client(bus, ports);
}

export class Client {
  readonly #bus: Bus;
  readonly #ports: ClientPorts;
  readonly #connection: Connection;
  readonly #ids: TransactionIds;
  readonly #closed = new AbortController();
  readonly #channels = new Map<string, ChannelClient>();

  /** Use `connect` or `createClient`. */
  constructor(bus: Bus, ports: ClientPorts) {
    this.#bus = bus;
    this.#ports = ports;
    this.#connection = new Connection(bus);
    this.#ids = new TransactionIds(ports.clock, ports.random);
    withManyListeners(this.#closed.signal);
  }

  get connected(): boolean {
    return this.#bus.connected;
  }

  /** The same choice gives the same `ChannelClient`, so that all of an application's submissions share frames. */
  channel(name: string, choice: ChannelChoice = {}): ChannelClient {
    checkChannelName(name);
    const channelId = this.#channelIdOf(name, choice);
    const key = [name, channelId ?? '', choice.verify !== false].join(' ');
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const channel = this.#openChannel(name, channelId, choice);
    this.#channels.set(key, channel);
    return channel;
  }

  /** Ends everything that is open: submissions with what is known of them, streams with `CLIENT_CLOSED`. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const message = 'The client was closed. Connect again to go on.';
    this.#closed.abort(cairnError('CLIENT_CLOSED', { message }));
    await this.#bus.close();
  }

  #openChannel(name: string, channelId: string | null, choice: ChannelChoice): ChannelClient {
    const { clock, random, crypto, prefix } = this.#ports;
    return new ChannelClient(
      {
        channel: name,
        subjects: subjectsOf(prefix ?? defaultSubjectPrefix),
        pin: new ChannelPin(name, channelId),
        crypto,
        genesis: choice.genesis ?? null,
        verify: choice.verify !== false,
        ids: this.#ids,
        closed: this.#closed.signal,
      },
      { bus: this.#bus, connection: this.#connection, clock, random },
    );
  }

  #channelIdOf(channel: string, { channelId, genesis }: ChannelChoice): string | null {
    if (genesis === undefined) return channelId ?? null;
    const decoded = decodeGenesis(this.#ports.crypto, genesis);
    if (decoded instanceof LedgerError) {
      const message = `The genesis block given for ${channel} is not one: ${decoded.message}.`;
      throw cairnError('VERIFICATION_FAILED', { channel, message });
    }
    const found = toHex(decoded.block.hash);
    if (channelId === undefined || channelId === found) return found;
    const message = `The genesis block given for ${channel} has the hash ${found}, not the channel id given.`;
    throw cairnError('CHANNEL_MISMATCH', { channel, message });
  }
}

function credentialsOf(credentials: Credentials | undefined): NatsCredentials {
  if (credentials === undefined) return { kind: 'none' };
  return 'nkeySeed' in credentials
    ? { kind: 'nkeySeed', nkeySeed: credentials.nkeySeed }
    : { kind: 'credsFile', credsFile: credentials.credsFile };
}

function checkPrefix(prefix: string | undefined): void {
  if (prefix === undefined || isSubjectPrefix(prefix)) return;
  const message = `${JSON.stringify(prefix)} cannot be the first token of subjects: use letters, digits, - and _.`;
  throw cairnError('MALFORMED_REQUEST', { message });
}

function checkChannelName(name: string): void {
  if (isName(name)) return;
  const message = `${JSON.stringify(name)} is not the name of a channel: use a-z, 0-9 and -, a letter first.`;
  throw cairnError('MALFORMED_REQUEST', { message });
}
