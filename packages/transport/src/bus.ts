/**
 * The bus port: everything that travels between processes goes through these few verbs.
 *
 * Two implementations, one conformance suite: the NATS bus (production) and the memory bus (tests and simulation).
 * Callbacks, not promises, so that a simulator decides every order. Delivery is at most once; per publisher and
 * subject order holds; nothing is buffered while disconnected.
 */
import type { Payload } from './pieces.ts';

export type HeaderRecord = Readonly<Record<string, string>>;

export interface BusMessage {
  readonly subject: string;
  /**
   * Owned by the receiver: never reused by the bus, may be kept and sliced without a copy. It may be a view of a larger
   * chunk as it was read (64 KiB): copy what is small and kept for long.
   */
  readonly payload: Uint8Array;
  readonly reply: string | null;
  /** The value of a header, or undefined. Names are matched as in NATS: exactly. */
  header(name: string): string | undefined;
}

export interface PublishOptions {
  readonly reply?: string;
  readonly headers?: HeaderRecord;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: HeaderRecord;
}

export type RequestOutcome =
  /** Also what NATS itself refuses: a request we may not make is answered with the refusal `NOT_ALLOWED`. */
  | { readonly kind: 'reply'; readonly message: BusMessage }
  /** NATS answered itself: nobody serves this subject now. */
  | { readonly kind: 'noResponders' }
  | { readonly kind: 'timeout' }
  /** Not sent (not connected, too large), or the connection was lost before a reply: it may have been received. */
  | { readonly kind: 'disconnected' };

export interface Cancellable {
  cancel(): void;
}

export interface SubscribeOptions {
  readonly queue?: string;
}

export interface Subscription {
  close(): void;
}

export interface ServiceRequest extends BusMessage {
  /**
   * Payload, subject and headers are read no more, and reading them throws: their memory may go while the answer is still
   * awaited.
   */
  release(): void;
  respond(payload: Uint8Array, headers?: HeaderRecord): void;
  /** Counts as an error in $SRV.STATS; adds Nats-Service-Error-Code and Nats-Service-Error. */
  respondError(status: number, message: string, payload: Uint8Array, headers?: HeaderRecord): void;
}

export interface ServiceEndpoint {
  /** Unique in the service, `[A-Za-z0-9_-]+`. */
  readonly name: string;
  readonly subject: string;
  readonly metadata?: HeaderRecord;
  readonly handle: (request: ServiceRequest) => void;
}

export interface ServiceDefinition {
  /** Semver. The service's name is always `cairn` and its queue group `q`. */
  readonly version: string;
  readonly description: string;
  readonly metadata: HeaderRecord;
  readonly endpoints: readonly ServiceEndpoint[];
}

export interface Bus {
  readonly connected: boolean;
  /** The server's max_payload; the last known one while disconnected. */
  readonly payloadBytesMax: number;
  /**
   * False: dropped and counted (disconnected, too large, outbound queue full). Never throws for those; throws a
   * RangeError for a subject or header that cannot be one. The payload belongs to the bus from here on and must not
   * change any more: a large one is not copied, and may wait in the socket for longer than this turn.
   */
  publish(subject: string, payload: Payload, options?: PublishOptions): boolean;
  subscribe(
    subject: string,
    handle: (message: BusMessage) => void,
    options?: SubscribeOptions,
  ): Subscription;
  /**
   * `done` is called exactly once unless cancelled. Whoever gets an answer that only a reader of the whole payload can have
   * given may use the payload's memory again.
   */
  request(
    subject: string,
    payload: Uint8Array,
    options: RequestOptions,
    done: (outcome: RequestOutcome) => void,
  ): Cancellable;
  /** A NATS service (ADR-32): answers $SRV.PING, INFO and STATS, each endpoint in queue group `q`. */
  serve(definition: ServiceDefinition): Subscription;
  /** A fresh private reply subject. */
  createInbox(): string;
  /** Pushes what was published out to the socket now: called once at the end of a turn. */
  flush(): void;
  /** Called with the new state whenever `connected` changes. */
  onConnectionChange(handle: (connected: boolean) => void): void;
  close(): Promise<void>;
}
