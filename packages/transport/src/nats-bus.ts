/**
 * The bus on a NATS server, and the only file that knows the NATS client library.
 *
 * Invariants: nothing published while disconnected is sent later; sizes are enforced here, because the library checks
 * them only while connected; the connection is restored for ever; handlers run synchronously as messages are read, and
 * one that throws ends the process instead of silently ending the library's read loop.
 * Payloads are views of freshly read chunks, or of memory of their own, that is never reused.
 */
import { randomBytes } from 'node:crypto';
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  headers as createHeaders,
  credsAuthenticator,
  Events,
  type Msg,
  type NatsConnection,
  NatsError,
  type Subscription as NatsSubscription,
  nkeyAuthenticator,
  type Status,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from 'nats';
import type {
  Bus,
  BusMessage,
  Cancellable,
  HeaderRecord,
  PublishOptions,
  RequestOptions,
  RequestOutcome,
  ServiceDefinition,
  SubscribeOptions,
  Subscription,
} from './bus.ts';
import type { DropReason } from './drops.ts';
import { headerBytesOf } from './headers.ts';
import {
  credentialsOf,
  type DialFailure,
  dialUntilConnected,
  type NatsConnectOptions,
  type NatsCredentials,
  withoutSecrets,
} from './nats-connect.ts';
import { type NatsInternals, natsInternalsOf } from './nats-internals.ts';
import { bytesIn, type Payload, whole } from './pieces.ts';
import {
  type BusCore,
  type CoreSubscription,
  createRequestMux,
  type RequestMux,
} from './request-mux.ts';
import { startService } from './services.ts';
import { assertSubject } from './subject-table.ts';
import { headerNames } from './subjects.ts';

export interface NatsBusOptions extends NatsConnectOptions {
  /** `_INBOX.<user>` where the server's permissions ask for it. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** What this connection publishes does not come back to its own subscriptions. Default false. */
  readonly noEcho?: boolean;
  /** Bytes waiting for a slow server before publishing is refused. Default 16 MiB. */
  readonly outboundBytesMax?: number;
  readonly onDropped?: (reason: DropReason) => void;
  /** The connection has ended for good, although it should be restored for ever; null after `close`. */
  readonly onClosed?: (reason: string | null) => void;
}

const outboundBytesMaxDefault = 16 * 1024 * 1024;
/** nats-server's own default, until the server has said what it takes. */
const payloadBytesMaxDefault = 1024 * 1024;
const handshakeTimeoutMs = 2000;
const reconnectWaitMs = 100;
const reconnectJitterMs = 150;
/** A connection that answers no ping is given up after at most three intervals. */
const pingIntervalMs = 2000;
const pingsOutMax = 2;
/** How long `close` waits for the last messages to reach the server. */
const closeFlushMs = 500;

/** Throws a `CairnError` `NO_NATS` or `NOT_AUTHENTICATED` when there is no connection within `connectTimeoutMs`. */
export async function connectNatsBus(options: NatsBusOptions): Promise<Bus> {
  const natsOptions = natsOptionsOf(options);
  const connection = await dialUntilConnected(options, () => connect(natsOptions), failureOf);
  return new NatsBus(options, connection);
}

function natsOptionsOf(options: NatsBusOptions): ConnectionOptions {
  const authenticator = authenticatorOf(credentialsOf(options));
  return {
    servers: options.servers.map(withoutSecrets),
    name: options.name,
    ...(authenticator !== null && { authenticator }),
    ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
    ...(options.tls !== undefined && { tls: options.tls }),
    timeout: handshakeTimeoutMs,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: reconnectWaitMs,
    reconnectJitter: reconnectJitterMs,
    reconnectJitterTLS: reconnectJitterMs,
    pingInterval: pingIntervalMs,
    maxPingOut: pingsOutMax,
    noAsyncTraces: true,
    noEcho: options.noEcho ?? false,
  };
}

function authenticatorOf(credentials: NatsCredentials): Authenticator | null {
  const encoder = new TextEncoder();
  switch (credentials.kind) {
    case 'none':
      return null;
    case 'nkeySeed':
      return nkeyAuthenticator(encoder.encode(credentials.nkeySeed.trim()));
    case 'credsFile':
      return credsAuthenticator(encoder.encode(credentials.credsFile));
    case 'password':
      return usernamePasswordAuthenticator(credentials.user, credentials.password);
    case 'token':
      return tokenAuthenticator(credentials.token);
  }
}

function failureOf(error: unknown): DialFailure {
  return error instanceof NatsError && error.isAuthError() ? 'notAuthenticated' : 'unreachable';
}

class NatsBus implements Bus {
  private readonly options: NatsBusOptions;
  private readonly connection: NatsConnection;
  private readonly internals: NatsInternals;
  private readonly mux: RequestMux;
  private readonly core: BusCore;
  private readonly listeners: ((connected: boolean) => void)[] = [];
  private announced = true;
  private closing = false;
  private lastPayloadBytesMax = payloadBytesMaxDefault;

  constructor(options: NatsBusOptions, connection: NatsConnection) {
    this.options = options;
    this.connection = connection;
    this.internals = natsInternalsOf(connection);
    this.core = this.createCore();
    this.mux = createRequestMux(this.core);
    void this.watchStatus();
    void this.watchEnd();
  }

  get connected(): boolean {
    return this.announced && !this.closing && this.internals.isConnected();
  }

  get payloadBytesMax(): number {
    this.lastPayloadBytesMax = this.connection.info?.max_payload ?? this.lastPayloadBytesMax;
    return this.lastPayloadBytesMax;
  }

  publish(subject: string, payload: Payload, options: PublishOptions = {}): boolean {
    assertSubject(subject);
    const headerBytes = headerBytesOf(options.headers);
    const obstacle = this.obstacleTo(bytesIn(payload) + headerBytes);
    if (obstacle !== null) {
      this.options.onDropped?.(obstacle);
      return false;
    }
    const isBare = options.reply === undefined && headerBytes === 0;
    if (isBare && this.internals.publishInPieces(subject, payload)) return true;
    this.connection.publish(subject, whole(payload), {
      ...(options.reply !== undefined && { reply: options.reply }),
      ...(headerBytes > 0 && { headers: natsHeaders(options.headers) }),
    });
    return true;
  }

  private obstacleTo(bytes: number): DropReason | null {
    if (!this.connected) return 'disconnected';
    if (bytes > this.payloadBytesMax) return 'tooLarge';
    const outboundBytesMax = this.options.outboundBytesMax ?? outboundBytesMaxDefault;
    return this.internals.outboundBytes() + bytes > outboundBytesMax ? 'outboundFull' : null;
  }

  subscribe(
    subject: string,
    handle: (message: BusMessage) => void,
    options: SubscribeOptions = {},
  ): Subscription {
    return this.core.subscribe(subject, handle, options.queue ?? null);
  }

  request(
    subject: string,
    payload: Uint8Array,
    options: RequestOptions,
    done: (outcome: RequestOutcome) => void,
  ): Cancellable {
    return this.mux.request(subject, payload, options, done);
  }

  serve(definition: ServiceDefinition): Subscription {
    return startService(this.core, uniqueToken(), definition);
  }

  createInbox(): string {
    return `${this.options.inboxPrefix ?? '_INBOX'}.${uniqueToken()}`;
  }

  flush(): void {
    this.internals.flush();
  }

  onConnectionChange(handle: (connected: boolean) => void): void {
    this.listeners.push(handle);
  }

  async close(): Promise<void> {
    if (this.closing) return;
    const wasConnected = this.connected;
    this.closing = true;
    if (wasConnected) await flushWithin(this.connection, closeFlushMs);
    await this.connection.close();
    this.mux.disconnected();
  }

  private createCore(): BusCore {
    return {
      publish: (subject, payload, options) => this.publish(subject, payload, options),
      subscribe: (subject, handle, queue) => this.subscribeNative(subject, handle, queue),
      createInbox: () => this.createInbox(),
      setTimer: startTimer,
      defer: queueMicrotask,
      nowMs: () => performance.timeOrigin + performance.now(),
    };
  }

  private subscribeNative(
    subject: string,
    handle: (message: BusMessage) => void,
    queue: string | null,
  ): CoreSubscription {
    assertSubject(subject);
    if (this.connection.isClosed()) return { close() {}, drain() {} };
    const native = this.connection.subscribe(subject, {
      ...(queue !== null && { queue }),
      // A permission error arrives as a status too, and is reported there.
      callback: (error, message) => {
        if (error === null) callHandler(handle, new NatsMessage(message));
      },
    });
    return { close: () => native.unsubscribe(), drain: () => drainQuietly(native) };
  }

  private async watchStatus(): Promise<void> {
    for await (const status of this.connection.status()) this.acceptStatus(status);
  }

  private acceptStatus(status: Status): void {
    if (status.type === Events.Disconnect) this.announce(false);
    if (status.type === Events.Reconnect) this.announce(true);
    if (status.type === Events.Error) this.acceptError(status);
  }

  private acceptError(status: Status): void {
    const context = status.permissionContext;
    this.options.onError?.(errorTextOf(status));
    if (context?.operation === 'publish') this.mux.notAllowed(context.subject);
  }

  private announce(connected: boolean): void {
    if (this.announced === connected) return;
    this.announced = connected;
    if (!connected) this.mux.disconnected();
    for (const listener of this.listeners) callHandler(listener, connected);
  }

  private async watchEnd(): Promise<void> {
    const error = await this.connection.closed();
    const wasWanted = this.closing;
    this.announce(false);
    this.options.onClosed?.(wasWanted ? null : String(error ?? 'the connection has ended'));
  }
}

class NatsMessage implements BusMessage {
  readonly payload: Uint8Array;
  private readonly native: Msg;

  constructor(native: Msg) {
    this.native = native;
    this.payload = native.data;
  }

  get subject(): string {
    return this.native.subject;
  }

  get reply(): string | null {
    return this.native.reply ? this.native.reply : null;
  }

  header(name: string): string | undefined {
    const headers = readHeaders(this.native);
    if (headers?.has(name)) return headers.get(name);
    const isStatusLine = name === headerNames.status && headers !== undefined && headers.code > 0;
    return isStatusLine ? String(headers.code) : undefined;
  }
}

/** Anybody can send header lines that the library refuses to parse: such a message has no headers. */
function readHeaders(message: Msg): Msg['headers'] {
  try {
    return message.headers;
  } catch {
    return undefined;
  }
}

function natsHeaders(record: HeaderRecord = {}) {
  const headers = createHeaders();
  for (const [name, value] of Object.entries(record)) headers.set(name, value);
  return headers;
}

/** An exception inside the library's read loop would end the loop: let it end the process instead, loudly. */
function callHandler<T>(handle: (value: T) => void, value: T): void {
  try {
    handle(value);
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}

function errorTextOf(status: Status): string {
  const context = status.permissionContext;
  return context === undefined
    ? String(status.data)
    : `permissions violation: ${context.operation} to ${context.subject}`;
}

function startTimer(delayMs: number, fire: () => void): Cancellable {
  const timer = setTimeout(fire, delayMs);
  return { cancel: () => clearTimeout(timer) };
}

function drainQuietly(subscription: NatsSubscription): void {
  if (subscription.isClosed()) return;
  subscription.drain().catch(() => {
    // The connection was lost meanwhile: there is nothing left to drain.
  });
}

async function flushWithin(connection: NatsConnection, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([connection.flush().catch(() => {}), limit]);
  clearTimeout(timer);
}

/** 120 bits: a reply subject must not be guessed. */
function uniqueToken(): string {
  return randomBytes(15).toString('hex');
}
