/**
 * One connection to the broker in memory: the `Bus` that tests and the simulator use.
 *
 * It knows its permissions, its subscriptions across reconnects, and nothing of other connections.
 */
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
import type { SubjectPermissions } from './permissions.ts';
import { bytesIn, type Payload, whole } from './pieces.ts';
import {
  type BusCore,
  type CoreSubscription,
  createRequestMux,
  type RequestMux,
} from './request-mux.ts';
import { startService } from './services.ts';
import { copyOf } from './small-copies.ts';
import { assertSubject, matchesSubject } from './subject-table.ts';

export interface MemoryConnectOptions {
  readonly name: string;
  /** Default: everything is allowed. */
  readonly permissions?: SubjectPermissions;
  readonly inboxPrefix?: string;
  readonly onDropped?: (reason: DropReason) => void;
  readonly onError?: (text: string) => void;
}

/** A bus whose connection the test cuts and restores. */
export interface MemoryBus extends Bus {
  disconnect(): void;
  reconnect(): void;
}

export interface OutgoingMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly reply: string | null;
  readonly headers: HeaderRecord;
}

export interface Interest {
  readonly owner: MemoryConnection;
  readonly queue: string | null;
  /** False once closed; a drained subscription still takes what is on its way. */
  isOpen: boolean;
  readonly handle: (message: BusMessage) => void;
}

/** What a connection sees of the broker. */
export interface Router extends Pick<BusCore, 'setTimer' | 'nowMs'> {
  readonly payloadBytesMax: number;
  nextNumber(): number;
  register(subject: string, interest: Interest): () => void;
  route(from: MemoryConnection, message: OutgoingMessage): void;
}

const noHeaders: HeaderRecord = {};

export class MemoryConnection implements MemoryBus {
  readonly name: string;
  /** Counts connections: what was on its way to an earlier one is lost. */
  epoch = 0;
  private readonly options: MemoryConnectOptions;
  private readonly router: Router;
  private readonly core: BusCore;
  private readonly mux: RequestMux;
  private readonly registrations = new Map<Interest, { subject: string; remove: () => void }>();
  private readonly answerable = new Set<string>();
  private readonly listeners: ((connected: boolean) => void)[] = [];
  private state: 'connected' | 'disconnected' | 'closed' = 'connected';

  constructor(options: MemoryConnectOptions, router: Router) {
    this.name = options.name;
    this.options = options;
    this.router = router;
    this.core = this.createCore();
    this.mux = createRequestMux(this.core);
  }

  get connected(): boolean {
    return this.state === 'connected';
  }

  get payloadBytesMax(): number {
    return this.router.payloadBytesMax;
  }

  isAlive(epoch: number): boolean {
    return this.connected && this.epoch === epoch;
  }

  publish(subject: string, payload: Payload, options: PublishOptions = {}): boolean {
    assertSubject(subject);
    const { reply = null, headers = noHeaders } = options;
    const obstacle = this.obstacleTo(bytesIn(payload) + headerBytesOf(options.headers));
    if (obstacle !== null) {
      this.options.onDropped?.(obstacle);
      return false;
    }
    if (this.mayPublish(subject)) {
      this.router.route(this, { subject, payload: copyOf(whole(payload)), reply, headers });
    } else {
      this.options.onError?.(`permissions violation: publish to ${subject}`);
      this.core.defer(() => this.mux.notAllowed(subject));
    }
    return true;
  }

  private obstacleTo(bytes: number): DropReason | null {
    if (!this.connected) return 'disconnected';
    return bytes > this.payloadBytesMax ? 'tooLarge' : null;
  }

  private mayPublish(subject: string): boolean {
    const { permissions } = this.options;
    if (permissions === undefined || isAllowed(permissions.publish, subject)) return true;
    return permissions.allowResponses && this.answerable.delete(subject);
  }

  /** A message with this reply subject is coming: one answer to it is allowed. */
  noteReply(reply: string | null): void {
    if (reply !== null && this.options.permissions?.allowResponses) this.answerable.add(reply);
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
    return startService(this.core, `${this.name}-${this.router.nextNumber()}`, definition);
  }

  createInbox(): string {
    return `${this.options.inboxPrefix ?? '_INBOX'}.${this.name}-${this.router.nextNumber()}`;
  }

  flush(): void {
    // Nothing waits here: what was published is with the broker.
  }

  onConnectionChange(handle: (connected: boolean) => void): void {
    this.listeners.push(handle);
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.disconnect();
    this.state = 'closed';
    this.registrations.clear();
  }

  disconnect(): void {
    if (this.state !== 'connected') return;
    this.state = 'disconnected';
    this.epoch += 1;
    this.answerable.clear();
    for (const registration of this.registrations.values()) registration.remove();
    this.mux.disconnected();
    this.announce();
  }

  reconnect(): void {
    if (this.state !== 'disconnected') return;
    this.state = 'connected';
    for (const [interest, registration] of this.registrations) {
      registration.remove = this.router.register(registration.subject, interest);
    }
    this.announce();
  }

  private announce(): void {
    for (const listener of this.listeners) listener(this.connected);
  }

  private createCore(): BusCore {
    const { setTimer, nowMs } = this.router;
    return {
      publish: (subject, payload, options) => this.publish(subject, payload, options),
      subscribe: (subject, handle, queue) => this.subscribeCore(subject, handle, queue),
      createInbox: () => this.createInbox(),
      setTimer,
      defer: (run) => {
        setTimer(0, run);
      },
      nowMs,
    };
  }

  private subscribeCore(
    subject: string,
    handle: (message: BusMessage) => void,
    queue: string | null,
  ): CoreSubscription {
    assertSubject(subject);
    const interest: Interest = { owner: this, queue, isOpen: true, handle };
    if (!this.maySubscribe(subject)) {
      this.options.onError?.(`permissions violation: subscription to ${subject}`);
      return { close() {}, drain() {} };
    }
    const register = () => this.router.register(subject, interest);
    const remove = this.connected ? register() : () => {};
    if (this.state !== 'closed') this.registrations.set(interest, { subject, remove });
    const drain = () => {
      this.registrations.get(interest)?.remove();
      this.registrations.delete(interest);
    };
    const close = () => {
      interest.isOpen = false;
      drain();
    };
    return { close, drain };
  }

  private maySubscribe(subject: string): boolean {
    const { permissions } = this.options;
    return permissions === undefined || isAllowed(permissions.subscribe, subject);
  }
}

/** As nats-server: a subscription to a pattern is allowed where an allowed pattern covers all of it. */
function isAllowed(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => matchesSubject(pattern, subject));
}
